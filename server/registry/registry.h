// The read model: the latest snapshot of every daemon. Must not know workers.
#ifndef HOB_SERVER_REGISTRY_REGISTRY_H_
#define HOB_SERVER_REGISTRY_REGISTRY_H_

#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/daemon/daemon_snapshot.h"

namespace hob {

// What workers say of their daemons and readers (List, Status, metrics) look at. A reader never
// waits for a worker: both sides hold the lock only while a pointer is copied.
//
// Thread-safe.
class Registry {
 public:
  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Makes `snapshot` the latest of its daemon, which is added where it is not known.
  void Publish(DaemonSnapshotPtr snapshot) ABSL_LOCKS_EXCLUDED(mu_);

  // Forgets a daemon.
  void Remove(const std::string& name) ABSL_LOCKS_EXCLUDED(mu_);

  // Null when there is no daemon of that name.
  DaemonSnapshotPtr Find(absl::string_view name) const ABSL_LOCKS_EXCLUDED(mu_);

  // A page of the daemons in name order.
  struct Page {
    std::vector<DaemonSnapshotPtr> daemons;
    // Whether `filter` may take more daemons behind the last of `daemons`.
    bool more = false;
  };

  // The first `limit` daemons after the name `after` ("" is the start) that `filter` takes.
  // `filter` is called without the lock, on a copy of one moment.
  Page List(absl::string_view after, int limit,
            absl::FunctionRef<bool(const DaemonSnapshot&)> filter) const ABSL_LOCKS_EXCLUDED(mu_);

  // All daemons of one moment in name order.
  std::vector<DaemonSnapshotPtr> All() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  std::vector<DaemonSnapshotPtr> CopyAfter(absl::string_view after) const ABSL_LOCKS_EXCLUDED(mu_);

  mutable absl::Mutex mu_;
  std::map<std::string, DaemonSnapshotPtr, std::less<>> snapshots_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_REGISTRY_REGISTRY_H_
