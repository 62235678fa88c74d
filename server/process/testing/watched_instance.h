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

// A process that a test holds on to: whether it lives is known without the code that is tested.
class Witnessed {
 public:
  // `pid` is alive, or nobody has reaped it.
  explicit Witnessed(pid_t pid);

  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }

  // Whether it has ended, reaped or not.
  bool HasEnded() const;

  // Blocks until it has ended; a test failure when patience ends.
  void AwaitEnd() const;

  // Reaps it, where it has ended and was left to this process by its parent, as StrayReaper does.
  void ReapStray() const;

 private:
  pid_t pid_;
  UniqueFd pidfd_;
};

// An instance whose system calls may fail, asked and ended again and again as LiveInstance does it.
// Whatever it says is held against what its processes do; what is wrong is a test failure. None of
// the calls that it makes itself fails (FailingCalls::Pause).
//
// Used by one thread at a time.
class WatchedInstance {
 public:
  // `others` are the processes that it has started, all alive. `may_fail` tells whether a call has
  // failed so far, which is what excuses an error.
  WatchedInstance(std::unique_ptr<Instance> instance, const std::vector<pid_t>& others,
                  std::function<bool()> may_fail);

  // Blocks until the main process has ended, which it does by itself.
  void AwaitMainEnd() const;

  // Sends TERM to all of it, and blocks until that has ended what it should: `all` says whether it
  // ends the whole tree. What is alive after that is killed by the looks that follow.
  void AskToEnd(bool all);

  // Looks until nothing of it is left, at most so often.
  void LookUntilGone(int most);

  // Whether it has said that nothing of it is left.
  bool gone() const { return gone_; }

  // Expects that it has told its end exactly once, and which it was: `end`, or KILL where it was
  // alive when it was killed.
  void ExpectToldEnd(const EndOfProcess& end) const;

  // Reaps what came to this process when its parent ended.
  void ReapStrays() const;

 private:
  bool AllHaveEnded() const;
  void AwaitAllEnded() const;
  // What the status of a signal means for all of it. Returns whether the signal has reached all.
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
  // Whether the main process was alive then.
  bool was_killed_alive_ = false;
  std::vector<ReapedProcess> ends_;
  bool gone_ = false;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TESTING_WATCHED_INSTANCE_H_
