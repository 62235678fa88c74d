#ifndef HOB_SERVER_SUPERVISOR_WAITERS_H_
#define HOB_SERVER_SUPERVISOR_WAITERS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/clock/clock.h"
#include "server/daemon/daemon_snapshot.h"
#include "server/supervisor/command.h"

namespace hob {

// Holds the callers that wait for the outcome of a command on one daemon. Answers each exactly
// once. Not thread-safe.
class Waiters {
 public:
  // The event that a caller waits for.
  enum class Event {
    // The daemon is RUNNING and ready.
    kUp,
    // A start was tried, successfully or not.
    kTried,
    // No process of the daemon is left.
    kGone,
  };

  Waiters() = default;
  // Answers all remaining callers.
  ~Waiters();

  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  // Adds a caller. `done` may be null. `command` is the command's name for messages: "start".
  void Add(Event event, const char* command, MonotonicTime deadline, Command::Done done);

  // Answers the callers that wait for `event` with `outcome`.
  void Answer(Event event, const absl::StatusOr<DaemonSnapshotPtr>& outcome);

  // Answers the callers that wait for `event` with an error: the command `later` replaced theirs.
  void Abort(Event event, const std::string& daemon, const char* later);

  // Answers the callers whose deadline has passed.
  void TimeOut(MonotonicTime now, const DaemonSnapshot& daemon);

  bool AnyFor(Event event) const;
  MonotonicTime NextDeadline() const;

 private:
  struct Waiter {
    Event event;
    const char* command;
    MonotonicTime deadline;
    Command::Done done;
  };

  std::vector<Waiter> TakeFor(Event event);

  std::vector<Waiter> waiters_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_WAITERS_H_
