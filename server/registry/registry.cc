#include "server/registry/registry.h"

#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace hob {

namespace {

std::string RandomId() { return absl::StrFormat("%016x", absl::Uniform<uint64_t>(absl::BitGen())); }

}  // namespace

Registry::Registry(int kept_changes) : boot_id_(RandomId()), changes_(kept_changes) {}

void Registry::Publish(DaemonSnapshotPtr snapshot) {
  // Destroyed after the lock is released.
  DaemonSnapshotPtr old;
  Change displaced;
  std::function<void()> wake;
  Change change{0, absl::Now(), snapshot, /*removed=*/false};
  {
    MutexLock lock(&mu_);
    DaemonSnapshotPtr& latest = snapshots_[snapshot->name()];
    old = std::move(latest);
    latest = std::move(snapshot);
    displaced = changes_.Add(std::move(change));
    wake = std::exchange(wake_, nullptr);
  }
  if (wake) wake();
}

void Registry::Remove(const std::string& name) {
  Change displaced;
  std::function<void()> wake;
  {
    MutexLock lock(&mu_);
    const auto found = snapshots_.find(name);
    if (found == snapshots_.end()) return;
    displaced = changes_.Add(Change{0, absl::Now(), std::move(found->second), /*removed=*/true});
    snapshots_.erase(found);
    wake = std::exchange(wake_, nullptr);
  }
  if (wake) wake();
}

DaemonSnapshotPtr Registry::Find(absl::string_view name) const {
  MutexLock lock(&mu_);
  const auto found = snapshots_.find(name);
  return found == snapshots_.end() ? nullptr : found->second;
}

std::shared_ptr<const Registry::View> Registry::Now() const {
  MutexLock lock(&mu_);
  std::shared_ptr<const View> shared = view_.lock();
  if (shared != nullptr && shared->sequence == changes_.latest()) return shared;
  auto view = std::make_shared<View>();
  view->sequence = changes_.latest();
  view->daemons.reserve(snapshots_.size());
  for (const auto& [name, snapshot] : snapshots_) view->daemons.push_back(snapshot);
  view_ = view;
  return view;
}

int64_t Registry::latest_sequence() const {
  MutexLock lock(&mu_);
  return changes_.latest();
}

absl::optional<std::vector<Change>> Registry::ChangesAfter(int64_t sequence, int limit) const {
  MutexLock lock(&mu_);
  if (!changes_.HasAllAfter(sequence)) return absl::nullopt;
  return changes_.After(sequence, limit);
}

void Registry::CallAfter(int64_t sequence, std::function<void()> wake) {
  {
    MutexLock lock(&mu_);
    if (changes_.latest() <= sequence || !wake) {
      std::swap(wake_, wake);
      return;
    }
  }
  wake();
}

}  // namespace hob
