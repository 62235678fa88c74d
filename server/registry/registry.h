#ifndef HOB_SERVER_REGISTRY_REGISTRY_H_
#define HOB_SERVER_REGISTRY_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/daemon/daemon_name.h"
#include "server/daemon/daemon_snapshot.h"
#include "server/registry/change_ring.h"
#include "server/sync/mutex.h"

namespace hob {

// Holds the latest snapshot of every daemon: workers publish, readers (List, Status, Watch,
// metrics) read. A reader never waits for a worker: both hold the lock only while pointers are
// copied.
//
// Every Publish and every Remove is a numbered change. All followers share the latest changes:
// ChangeReader reads them, ChangeNotifier announces them.
//
// Thread-safe.
class Registry {
 public:
  // Number of changes kept for followers and for resuming.
  static constexpr int kKeptChanges = 10000;

  explicit Registry(int kept_changes = kKeptChanges);
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Makes `snapshot` the latest of its daemon, adding the daemon if it is new. The cost does not
  // depend on the number of followers.
  void Publish(DaemonSnapshotPtr snapshot) ABSL_LOCKS_EXCLUDED(mu_);

  // Removes a daemon. Does nothing if it is unknown.
  void Remove(const std::string& name) ABSL_LOCKS_EXCLUDED(mu_);

  // Returns null if there is no daemon of that name.
  DaemonSnapshotPtr Find(absl::string_view name) const ABSL_LOCKS_EXCLUDED(mu_);

  // All daemons in name order, and the number of the last change included.
  struct View {
    int64_t sequence = 0;
    std::vector<DaemonSnapshotPtr> daemons;
  };

  // Returns the current view, which all readers share until the next change. Never null.
  std::shared_ptr<const View> Now() const ABSL_LOCKS_EXCLUDED(mu_);

  // Returns a copy of the daemons of Now.
  std::vector<DaemonSnapshotPtr> All() const ABSL_LOCKS_EXCLUDED(mu_) { return Now()->daemons; }

  // Returns the number of the last change; 0 if there was none.
  int64_t latest_sequence() const ABSL_LOCKS_EXCLUDED(mu_);

  // Returns the first `limit` changes after the number `sequence`: empty if there are none yet,
  // absent if the first of them is no longer kept.
  absl::optional<std::vector<Change>> ChangesAfter(int64_t sequence, int limit) const
      ABSL_LOCKS_EXCLUDED(mu_);

  // Calls `wake` once, without the lock: at once if there is a change after the number `sequence`,
  // else on the thread that publishes the next change. `wake` must be fast. Only one `wake` is
  // kept: a later one replaces it, an empty one removes it.
  void CallAfter(int64_t sequence, std::function<void()> wake) ABSL_LOCKS_EXCLUDED(mu_);

  // Returns random letters and digits, new with each start of the server. Change numbers are
  // meaningful only together with it.
  const std::string& boot_id() const { return boot_id_; }

 private:
  const std::string boot_id_;

  mutable Mutex mu_;
  std::map<std::string, DaemonSnapshotPtr, NameLess> snapshots_ ABSL_GUARDED_BY(mu_);
  ChangeRing changes_ ABSL_GUARDED_BY(mu_);
  // The view last returned by Now, while any reader holds it.
  mutable std::weak_ptr<const View> view_ ABSL_GUARDED_BY(mu_);
  std::function<void()> wake_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_REGISTRY_REGISTRY_H_
