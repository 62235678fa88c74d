#ifndef HOB_SERVER_SUPERVISOR_WAITERS_H_
#define HOB_SERVER_SUPERVISOR_WAITERS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/optional.h"
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
    // The daemon has stayed so, and healthy if it has a check, for its `min_ready_time`. Its
    // waiters also get the errors that those of kUp get.
    kSteady,
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

  // Answers the callers that wait for kSteady once the daemon has been ready for long enough;
  // `is_ready` says whether it is ready and healthy at `now`. Called after each of its events.
  void NoteReadiness(bool is_ready, MonotonicTime now, const DaemonSnapshotPtr& daemon);

  // Answers the callers whose deadline has passed.
  void TimeOut(MonotonicTime now, const DaemonSnapshot& daemon);

  // True if a caller waits for `event`; for kUp also if one waits for kSteady.
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
  // While callers wait for kSteady: the time since which the daemon has been ready, and the time at
  // which they are answered.
  absl::optional<MonotonicTime> ready_since_;
  MonotonicTime steady_at_ = MonotonicTime::InfiniteFuture();
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_WAITERS_H_
