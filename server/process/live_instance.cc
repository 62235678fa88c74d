#include "server/process/live_instance.h"

#include <signal.h>

#include <algorithm>
#include <utility>

namespace hob {
namespace {

// First and longest interval between two checks of the process tree. Checks are needed if the
// kernel does not report the end of the tree, and always after a kill, since a process may have
// forked while it was being killed.
constexpr absl::Duration kFirstInterval = absl::Milliseconds(1);
constexpr absl::Duration kLongestInterval = absl::Milliseconds(100);
// A process that survives KILL for this long hangs in the kernel.
constexpr absl::Duration kUnkillableAfter = absl::Seconds(5);

// A process that refuses KILL for this long will not end because of it.
constexpr absl::Duration kRefusesAfter = absl::Seconds(1);

constexpr MonotonicTime kNever = MonotonicTime::InfiniteFuture();

}  // namespace

absl::optional<SpawnFailure> LiveInstance::Spawn(Spawner& spawner, const SpawnRequest& request) {
  SpawnResult result = spawner.Spawn(request);
  if (auto* failure = absl::get_if<SpawnFailure>(&result)) return std::move(*failure);
  instance_ = std::move(absl::get<std::unique_ptr<Instance>>(result));
  state_ = State();
  state_.spawned = clock_.Now();
  return absl::nullopt;
}

void LiveInstance::TakeOver(std::unique_ptr<Instance> leftover) {
  instance_ = std::move(leftover);
  state_.main_ended = true;
  state_.is_leftover = true;
  Kill();
  state_.look_interval = kLongestInterval;
  state_.unkillable_said = true;
}

absl::Status LiveInstance::Signal(int signal, bool all) {
  return all ? instance_->SignalTree(signal) : instance_->SignalMain(signal);
}

void LiveInstance::AskToEnd(int signal, StopScope scope, absl::Duration patience) {
  state_.asked_at = clock_.Now().monotonic;
  if (patience <= absl::ZeroDuration()) return Kill();
  SendStopSignal(signal, scope);
  state_.kill_at = state_.asked_at + patience;
}

void LiveInstance::SendStopSignal(int signal, StopScope scope) {
  // A stopped process handles no other signal until it is continued (signal(7)). The next check
  // notices processes that are already gone.
  const bool acts_when_stopped = signal == SIGKILL || signal == SIGCONT;
  if (scope == StopScope::kTree) {
    return NoteRefusal(acts_when_stopped ? instance_->SignalTree(signal)
                                         : instance_->SignalTreeAndContinue(signal));
  }
  NoteRefusal(instance_->SignalMain(signal));
  if (!acts_when_stopped) instance_->SignalMain(SIGCONT).IgnoreError();
}

void LiveInstance::Kill() {
  NoteRefusal(instance_->SignalTree(SIGKILL));
  state_.kill_at = kNever;
  const MonotonicTime now = clock_.Now().monotonic;
  // A repeated kill must not postpone the next check.
  if (was_killed() && state_.look_at > now) return;
  if (!was_killed()) {
    state_.killed_at = now;
    state_.look_interval = kFirstInterval;
  }
  state_.look_at = now + state_.look_interval;
}

// Ignores other errors, such as a shortage: the next check notices processes that are already gone,
// and searches again for any that were not found.
void LiveInstance::NoteRefusal(const absl::Status& signalled) {
  if (signalled.ok()) state_.refusal.clear();
  if (absl::IsPermissionDenied(signalled)) state_.refusal = std::string(signalled.message());
}

void LiveInstance::BePatientUntil(MonotonicTime time) {
  if (state_.kill_at != kNever) state_.kill_at = std::max(state_.kill_at, time);
}

LiveInstance::Events LiveInstance::Look() {
  Events events;
  if (!exists()) return events;
  LookForMainEnd(events);
  if (state_.main_ended && instance_->IsGone()) {
    instance_ = nullptr;
    events.gone = true;
    return events;
  }
  const MonotonicTime now = clock_.Now().monotonic;
  const bool is_left_behind = state_.main_ended && !was_asked();
  if (state_.kill_at <= now || (is_left_behind && !was_killed())) {
    EndPatience(events);
  } else if (was_killed()) {
    LookAtKilled(now, events);
  } else if (state_.main_ended) {
    LookAgain(now);
  }
  return events;
}

void LiveInstance::LookForMainEnd(Events& events) {
  if (state_.main_ended) return;
  events.main_ended = instance_->TryReap();
  state_.main_ended = events.main_ended.has_value();
}

void LiveInstance::EndPatience(Events& events) {
  events.killed_processes = instance_->CountAlive();
  if (was_asked()) events.killed_after = state_.kill_at - state_.asked_at;
  Kill();
  const bool counts = !state_.main_ended && state_.refusal.empty();
  if (counts) state_.killed_processes = events.killed_processes;
}

void LiveInstance::LookAtKilled(MonotonicTime now, Events& events) {
  if (state_.look_at <= now) {
    state_.look_interval = std::min(state_.look_interval * 2, kLongestInterval);
    Kill();
  }
  const absl::Duration patience = state_.refusal.empty() ? kUnkillableAfter : kRefusesAfter;
  // If hobd itself was suspended, it has checked too rarely to call the process unkillable.
  const bool knows = state_.look_interval == kLongestInterval && now - state_.killed_at >= patience;
  if (!knows || state_.unkillable_said) return;
  state_.unkillable_said = true;
  events.unkillable = true;
}

void LiveInstance::LookAgain(MonotonicTime now) {
  if (instance_->tree_fd() >= 0) {
    state_.look_at = kNever;
  } else if (state_.look_at == kNever || state_.look_at <= now) {
    state_.look_interval = state_.look_at == kNever
                               ? kFirstInterval
                               : std::min(state_.look_interval * 2, kLongestInterval);
    state_.look_at = now + state_.look_interval;
  }
}

MonotonicTime LiveInstance::NextDeadline() const {
  return exists() ? std::min(state_.kill_at, state_.look_at) : kNever;
}

void LiveInstance::AppendPollFds(std::vector<pollfd>& fds) {
  if (!exists()) return;
  if (!state_.main_ended) fds.push_back({instance_->exit_fd(), POLLIN, 0});
  const int former = instance_->former_exit_fd();
  if (former >= 0) fds.push_back({former, POLLIN, 0});
  if (state_.main_ended) fds.push_back({instance_->tree_fd(), POLLPRI, 0});
}

}  // namespace hob
