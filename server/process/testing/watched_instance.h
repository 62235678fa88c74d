#ifndef HOB_SERVER_PROCESS_TESTING_WATCHED_INSTANCE_H_
#define HOB_SERVER_PROCESS_TESTING_WATCHED_INSTANCE_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "server/daemon/exit_report.h"
#include "server/posix/unique_fd.h"
#include "server/process/process.h"

namespace hob {

// A process held by a test, which can tell whether it is alive without the code under test.
class Witnessed {
 public:
  // `pid` must be alive or a zombie.
  explicit Witnessed(pid_t pid);

  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }

  // True if the process has ended, reaped or not.
  bool HasEnded() const;

  // Blocks until the process has ended. Fails the test after kPatience.
  void AwaitEnd() const;

  // Reaps the process, as StrayReaper does, if it has ended and was inherited by this process from
  // its parent.
  void ReapStray() const;

 private:
  pid_t pid_;
  UniqueFd pidfd_;
};

// An instance whose system calls may fail, polled and ended repeatedly as LiveInstance does it.
// Compares every report of the instance with the actual state of its processes, and fails the test
// on a difference. The class's own calls never fail (FailingCalls::Pause).
//
// Used by one thread at a time.
class WatchedInstance {
 public:
  // `others` are the processes that the instance has started, all alive. `may_fail` returns true if
  // a call has failed so far, which excuses an error.
  WatchedInstance(std::unique_ptr<Instance> instance, const std::vector<pid_t>& others,
                  std::function<bool()> may_fail);

  // Blocks until the main process has ended by itself.
  void AwaitMainEnd() const;

  // Sends TERM to the whole tree and, if `all` is true, blocks until the whole tree has ended.
  // Later looks kill the processes that are still alive.
  void AskToEnd(bool all);

  // Looks at the instance until nothing of it is left, at most `most` times.
  void LookUntilGone(int most);

  // True if the instance has reported that nothing of it is left.
  bool gone() const { return gone_; }

  // Expects that the instance has reported exactly one end: `end`, or KILL if the main process was
  // alive when it was killed.
  void ExpectToldEnd(const EndOfProcess& end) const;

  // Reaps the processes that this process inherited when their parent ended.
  void ReapStrays() const;

 private:
  bool AllHaveEnded() const;
  void AwaitAllEnded() const;
  // Checks the status of a signal to the whole tree. Returns true if the signal has reached all of
  // it.
  bool HasReachedAll(const absl::Status& status) const;
  void Look();
  void NoteEnd(absl::optional<ReapedProcess> end);
  void Kill();
  void AwaitChange() const;

  const std::unique_ptr<Instance> instance_;
  const Witnessed main_;
  std::vector<Witnessed> others_;
  const std::function<bool()> may_fail_;
  bool patience_is_over_ = false;
  bool is_killed_ = false;
  // True if the main process was alive when the tree was killed.
  bool was_killed_alive_ = false;
  std::vector<ReapedProcess> ends_;
  bool gone_ = false;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TESTING_WATCHED_INSTANCE_H_
