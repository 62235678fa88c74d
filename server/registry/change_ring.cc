#include "server/registry/change_ring.h"

#include <algorithm>
#include <utility>

namespace hob {

Change ChangeRing::Add(Change change) {
  change.sequence = ++latest_;
  if (static_cast<int64_t>(changes_.size()) < capacity_) {
    changes_.push_back(std::move(change));
    return Change();
  }
  return std::exchange(changes_[IndexOf(latest_)], std::move(change));
}

std::vector<Change> ChangeRing::After(int64_t sequence, int limit) const {
  const int64_t last = std::min(latest_, sequence + limit);
  std::vector<Change> changes;
  if (last > sequence) changes.reserve(last - sequence);
  for (int64_t i = sequence + 1; i <= last; ++i) changes.push_back(changes_[IndexOf(i)]);
  return changes;
}

}  // namespace hob
