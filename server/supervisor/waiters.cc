#include "server/supervisor/waiters.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/daemon/daemon_state.h"
#include "server/errors/errors.h"

namespace hob {

Waiters::~Waiters() {
  for (Waiter& waiter : waiters_) waiter.done(ShuttingDown());
}

void Waiters::Add(Event event, const char* command, MonotonicTime deadline, Command::Done done) {
  if (done) waiters_.push_back({event, command, deadline, std::move(done)});
}

void Waiters::Answer(Event event, const absl::StatusOr<DaemonSnapshotPtr>& outcome) {
  for (Waiter& waiter : TakeFor(event)) waiter.done(outcome);
}

void Waiters::Abort(Event event, const std::string& daemon, const char* later) {
  for (Waiter& waiter : TakeFor(event)) waiter.done(Overtaken(daemon, waiter.command, later));
}

void Waiters::TimeOut(MonotonicTime now, const DaemonSnapshot& daemon) {
  if (NextDeadline() > now) return;
  const auto late =
      std::stable_partition(waiters_.begin(), waiters_.end(),
                            [now](const Waiter& waiter) { return waiter.deadline > now; });
  std::vector<Waiter> answered(std::make_move_iterator(late),
                               std::make_move_iterator(waiters_.end()));
  waiters_.erase(late, waiters_.end());
  for (Waiter& waiter : answered) {
    waiter.done(TimedOut(daemon.name(), waiter.command, DaemonStateName(daemon.state)));
  }
}

bool Waiters::AnyFor(Event event) const {
  return std::any_of(waiters_.begin(), waiters_.end(),
                     [event](const Waiter& waiter) { return waiter.event == event; });
}

MonotonicTime Waiters::NextDeadline() const {
  MonotonicTime next = MonotonicTime::InfiniteFuture();
  for (const Waiter& waiter : waiters_) next = std::min(next, waiter.deadline);
  return next;
}

std::vector<Waiters::Waiter> Waiters::TakeFor(Event event) {
  const auto taken =
      std::stable_partition(waiters_.begin(), waiters_.end(),
                            [event](const Waiter& waiter) { return waiter.event != event; });
  std::vector<Waiter> result(std::make_move_iterator(taken),
                             std::make_move_iterator(waiters_.end()));
  waiters_.erase(taken, waiters_.end());
  return result;
}

}  // namespace hob
