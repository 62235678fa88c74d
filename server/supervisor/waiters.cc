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

void Waiters::Add(For what, const char* command, MonotonicTime deadline, Command::Done done) {
  if (done) waiters_.push_back({what, command, deadline, std::move(done)});
}

void Waiters::Answer(For what, const absl::StatusOr<DaemonSnapshotPtr>& outcome) {
  for (Waiter& waiter : TakeFor(what)) waiter.done(outcome);
}

void Waiters::Overtake(For what, const std::string& daemon, const char* later) {
  for (Waiter& waiter : TakeFor(what)) waiter.done(Overtaken(daemon, waiter.command, later));
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

bool Waiters::AnyFor(For what) const {
  return std::any_of(waiters_.begin(), waiters_.end(),
                     [what](const Waiter& waiter) { return waiter.what == what; });
}

MonotonicTime Waiters::NextDeadline() const {
  MonotonicTime next = MonotonicTime::InfiniteFuture();
  for (const Waiter& waiter : waiters_) next = std::min(next, waiter.deadline);
  return next;
}

std::vector<Waiters::Waiter> Waiters::TakeFor(For what) {
  const auto taken =
      std::stable_partition(waiters_.begin(), waiters_.end(),
                            [what](const Waiter& waiter) { return waiter.what != what; });
  std::vector<Waiter> result(std::make_move_iterator(taken),
                             std::make_move_iterator(waiters_.end()));
  waiters_.erase(taken, waiters_.end());
  return result;
}

}  // namespace hob
