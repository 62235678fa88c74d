#include "server/supervisor/instance_watch.h"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/text/duration.h"

namespace hob {
namespace {

constexpr MonotonicTime kNever = MonotonicTime::InfiniteFuture();

// Longest time between the closing of a process's descriptors and its visible end.
constexpr absl::Duration kGraceForEnd = absl::Milliseconds(100);

}  // namespace

bool InstanceWatch::Begin(const DaemonSpec& spec, MonotonicTime spawned, bool is_trial) {
  state_ = State();
  state_.extended_until = spawned;
  state_.is_trial = is_trial;
  if (is_trial) state_.trial_won_at = spawned + spec.restart_policy.retry_time;
  if (spec.ready != ReadyMode::kNone) {
    ExpectReadiness(spec, spawned);
    return false;
  }
  if (spec.start_time > absl::ZeroDuration()) {
    state_.up_at = spawned + spec.start_time;
    return false;
  }
  CameUp(spec, spawned);
  return true;
}

void InstanceWatch::ExpectReadiness(const DaemonSpec& spec, MonotonicTime since) {
  state_.awaited_since = since;
  state_.unready_at = std::max(since + spec.ready_timeout, state_.extended_until);
  state_.unready_verdict =
      absl::StrCat("it was not ready within ", hob::FormatDuration(spec.ready_timeout));
}

void InstanceWatch::CameUp(const DaemonSpec& spec, MonotonicTime now) {
  state_.up_at = kNever;
  state_.unready_at = kNever;
  BeginWatchdog(spec, now);
}

void InstanceWatch::BeginWatchdog(const DaemonSpec& spec, MonotonicTime now) {
  state_.silent_at = spec.watchdog > absl::ZeroDuration() ? now + spec.watchdog : kNever;
}

void InstanceWatch::ExtendUntil(MonotonicTime time) {
  state_.extended_until = std::max(state_.extended_until, time);
  if (state_.unready_at != kNever) state_.unready_at = std::max(state_.unready_at, time);
}

void InstanceWatch::CannotBecomeReady(MonotonicTime now) {
  // A process that ends closes its descriptors before its end is visible. The grace time lets the
  // end be reported instead, which is the better reason.
  state_.never_ready = true;
  state_.unready_at = now + kGraceForEnd;
  state_.unready_verdict = "it closed its readiness descriptor without a newline";
}

void InstanceWatch::BeginAnew(const DaemonSpec& spec, MonotonicTime now) {
  if (state_.unready_at != kNever) {
    const std::string verdict = std::move(state_.unready_verdict);
    ExpectReadiness(spec, now);
    if (state_.never_ready) state_.unready_verdict = verdict;
  }
  if (state_.silent_at != kNever) BeginWatchdog(spec, now);
}

void InstanceWatch::ReadyTimeoutChanged(const DaemonSpec& spec) {
  if (state_.unready_at != kNever && !state_.never_ready) {
    ExpectReadiness(spec, state_.awaited_since);
  }
}

void InstanceWatch::Cancel() {
  state_.up_at = kNever;
  state_.unready_at = kNever;
  state_.silent_at = kNever;
  state_.trial_won_at = kNever;
}

InstanceWatch::Events InstanceWatch::Look(const DaemonSpec& spec, MonotonicTime now) {
  Events events;
  events.came_up = state_.up_at <= now;
  if (events.came_up) CameUp(spec, now);
  events.failed = FailureAt(spec, now);
  if (events.failed.has_value()) return events;
  events.trial_won = state_.trial_won_at <= now;
  if (events.trial_won) state_.trial_won_at = kNever;
  return events;
}

absl::optional<InstanceWatch::Failed> InstanceWatch::FailureAt(const DaemonSpec& spec,
                                                               MonotonicTime now) const {
  if (state_.unready_at <= now) return Failed{state_.unready_verdict, spec.stop_signal};
  if (state_.silent_at > now) return absl::nullopt;
  return Failed{absl::StrCat("it was silent for longer than its watchdog of ",
                             hob::FormatDuration(spec.watchdog)),
                SIGABRT};
}

MonotonicTime InstanceWatch::NextDeadline() const {
  return std::min({state_.up_at, state_.unready_at, state_.silent_at, state_.trial_won_at});
}

}  // namespace hob
