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
  if (event == Event::kSteady) ready_since_.reset();
  if (done) waiters_.push_back({event, command, deadline, std::move(done)});
}

void Waiters::Answer(Event event, const absl::StatusOr<DaemonSnapshotPtr>& outcome) {
  for (Waiter& waiter : TakeFor(event)) waiter.done(outcome);
  if (event == Event::kUp && !outcome.ok()) Answer(Event::kSteady, outcome);
}

void Waiters::Abort(Event event, const std::string& daemon, const char* later) {
  for (Waiter& waiter : TakeFor(event)) waiter.done(Overtaken(daemon, waiter.command, later));
  if (event == Event::kUp) Abort(Event::kSteady, daemon, later);
}

void Waiters::NoteReadiness(bool is_ready, MonotonicTime now, const DaemonSnapshotPtr& daemon) {
  if (!is_ready || !AnyFor(Event::kSteady)) {
    ready_since_.reset();
    steady_at_ = MonotonicTime::InfiniteFuture();
    return;
  }
  if (!ready_since_.has_value()) ready_since_ = now;
  steady_at_ = *ready_since_ + daemon->spec->min_ready_time;
  if (steady_at_ <= now) {
    steady_at_ = MonotonicTime::InfiniteFuture();
    Answer(Event::kSteady, daemon);
  }
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
  return std::any_of(waiters_.begin(), waiters_.end(), [event](const Waiter& waiter) {
    return waiter.event == event || (event == Event::kUp && waiter.event == Event::kSteady);
  });
}

MonotonicTime Waiters::NextDeadline() const {
  MonotonicTime next = steady_at_;
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
