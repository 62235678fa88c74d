#ifndef HOB_SERVER_SUPERVISOR_ROLL_H_
#define HOB_SERVER_SUPERVISOR_ROLL_H_

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "server/daemon/caller.h"
#include "server/daemon/daemon_snapshot.h"
#include "server/daemon/dependency.h"
#include "server/journal/journal.h"
#include "server/registry/registry.h"
#include "server/supervisor/change_waits.h"
#include "server/supervisor/command.h"
#include "server/sync/mutex.h"

namespace hob {

// Counts the unanswered replacements of each daemon. All rolls of a set share one, because a roll
// that is over may have commanded the end of a daemon that is still shown as up. Thread-safe.
class ReplacementsInProgress {
 public:
  void Add(const std::string& daemon) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    daemons_.insert(daemon);
  }
  void Remove(const std::string& daemon) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    const auto found = daemons_.find(daemon);
    if (found != daemons_.end()) daemons_.erase(found);
  }
  bool Contains(const std::string& daemon) const ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    return daemons_.count(daemon) > 0;
  }

 private:
  mutable Mutex mu_;
  std::multiset<std::string> daemons_ ABSL_GUARDED_BY(mu_);
};

// Replaces the instances of a set: first those that are not ready, all at once, then the others by
// number, each while fewer than `max_unavailable` instances of the set are down. Ends at the first
// replacement that fails.
//
// Has no thread: acts when a command is answered, when Look is called, and in Begin. Shared by the
// supervisor, the callbacks of its commands and its readers.
//
// Thread-safe. Never blocks.
class Roll : public std::enable_shared_from_this<Roll> {
 public:
  // The services that a roll uses. All of them outlive its last action.
  struct Context {
    const Registry* registry = nullptr;
    Journal* journal = nullptr;
    ChangeWaits* waits = nullptr;
    // Posts a command to a daemon.
    std::function<void(const std::string& name, Command command)> post;
    // Called after each event, on any thread and without a lock.
    std::function<void()> on_event;
  };

  struct Plan {
    // The set, or the single daemon.
    std::string name;
    // The daemons to replace, in the order of their numbers.
    std::vector<std::string> members;
    // All daemons that count towards `max_unavailable`, those to replace included.
    std::set<std::string> set;
    // Never null.
    std::shared_ptr<ReplacementsInProgress> in_progress =
        std::make_shared<ReplacementsInProgress>();
    Caller caller = Caller::Server();
    // True for the roll of a reload, whose starts wait for the machine's budget.
    bool is_automatic = false;
  };

  enum class Step {
    // The replacement of an instance has begun.
    kBegun,
    // A new instance is up, and stayed ready for `min_ready_time`.
    kDone,
    // An instance is left out.
    kSkipped,
    // The replacement of an instance failed.
    kFailed,
  };

  // A step of the progress. A plain value.
  struct Event {
    Step step = Step::kBegun;
    // The instance, and its snapshot; null if it was removed.
    std::string name;
    DaemonSnapshotPtr daemon;
    // The number of instances that are done, and of all that are not skipped.
    int done_count = 0;
    int total_count = 0;
  };

  // The progress so far. A plain value.
  struct Progress {
    // The events after those that the caller knows.
    std::vector<Event> events;
    // Absent while the roll goes on.
    absl::optional<absl::Status> end;
  };

  // True for the name under which a roll waits in ChangeWaits; no daemon has such a name.
  static bool IsWaitName(const std::string& name) { return name[0] == '~'; }

  Roll(Plan plan, Context context);

  Roll(const Roll&) = delete;
  Roll& operator=(const Roll&) = delete;

  // Begins. Called once.
  void Begin() ABSL_LOCKS_EXCLUDED(mu_) { Look(); }

  // Looks at the daemons of the set and takes the steps that are possible now. May be called at any
  // time; has no effect once the roll is over.
  void Look() ABSL_LOCKS_EXCLUDED(mu_);

  // Ends the roll with `status`, unless it is over. Replacements in progress go on.
  void End(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);

  // Returns the progress after the first `known` events.
  Progress ProgressAfter(size_t known) const ABSL_LOCKS_EXCLUDED(mu_);

  bool over() const ABSL_LOCKS_EXCLUDED(mu_);
  const std::string& name() const { return plan_.name; }
  const std::string& wait_name() const { return wait_name_; }
  // True if the daemon counts towards the roll's `max_unavailable`.
  bool Includes(const std::string& daemon) const { return plan_.set.count(daemon) > 0; }

 private:
  enum class Phase { kPending, kReplacing, kOver };
  struct Member {
    std::string name;
    Phase phase = Phase::kPending;
    // True if it was not ready when its replacement began.
    bool was_down = false;
  };

  // Makes the steps that are possible now. Returns the daemons to replace.
  std::vector<std::string> Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Begins to replace a member, and adds it to `replaced`.
  void Replace(Member& member, std::vector<std::string>& replaced)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Skips the pending members that must not be replaced.
  void SkipMembers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Returns the daemons of the set that are wanted and not ready, or being replaced.
  std::vector<DaemonSnapshotPtr> FindDown() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Ends the roll if a daemon of `down` does not come up by itself.
  void EndIfStuck(const std::vector<DaemonSnapshotPtr>& down) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // True if the daemon is ready, and no replacement of it is in progress.
  bool IsServing(const DaemonSnapshot& daemon) const {
    return IsReady(daemon) && !plan_.in_progress->Contains(daemon.name());
  }
  void Answered(const std::string& name, const absl::StatusOr<DaemonSnapshotPtr>& answer)
      ABSL_LOCKS_EXCLUDED(mu_);
  // Takes the outcome of a replacement.
  void Take(Member& member, const absl::StatusOr<DaemonSnapshotPtr>& answer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Note(Step step, const Member& member, DaemonSnapshotPtr daemon)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EndWith(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Begins or ends the wait for changes of the set's daemons.
  void SetWaiting(bool waits) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int CountReplacing() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Plan plan_;
  const Context context_;
  const std::string wait_name_;

  mutable Mutex mu_;
  std::vector<Member> members_ ABSL_GUARDED_BY(mu_);
  std::vector<Event> events_ ABSL_GUARDED_BY(mu_);
  int done_count_ ABSL_GUARDED_BY(mu_) = 0;
  int skipped_count_ ABSL_GUARDED_BY(mu_) = 0;
  bool waits_ ABSL_GUARDED_BY(mu_) = false;
  absl::optional<absl::Status> end_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_ROLL_H_
