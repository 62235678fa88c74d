#include "server/supervisor/live_instance.h"

#include <signal.h>

#include <algorithm>
#include <utility>

namespace hob {
namespace {

// How soon, and at last how often, a killed tree is looked at again. The kernel tells the end of a
// control group; these looks are for where it cannot, and for what was forked while it was being
// killed.
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

void LiveInstance::AskToEnd(int signal, absl::Duration patience) {
  if (patience <= absl::ZeroDuration()) return Kill();
  const bool acts_when_stopped = signal == SIGKILL || signal == SIGCONT;
  NoteRefusal(acts_when_stopped ? instance_->SignalTree(signal)
                                : instance_->SignalTreeAndContinue(signal));
  asked_at_ = clock_.Now().monotonic;
  kill_at_ = asked_at_ + patience;
}

void LiveInstance::Kill() {
  NoteRefusal(instance_->SignalTree(SIGKILL));
  kill_at_ = kNever;
  const MonotonicTime now = clock_.Now().monotonic;
  // Whoever kills it again and again does not put the next look off.
  if (killed_at_ != kNever && look_at_ > now) return;
  if (killed_at_ == kNever) {
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
  const MonotonicTime now = clock_.Now().monotonic;
  if (kill_at_ <= now) {
    events.killed_after = kill_at_ - asked_at_;
    Kill();
  }
  if (main_ended_ || killed_at_ != kNever) LookForTreeEnd(now, events);
  return events;
}

void LiveInstance::LookForMainEnd(Events& events) {
  if (main_ended_) return;
  events.main_ended = instance_->TryReap();
  main_ended_ = events.main_ended.has_value();
}

void LiveInstance::LookForTreeEnd(MonotonicTime now, Events& events) {
  if (main_ended_ && instance_->IsGone()) {
    instance_ = nullptr;
    events.gone = true;
    return;
  }
  if (killed_at_ == kNever) {
    // The main process has just ended and left something behind.
    Kill();
  } else if (look_at_ <= now) {
    look_interval_ = std::min(look_interval_ * 2, kLongestInterval);
    Kill();
  }
  const absl::Duration patience = refusal_.empty() ? kUnkillableAfter : kRefusesAfter;
  // If this process was itself suspended, it has looked too rarely to know.
  const bool knows = look_interval_ == kLongestInterval && now - killed_at_ >= patience;
  if (knows && !unkillable_said_) {
    unkillable_said_ = true;
    events.unkillable = true;
  }
}

MonotonicTime LiveInstance::NextDeadline() const {
  return exists() ? std::min(kill_at_, look_at_) : kNever;
}

void LiveInstance::AppendPollFds(std::vector<pollfd>& fds) {
  if (!exists()) return;
  if (!main_ended_) fds.push_back({instance_->exit_fd(), POLLIN, 0});
  if (main_ended_) fds.push_back({instance_->tree_fd(), POLLPRI, 0});
}

}  // namespace hob
