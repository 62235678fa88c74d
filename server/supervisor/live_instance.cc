#include "server/supervisor/live_instance.h"

#include <signal.h>

#include <algorithm>
#include <utility>

namespace hob {
namespace {

// How soon, and at last how often, a tree is looked at again where the kernel does not tell when it
// ends; and a killed one always, for what was forked while it was being killed.
constexpr absl::Duration kFirstInterval = absl::Milliseconds(1);
constexpr absl::Duration kLongestInterval = absl::Milliseconds(100);
// A process that survives KILL for so long hangs in the kernel.
constexpr absl::Duration kUnkillableAfter = absl::Seconds(5);

// A process that refuses KILL for so long will not end by it.
constexpr absl::Duration kRefusesAfter = absl::Seconds(1);

constexpr MonotonicTime kNever = MonotonicTime::InfiniteFuture();

}  // namespace

absl::optional<SpawnFailure> LiveInstance::Spawn(Spawner& spawner, const SpawnRequest& request) {
  SpawnResult result = spawner.Spawn(request);
  if (auto* failure = absl::get_if<SpawnFailure>(&result)) return std::move(*failure);
  instance_ = std::move(absl::get<std::unique_ptr<Instance>>(result));
  spawned_ = clock_.Now();
  main_ended_ = false;
  asked_at_ = kNever;
  kill_at_ = kNever;
  killed_at_ = kNever;
  unkillable_said_ = false;
  is_leftover_ = false;
  refusal_.clear();
  look_at_ = kNever;
  return absl::nullopt;
}

void LiveInstance::TakeOver(std::unique_ptr<Instance> leftover) {
  instance_ = std::move(leftover);
  main_ended_ = true;
  is_leftover_ = true;
  Kill();
  look_interval_ = kLongestInterval;
  unkillable_said_ = true;
}

absl::Status LiveInstance::Signal(int signal, bool all) {
  return all ? instance_->SignalTree(signal) : instance_->SignalMain(signal);
}

void LiveInstance::AskToEnd(int signal, StopScope scope, absl::Duration patience) {
  asked_at_ = clock_.Now().monotonic;
  if (patience <= absl::ZeroDuration()) return Kill();
  SendStopSignal(signal, scope);
  kill_at_ = asked_at_ + patience;
}

void LiveInstance::SendStopSignal(int signal, StopScope scope) {
  // A stopped process acts on no signal but these before it is continued (signal(7)). The next look
  // notices what is gone already.
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
  kill_at_ = kNever;
  const MonotonicTime now = clock_.Now().monotonic;
  // Killing it again and again does not put the next look off.
  if (was_killed() && look_at_ > now) return;
  if (!was_killed()) {
    killed_at_ = now;
    look_interval_ = kFirstInterval;
  }
  look_at_ = now + look_interval_;
}

// What is gone already is noticed by the next look, and what was not found is looked for again.
void LiveInstance::NoteRefusal(const absl::Status& signalled) {
  refusal_ = absl::IsPermissionDenied(signalled) ? std::string(signalled.message()) : "";
}

void LiveInstance::BePatientUntil(MonotonicTime time) {
  if (kill_at_ != kNever) kill_at_ = std::max(kill_at_, time);
}

LiveInstance::Events LiveInstance::Look() {
  Events events;
  if (!exists()) return events;
  LookForMainEnd(events);
  if (main_ended_ && instance_->IsGone()) {
    instance_ = nullptr;
    events.gone = true;
    return events;
  }
  const MonotonicTime now = clock_.Now().monotonic;
  const bool is_left_behind = main_ended_ && !was_asked();
  if (kill_at_ <= now || (is_left_behind && !was_killed())) {
    EndPatience(events);
  } else if (was_killed()) {
    LookAtKilled(now, events);
  } else if (main_ended_) {
    LookAgain(now);
  }
  return events;
}

void LiveInstance::LookForMainEnd(Events& events) {
  if (main_ended_) return;
  events.main_ended = instance_->TryReap();
  main_ended_ = events.main_ended.has_value();
}

void LiveInstance::EndPatience(Events& events) {
  events.killed_processes = instance_->CountAlive();
  if (was_asked()) events.killed_after = kill_at_ - asked_at_;
  Kill();
}

void LiveInstance::LookAtKilled(MonotonicTime now, Events& events) {
  if (look_at_ <= now) {
    look_interval_ = std::min(look_interval_ * 2, kLongestInterval);
    Kill();
  }
  const absl::Duration patience = refusal_.empty() ? kUnkillableAfter : kRefusesAfter;
  // If hobd itself was suspended, it has looked too rarely to call the process unkillable.
  const bool knows = look_interval_ == kLongestInterval && now - killed_at_ >= patience;
  if (!knows || unkillable_said_) return;
  unkillable_said_ = true;
  events.unkillable = true;
}

void LiveInstance::LookAgain(MonotonicTime now) {
  if (instance_->tree_fd() >= 0) {
    look_at_ = kNever;
  } else if (look_at_ == kNever || look_at_ <= now) {
    look_interval_ =
        look_at_ == kNever ? kFirstInterval : std::min(look_interval_ * 2, kLongestInterval);
    look_at_ = now + look_interval_;
  }
}

MonotonicTime LiveInstance::NextDeadline() const {
  return exists() ? std::min(kill_at_, look_at_) : kNever;
}

void LiveInstance::AppendPollFds(std::vector<pollfd>& fds) {
  if (!exists()) return;
  if (!main_ended_) fds.push_back({instance_->exit_fd(), POLLIN, 0});
  const int former = instance_->former_exit_fd();
  if (former >= 0) fds.push_back({former, POLLIN, 0});
  if (main_ended_) fds.push_back({instance_->tree_fd(), POLLPRI, 0});
}

}  // namespace hob
