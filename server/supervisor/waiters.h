#ifndef HOB_SERVER_SUPERVISOR_WAITERS_H_
#define HOB_SERVER_SUPERVISOR_WAITERS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/clock/clock.h"
#include "server/daemon/daemon_snapshot.h"
#include "server/supervisor/command.h"

namespace hob {

// Those who wait for the outcome of a command on one daemon. Each is answered exactly once. Not
// thread-safe.
class Waiters {
 public:
  // What a waiter waits for.
  enum class For {
    // The daemon is RUNNING and ready.
    kUp,
    // A start was tried, whatever came of it.
    kTried,
    // Nothing of the daemon is left.
    kGone,
  };

  Waiters() = default;
  // Nobody is left without an answer.
  ~Waiters();

  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  // `done` may be null. `command` is its name for messages: "start".
  void Add(For what, const char* command, MonotonicTime deadline, Command::Done done);

  // Answers those who wait for `what`.
  void Answer(For what, const absl::StatusOr<DaemonSnapshotPtr>& outcome);

  // Answers those who wait for `what` that the command `later` came first.
  void Overtake(For what, const std::string& daemon, const char* later);

  // Answers those whose time is over.
  void TimeOut(MonotonicTime now, const DaemonSnapshot& daemon);

  bool AnyFor(For what) const;
  MonotonicTime NextDeadline() const;

 private:
  struct Waiter {
    For what;
    const char* command;
    MonotonicTime deadline;
    Command::Done done;
  };

  std::vector<Waiter> TakeFor(For what);

  std::vector<Waiter> waiters_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_WAITERS_H_
