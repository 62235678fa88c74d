#include "server/registry/registry.h"

#include <utility>

namespace hob {

void Registry::Publish(DaemonSnapshotPtr snapshot) {
  // The old snapshot is destroyed after the lock is released.
  DaemonSnapshotPtr old;
  absl::MutexLock lock(&mu_);
  DaemonSnapshotPtr& latest = snapshots_[snapshot->name()];
  old = std::move(latest);
  latest = std::move(snapshot);
}

void Registry::Remove(const std::string& name) {
  absl::MutexLock lock(&mu_);
  snapshots_.erase(name);
}

DaemonSnapshotPtr Registry::Find(absl::string_view name) const {
  absl::MutexLock lock(&mu_);
  const auto found = snapshots_.find(name);
  return found == snapshots_.end() ? nullptr : found->second;
}

Registry::Page Registry::List(absl::string_view after, int limit,
                              absl::FunctionRef<bool(const DaemonSnapshot&)> filter) const {
  Page page;
  for (DaemonSnapshotPtr& snapshot : CopyAfter(after)) {
    if (!filter(*snapshot)) continue;
    if (page.daemons.size() == limit) {
      page.more = true;
      break;
    }
    page.daemons.push_back(std::move(snapshot));
  }
  return page;
}

std::vector<DaemonSnapshotPtr> Registry::All() const { return CopyAfter(""); }

std::vector<DaemonSnapshotPtr> Registry::CopyAfter(absl::string_view after) const {
  std::vector<DaemonSnapshotPtr> copy;
  absl::MutexLock lock(&mu_);
  for (auto it = snapshots_.upper_bound(after); it != snapshots_.end(); ++it) {
    copy.push_back(it->second);
  }
  return copy;
}

}  // namespace hob
