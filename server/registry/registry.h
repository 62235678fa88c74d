// The read model: the latest snapshot of every daemon, and the latest changes in order. Must not
// know workers.
#ifndef HOB_SERVER_REGISTRY_REGISTRY_H_
#define HOB_SERVER_REGISTRY_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/daemon/daemon_snapshot.h"
#include "server/registry/change_ring.h"
#include "server/sync/mutex.h"

namespace hob {

// What workers say of their daemons and readers (List, Status, Watch, metrics) look at. A reader
// never waits for a worker: both sides hold the lock only while a pointer is copied.
//
// Every Publish and every Remove is a change with a number of its own. The latest kept ones are
// shared by all who follow; ChangeReader reads them, ChangeNotifier says when there is more.
//
// Thread-safe.
class Registry {
 public:
  // Changes that are kept for those who follow or resume.
  static constexpr int kKeptChanges = 10000;

  explicit Registry(int kept_changes = kKeptChanges);
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Makes `snapshot` the latest of its daemon, which is added where it is not known. Costs the same
  // however many follow.
  void Publish(DaemonSnapshotPtr snapshot) ABSL_LOCKS_EXCLUDED(mu_);

  // Forgets a daemon. Changes nothing where it is not known.
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

  // All daemons in name order and the number of the last change that they show.
  struct Moment {
    int64_t sequence = 0;
    std::vector<DaemonSnapshotPtr> daemons;
  };

  // The present one; shared by all who ask until the next change. Never null.
  std::shared_ptr<const Moment> Now() const ABSL_LOCKS_EXCLUDED(mu_);

  // The number of the last change; 0 when there was none.
  int64_t latest_sequence() const ABSL_LOCKS_EXCLUDED(mu_);

  // The first `limit` changes after the number `sequence`; empty when there is none yet, absent
  // when the first of them is not kept any more.
  absl::optional<std::vector<Change>> ChangesAfter(int64_t sequence, int limit) const
      ABSL_LOCKS_EXCLUDED(mu_);

  // Calls `wake` once, without the lock: at once when there is a change after the number
  // `sequence`, else with the next one, on the thread of who publishes it. It must not take long.
  // One `wake` is remembered: a later one takes its place. An empty one takes it back.
  void CallAfter(int64_t sequence, std::function<void()> wake) ABSL_LOCKS_EXCLUDED(mu_);

  // Random letters and digits, new with each start of the server: numbers of changes mean something
  // only together with it.
  const std::string& boot_id() const { return boot_id_; }

 private:
  std::vector<DaemonSnapshotPtr> CopyAfter(absl::string_view after) const ABSL_LOCKS_EXCLUDED(mu_);

  const std::string boot_id_;

  mutable Mutex mu_;
  std::map<std::string, DaemonSnapshotPtr, std::less<>> snapshots_ ABSL_GUARDED_BY(mu_);
  ChangeRing changes_ ABSL_GUARDED_BY(mu_);
  // What Now has last returned, for as long as somebody uses it.
  mutable std::weak_ptr<const Moment> moment_ ABSL_GUARDED_BY(mu_);
  std::function<void()> wake_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_REGISTRY_REGISTRY_H_
