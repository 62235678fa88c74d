#include "tests/simulation/model.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

namespace hob {
namespace simulation {
namespace {

using State = Observation::State;
using Health = Observation::Health;

// hob counts in quarters of a nanosecond; nanoseconds.
constexpr Nanos kRounding = 2;
// A process that survives KILL for longer counts as hanging in the kernel.
constexpr Nanos kHangsAfter = 5 * kSecond;
// A process that refuses KILL for longer counts as another user's.
constexpr Nanos kRefusesAfter = kSecond;
// The number of KILLs from which a daemon may count as unkillable, and from which it soon must.
constexpr int kFewKills = 4;
constexpr int kEnoughKills = 10;

bool HaveSameCheck(int settings, int others) {
  const Settings& a = SettingsOf(settings);
  const Settings& b = SettingsOf(others);
  return a.is_checked == b.is_checked && a.check_restarts == b.check_restarts &&
         (!a.is_checked || a.check_variant == b.check_variant);
}

}  // namespace

const char* NameOf(State state) {
  switch (state) {
    case State::kStopped:
      return "STOPPED";
    case State::kStarting:
      return "STARTING";
    case State::kRunning:
      return "RUNNING";
    case State::kBackoff:
      return "BACKOFF";
    case State::kStopping:
      return "STOPPING";
    case State::kExited:
      return "EXITED";
    case State::kHalted:
      return "HALTED";
    case State::kWaiting:
      return "WAITING";
  }
  return "";
}

void Model::Check(bool holds, int number, const char* what) {
  if (!holds) world_.Violation(number, what);
}

// Orders.

void Model::Created(int number, int settings, Nanos hold_ends) {
  Check(!daemons_[number].is_known, number, "there are two workers of a daemon");
  Check(world_.Alive(number) == 0, number, "it is made while processes of that name are alive");
  daemons_[number] = Daemon();
  daemons_[number].is_known = true;
  daemons_[number].settings = settings;
  daemons_[number].is_held = hold_ends != 0;
  daemons_[number].hold_ends = hold_ends;
}

void Model::TakesAfter(std::set<int> ends_after, std::set<int> starts_after) {
  next_ends_after_ = std::move(ends_after);
  next_starts_after_ = std::move(starts_after);
}

void Model::Takes(int number, Order order, int detail) {
  Daemon& daemon = daemons_[number];
  const bool ends = order == Order::kRemove || order == Order::kShutDown || order == Order::kKill ||
                    order == Order::kRecheck;
  if (daemon.is_ending && !ends) return;
  daemon.ends_taken += order == Order::kStop || order == Order::kRemove ||
                       order == Order::kShutDown || order == Order::kReplace;
  daemon.commanded |= order == Order::kStart || order == Order::kStop || order == Order::kRestart;
  switch (order) {
    case Order::kStart:
      return Start(daemon);
    case Order::kStop:
    case Order::kRemove:
    case Order::kShutDown:
      if (order == Order::kStop && !daemon.has_instance) TakePending(daemon);
      daemon.wanted = daemon.restarting = false;
      daemon.is_ending |= order != Order::kStop;
      daemon.pending_start = PendingStart();
      daemon.starts_after.clear();
      daemon.after = After::kRest;
      if (!daemon.has_instance) daemon.resting = State::kStopped;
      return BeginStop(number);
    case Order::kRestart:
    case Order::kRoll: {
      if (order == Order::kRoll && IsLeftOut(number)) return;
      if (IsBlocked(number, order) || KeepsInstance(number, order, detail)) return;
      daemon.wanted = true;
      if (!daemon.has_instance) TakePending(daemon);
      const bool joins = Joins(daemon);
      daemon.restarting = true;
      if (joins) return;
      daemon.throttle.Clear();
      const bool by_operator = order == Order::kRestart || detail != kIsAutomatic;
      if (!daemon.has_instance) {
        return ScheduleNow(daemon, by_operator ? PendingStart::Kind::kOperator
                                               : PendingStart::Kind::kConfiguration);
      }
      daemon.after = by_operator ? After::kOperatorStart : After::kConfiguredStart;
      return BeginStop(number);
    }
    case Order::kBoot:
      if (daemon.commanded || daemon.has_instance || daemon.resting != State::kStopped ||
          daemon.pending_start.kind != PendingStart::Kind::kNone) {
        return;
      }
      daemon.wanted = true;
      daemon.starts_after = DeparturesOf(next_starts_after_);
      return ScheduleNow(daemon, PendingStart::Kind::kConfiguration);
    case Order::kUpdate:
      if (daemon.stop_is_held && IsUp(daemon)) {
        daemon.pending = detail;
        daemon.is_kept = daemon.takes_pending_at_end = daemon.awaits_roll = false;
        return;
      }
      daemon.pending = -1;
      daemon.takes_pending_at_end = daemon.awaits_roll = false;
      if (!HaveSameCheck(daemon.settings, detail)) daemon.verdict_of_check = Health::kUnknown;
      daemon.settings = detail;
      daemon.throttle.SettingsChanged();
      if (daemon.ready_deadline != kInfinite) {
        daemon.ready_deadline =
            std::max(daemon.ready_since + SettingsOf(detail).ready_timeout, daemon.extended_until);
      }
      if (daemon.seen.state == State::kRunning) ListenToWatchdog(daemon);
      Follow(number);
      if (SettingsOf(detail).halt_retries) return;
      if (daemon.verdict.kind == Verdict::Kind::kHalt) {
        daemon.verdict.earliest = daemon.verdict.latest = kInfinite;
      }
      if (!daemon.has_instance && daemon.resting == State::kHalted &&
          daemon.pending_start.kind == PendingStart::Kind::kTrial) {
        daemon.pending_start = PendingStart();
      }
      return;
    case Order::kStage:
      if (daemon.is_held && daemon.wanted && !IsUp(daemon) && !IsExited(daemon)) {
        return Takes(number, Order::kReplace, detail);
      }
      daemon.pending = detail;
      daemon.is_kept = true;
      daemon.takes_pending_at_end = daemon.is_held;
      daemon.awaits_roll = !daemon.is_held;
      if (!daemon.has_instance && (IsLeftOut(number) || daemon.pending_start.passes_hold)) {
        TakePending(daemon);
      }
      return;
    case Order::kReplace:
      daemon.pending = -1;
      daemon.awaits_roll = false;
      daemon.takes_pending_at_end = daemon.is_held && IsUp(daemon);
      if (daemon.takes_pending_at_end || KeepsInstance(number, order, detail)) {
        daemon.pending = detail;
        daemon.is_kept = true;
        if (!daemon.stop_is_held) StaysUp(number);
        return;
      }
      daemon.throttle.Clear();
      daemon.pending = detail;
      daemon.is_kept = false;
      if (!IsUp(daemon)) TakePending(daemon);
      if (!daemon.wanted) return;
      return Replace(number);
    case Order::kSignal:
      if (daemon.has_instance) --daemon.signals[detail];
      return;
    case Order::kHold:
      if (!daemon.is_held && daemon.stop_is_held && IsUp(daemon) &&
          (daemon.after == After::kConfiguredStart || daemon.after == After::kStartWithPartner)) {
        // An automatic stop that has not begun is cancelled.
        daemon.stop_is_held = false;
        daemon.after = After::kVerdict;
        daemon.is_kept = daemon.takes_pending_at_end = daemon.pending >= 0;
        daemon.awaits_roll = false;
        StaysUp(number);
        daemon.partner = -1;
        NotePartner(number);
      }
      daemon.is_held = true;
      daemon.hold_ends = next_hold_ends_;
      // A start that has not begun waits for the release.
      daemon.pending_start.passes_hold = false;
      if (daemon.after == After::kOperatorStart) daemon.after = After::kConfiguredStart;
      daemon.restarting = false;
      return;
    case Order::kRelease:
      if (daemon.is_held) EndHold(number);
      return;
    case Order::kKill:
      daemon.ends_after.clear();
      daemon.may_kill = true;
      // A KILL on command is not one of the worker's own.
      if (daemon.has_instance) --daemon.kills;
      return;
    case Order::kReopenLogs:
      return;
    case Order::kRecheck:
      return Follow(number);
    case Order::kVerdict:
      return TakeVerdictOfCheck(number, detail);
  }
}

void Model::Replace(int number) {
  Daemon& daemon = daemons_[number];
  // A start that an operator commanded remains one.
  const bool by_operator =
      daemon.pending_start.passes_hold || daemon.after == After::kOperatorStart;
  daemon.restarting = false;
  daemon.pending_start = PendingStart();
  daemon.starts_after = DeparturesOf(next_starts_after_);
  if (!daemon.has_instance) {
    return ScheduleNow(
        daemon, by_operator ? PendingStart::Kind::kOperator : PendingStart::Kind::kConfiguration);
  }
  daemon.after = by_operator ? After::kOperatorStart : After::kConfiguredStart;
  BeginStop(number);
}

void Model::StaysUp(int number) {
  for (Daemon& other : daemons_) {
    other.ends_after.erase(number);
    other.starts_after.erase(number);
  }
}

// Holds.

void Model::EndHold(int number) {
  Daemon& daemon = daemons_[number];
  daemon.is_held = false;
  if (!IsUp(daemon)) return;
  // Nothing that was due during the hold happens now.
  if (daemon.ready_deadline != kInfinite) {
    const Nanos timeout = SettingsOf(daemon.settings).ready_timeout;
    daemon.ready_since = world_.Now();
    daemon.ready_deadline = std::max(daemon.ready_since + timeout, daemon.extended_until);
  }
  if (daemon.silent_deadline != kInfinite) ListenToWatchdog(daemon);
  daemon.partner = -1;
  NotePartner(number);
  Follow(number);
}

bool Model::AwaitsRelease(int number) const {
  const Daemon& daemon = daemons_[number];
  return daemon.is_held && !daemon.pending_start.passes_hold;
}

// Dependencies.

bool Model::HasEnded(int number, const Departure& departure) const {
  const Daemon& daemon = daemons_[number];
  if (!daemon.is_known || daemon.seen.is_unkillable) return true;
  if (departure.spawns > 0) return !daemon.has_instance || daemon.spawns != departure.spawns;
  return daemon.ends_taken != departure.ends_taken;
}

std::map<int, Model::Departure> Model::DeparturesOf(const std::set<int>& numbers) const {
  std::map<int, Departure> departures;
  for (const int number : numbers) {
    const Daemon& daemon = daemons_[number];
    departures[number] = {daemon.has_instance ? daemon.spawns : 0, daemon.ends_taken};
  }
  return departures;
}

bool Model::IsUp(const Daemon& daemon) {
  return daemon.has_instance && !daemon.main_ended && daemon.ending == Ending::kNot;
}

bool Model::IsSeenUp(const Observation& seen) {
  return (seen.state == State::kStarting || seen.state == State::kRunning) && seen.pid != 0 &&
         !seen.awaits_dependents;
}

bool Model::IsMet(int number) const { return IsMet(number, daemons_[number].settings); }

bool Model::IsMet(int number, int with_settings) const {
  const Settings& settings = SettingsOf(with_settings);
  const int other = DependencyOf(number, settings);
  if (other < 0) return true;
  if (!daemons_[other].is_known) return true;
  const Observation& seen = daemons_[other].seen;
  const Settings& others = SettingsOf(daemons_[other].settings);
  const bool is_success =
      seen.run_end.kind == End::Kind::kExited &&
      (seen.run_end.value == 0 || (seen.run_end.value == 2 && others.two_is_success));
  switch (settings.condition) {
    case Condition::kStarted:
      return IsSeenUp(seen);
    case Condition::kReady:
      return IsSeenReady(other);
    case Condition::kCompleted:
      return seen.state == State::kExited && seen.exits > 0 && is_success && !seen.run_ended_by_hob;
  }
  return false;
}

bool Model::IsStuck(int number) const { return IsStuck(number, daemons_[number].settings); }

bool Model::IsStuck(int number, int with_settings) const {
  if (IsMet(number, with_settings)) return false;
  const int other = DependencyOf(number, SettingsOf(with_settings));
  const Daemon& daemon = daemons_[other];
  switch (daemon.seen.state) {
    case State::kStarting:
    case State::kRunning:
    case State::kStopping:
      return !daemon.seen.wanted;
    case State::kBackoff:
      return daemon.seen.is_held;
    case State::kHalted:
      if (daemon.seen.is_held || !SettingsOf(daemon.settings).halt_retries) return true;
      return daemon.seen.next_start == kInfinite && IsStuck(other);
    case State::kWaiting:
      return daemon.seen.awaits_release || IsStuck(other);
    case State::kStopped:
    case State::kExited:
      break;
  }
  return true;
}

bool Model::IsStuckInNextInstance(int number) const {
  const Daemon& daemon = daemons_[number];
  return IsStuck(number, daemon.pending >= 0 ? daemon.pending : daemon.settings);
}

bool Model::MayWaitForEver(int number) const {
  const Daemon& daemon = daemons_[number];
  return daemon.is_known && daemon.seen.state == State::kWaiting && !IsMet(number) &&
         !IsStuck(number);
}

bool Model::IsBlocked(int number, Order order) const {
  const Daemon& daemon = daemons_[number];
  const bool restarts = order == Order::kRestart || order == Order::kRoll;
  return restarts && IsUp(daemon) && !daemon.is_ending && !Joins(daemon) &&
         IsStuckInNextInstance(number);
}

bool Model::IsExited(const Daemon& daemon) {
  return !daemon.has_instance && daemon.resting == State::kExited;
}

bool Model::IsSeenReady(int number) const {
  const Observation& seen = daemons_[number].seen;
  return seen.state == State::kRunning && seen.ready && !seen.awaits_dependents &&
         (seen.health == Health::kUnchecked || seen.health == Health::kHealthy);
}

bool Model::IsLeftOut(int number) const {
  const Daemon& daemon = daemons_[number];
  return daemon.is_held || !daemon.wanted || IsExited(daemon);
}

bool Model::MustWait(int number) {
  if (AwaitsRelease(number)) return true;
  std::map<int, Departure>& others = daemons_[number].starts_after;
  for (auto other = others.begin(); other != others.end();) {
    other = HasEnded(other->first, other->second) ? others.erase(other) : std::next(other);
  }
  return !others.empty() || !IsMet(number);
}

int Model::PartnerOf(int number) const {
  const Settings& settings = SettingsOf(daemons_[number].settings);
  return settings.restarts_with_it ? DependencyOf(number, settings) : -1;
}

bool Model::MustFollow(int number) const {
  const Daemon& daemon = daemons_[number];
  const int other = PartnerOf(number);
  if (other < 0 || !IsUp(daemon) || daemon.stop_is_held || daemon.is_held) return false;
  const Observation& seen = daemons_[other].seen;
  if (daemon.partner != other) return daemons_[other].is_known && seen.awaits_dependents;
  return !daemons_[other].is_known || !IsSeenUp(seen) || seen.exits != daemon.partner_exits;
}

void Model::Follow(int number) {
  Daemon& daemon = daemons_[number];
  if (!IsUp(daemon) || daemon.stop_is_held || daemon.is_held) return;
  if (MustFollow(number)) {
    daemon.after = After::kStartWithPartner;
    next_ends_after_.clear();
    return BeginStop(number);
  }
  NotePartner(number);
}

void Model::NotePartner(int number) {
  Daemon& daemon = daemons_[number];
  const int other = PartnerOf(number);
  if (other == daemon.partner) return;
  const bool is_up = other >= 0 && daemons_[other].is_known && IsSeenUp(daemons_[other].seen);
  daemon.partner = is_up ? other : -1;
  daemon.partner_exits = is_up ? daemons_[other].seen.exits : 0;
}

bool Model::HasFollowers(int number) const {
  for (int other = number + 1; other < kMaxDaemons; ++other) {
    const Observation& seen = daemons_[other].seen;
    const bool is_alive = seen.state == State::kStarting || seen.state == State::kRunning ||
                          seen.state == State::kStopping;
    // A held daemon is not ended along with others.
    if (seen.is_held && IsSeenUp(seen)) continue;
    if (daemons_[other].is_known && is_alive && !seen.is_unkillable && PartnerOf(other) == number) {
      return true;
    }
  }
  return false;
}

void Model::HeldStopBegins(int number) {
  Daemon& daemon = daemons_[number];
  const bool is_up = IsUp(daemon);
  for (const auto& [other, departure] : daemon.ends_after) {
    if (is_up && departure.spawns > 0 && !HasEnded(other, departure)) {
      world_.Violation(number, "it is stopped before d" + std::to_string(other));
    }
  }
  if (is_up && !daemon.may_kill && HasFollowers(number)) {
    world_.Violation(number, "it is stopped before a daemon that restarts with it");
  }
  daemon.stop_is_held = false;
  CancelTimers(daemon);
  if (!daemon.is_ending && daemon.after != After::kStartWithPartner) TakePendingIfUsable(daemon);
  if (!is_up) return;
  daemon.ending = Ending::kRequested;
  ExpectStopSignals(daemon, SettingsOf(daemon.settings).stop_signal);
}

void Model::HasTaken(int number) {
  // An operator's KILL may have found no process: the next one is hob's own.
  daemons_[number].signals.erase(SIGKILL);
  daemons_[number].signals.erase(SIGKILL + kToAll);
}

void Model::Start(Daemon& daemon) {
  daemon.wanted = true;
  if (daemon.has_instance) {
    const bool ends = daemon.ending != Ending::kNot || daemon.main_ended || daemon.stop_is_held;
    if (!ends) return;
    if (!IsUp(daemon)) TakePending(daemon);
    daemon.after = After::kOperatorStart;
    return;
  }
  if (daemon.resting == State::kStarting) return;
  TakePending(daemon);
  daemon.throttle.Clear();
  ScheduleNow(daemon, PendingStart::Kind::kOperator);
}

bool Model::KeepsInstance(int number, Order order, int detail) const {
  const Daemon& daemon = daemons_[number];
  if (!IsUp(daemon) || daemon.is_ending) return false;
  if (order == Order::kReplace) {
    return daemon.wanted && !daemon.is_held && world_.IsMissing(ProgramOf(detail));
  }
  if (order == Order::kRoll && IsLeftOut(number)) return false;
  if ((order != Order::kRestart && order != Order::kRoll) || Joins(daemon)) return false;
  return world_.IsMissing(ProgramOf(daemon.pending >= 0 ? daemon.pending : daemon.settings));
}

void Model::TakePendingIfUsable(Daemon& daemon) const {
  const bool is_missing = daemon.pending >= 0 && world_.IsMissing(ProgramOf(daemon.pending));
  if (!daemon.awaits_roll || !is_missing) TakePending(daemon);
}

void Model::TakePending(Daemon& daemon) {
  if (daemon.pending < 0) return;
  if (!HaveSameCheck(daemon.settings, daemon.pending)) daemon.verdict_of_check = Health::kUnknown;
  daemon.settings = std::exchange(daemon.pending, -1);
  daemon.takes_pending_at_end = daemon.awaits_roll = false;
  daemon.throttle.SettingsChanged();
}

void Model::BeginStop(int number) {
  Daemon& daemon = daemons_[number];
  if (!daemon.has_instance) return;
  daemon.stop_is_held = true;
  daemon.ends_after = DeparturesOf(next_ends_after_);
  // Otherwise hob publishes when the stop begins.
  if ((next_ends_after_.empty() && !HasFollowers(number)) || !IsUp(daemon)) HeldStopBegins(number);
}

void Model::TakeVerdictOfCheck(int number, int detail) {
  Daemon& daemon = daemons_[number];
  if (detail == kIsLate || !IsUp(daemon)) return;
  daemon.verdict_of_check = detail == kIsHealthy ? Health::kHealthy : Health::kUnhealthy;
  daemon.is_condemned =
      detail == kIsUnhealthy && SettingsOf(daemon.settings).check_restarts && !daemon.is_held;
}

Observation::Health Model::HealthOf(const Daemon& daemon) {
  if (!SettingsOf(daemon.settings).is_checked) return Health::kUnchecked;
  const bool runs = daemon.has_instance && !daemon.main_ended;
  return runs ? daemon.verdict_of_check : Health::kUnknown;
}

void Model::CheckHealth(int number) {
  const Daemon& daemon = daemons_[number];
  const Settings& settings = SettingsOf(daemon.settings);
  Check(daemon.seen.health == HealthOf(daemon), number, "the published health is wrong");
  Check(!daemon.is_condemned || !IsUp(daemon), number,
        "its check has failed and it is not stopped");
  const bool is_due = daemon.seen.state == State::kRunning || settings.ready == Ready::kCheck;
  const bool is_up = IsUp(daemon) && !daemon.stop_is_held;
  Check(world_.IsChecked(number) == (settings.is_checked && is_up && is_due), number,
        "it is checked, or is not, wrongly");
}

void Model::CancelTimers(Daemon& daemon) {
  daemon.trial_won_at = daemon.ready_deadline = daemon.silent_deadline = kInfinite;
}

void Model::ListenToWatchdog(Daemon& daemon) {
  const Nanos watchdog = SettingsOf(daemon.settings).watchdog;
  daemon.silent_deadline = watchdog > 0 ? world_.Now() + watchdog : kInfinite;
}

void Model::ExpectStopSignals(Daemon& daemon, int signal) {
  const Settings& settings = SettingsOf(daemon.settings);
  daemon.kill_due = world_.Now() + settings.stop_timeout;
  if (settings.stop_timeout == 0) return;
  const int scope = settings.stops_main_alone ? 0 : kToAll;
  --daemon.signals[signal + scope];
  --daemon.signals[SIGCONT + scope];
}

void Model::Schedule(Daemon& daemon, PendingStart::Kind kind, Nanos earliest, Nanos latest) {
  daemon.pending_start = PendingStart();
  daemon.pending_start.kind = kind;
  daemon.pending_start.earliest = earliest;
  daemon.pending_start.latest = latest;
}

void Model::ScheduleNow(Daemon& daemon, PendingStart::Kind kind) {
  Schedule(daemon, kind, world_.Now(), world_.Now());
  daemon.pending_start.granted = kind == PendingStart::Kind::kOperator;
  daemon.pending_start.passes_hold = kind == PendingStart::Kind::kOperator;
}

// The kernel.

void Model::SpawnBegins(int number) {
  Daemon& daemon = daemons_[number];
  const Nanos now = world_.Now();
  Check(daemon.is_known && !daemon.is_ending, number, "it is started though it has ended for good");
  Check(!daemon.has_instance && world_.Alive(number) == 0, number,
        "it is started while another instance is alive");
  Check(daemon.wanted, number, "it is started though it is not wanted up");
  Check(daemon.pending_start.kind != PendingStart::Kind::kNone, number,
        "it is started without a reason");
  Check(now >= daemon.pending_start.earliest - kRounding, number, "it is started too early");
  Check(!MustWait(number), number,
        "it is started though it is held, or a daemon that it needs is not up");
  const PendingStart pending_start = std::exchange(daemon.pending_start, PendingStart());
  if (!pending_start.granted) {
    Check(budget_.Take(now) <= now + kRounding, number,
          "it is started though the machine's budget has no start left");
  }
  daemon.partner = -1;
  NotePartner(number);
  daemon.is_trial = pending_start.kind == PendingStart::Kind::kTrial;
  if (daemon.is_trial || pending_start.kind == PendingStart::Kind::kFailure) ++daemon.restarts;
  Check(daemon.throttle.MayStart(SettingsOf(daemon.settings), daemon.is_trial, now), number,
        "it is started too often within retry_time");
}

void Model::Spawned(int number, int pid) {
  Daemon& daemon = daemons_[number];
  const Settings& settings = SettingsOf(daemon.settings);
  const Nanos now = world_.Now();
  daemon.has_instance = true;
  ++daemon.spawns;
  daemon.main_ended = false;
  daemon.pid = pid;
  daemon.spawned_at = daemon.ready_since = now;
  daemon.trial_won_at = daemon.is_trial ? now + settings.retry_time : kInfinite;
  daemon.ready_deadline = settings.tells_ready() ? now + settings.ready_timeout : kInfinite;
  daemon.extended_until = now;
  daemon.silent_deadline = kInfinite;
  daemon.verdict_of_check = Health::kUnknown;
  daemon.is_condemned = false;
  daemon.says_it_stops = daemon.received_trigger = daemon.received_stopping = false;
  daemon.status.clear();
  daemon.ending = Ending::kNot;
  daemon.kill_due = daemon.killed_at = kInfinite;
  daemon.kills = 0;
  daemon.after = After::kVerdict;
  daemon.signals.clear();
  daemon.may_kill = false;
}

void Model::NotSpawned(int number, const End& end) {
  Daemon& daemon = daemons_[number];
  const Nanos now = world_.Now();
  if (IsShortage(end)) daemon.throttle.StartDidNotCount();
  daemon.unreported.push_back({0, end, false, false});
  ++daemon.exits;
  const Verdict verdict =
      daemon.throttle.Decide(SettingsOf(daemon.settings), end, false, daemon.is_trial, 0, now);
  TakeVerdict(daemon, verdict, world_.WallOffset());
  daemon.pending_start.is_fresh = true;
}

void Model::Reaped(int number, const End& end) {
  Daemon& daemon = daemons_[number];
  const Nanos now = world_.Now();
  Check(daemon.has_instance && !daemon.main_ended, number, "it is reaped twice");
  daemon.main_ended = true;
  CancelTimers(daemon);
  daemon.output.Reaped(world_.Output(number));
  // After a stop, the remaining processes have until its time-out, too.
  daemon.may_kill |= daemon.ending == Ending::kNot;
  const bool requested = daemon.ending == Ending::kRequested;
  const bool ended_by_hob = daemon.ending == Ending::kByHob;
  daemon.unreported.push_back({daemon.pid, end, requested, ended_by_hob});
  ++daemon.exits;
  if (daemon.after == After::kVerdict) daemon.restarting = false;
  if (requested) return;
  daemon.verdict = daemon.throttle.Decide(SettingsOf(daemon.settings), end, ended_by_hob,
                                          daemon.is_trial, now - daemon.spawned_at, now);
  daemon.verdict_wall_offset = world_.WallOffset();
}

void Model::Signalled(int number, int signal, bool to_tree) {
  Daemon& daemon = daemons_[number];
  // An operator's own KILL is a signal like any other.
  int& surplus = daemon.signals[signal + (to_tree ? kToAll : 0)];
  if (signal != SIGKILL || surplus < 0) {
    ++surplus;
    return;
  }
  const bool may = daemon.may_kill ||
                   (daemon.ending != Ending::kNot && world_.Now() >= daemon.kill_due - kRounding);
  // If hob ends a daemon with a stop_timeout of 0, the reason is known only after the round.
  const bool at_once = SettingsOf(daemon.settings).stop_timeout == 0;
  const bool may_be_ended = daemon.ready_deadline != kInfinite ||
                            daemon.silent_deadline != kInfinite || daemon.received_trigger ||
                            daemon.is_condemned;
  Check(may || (at_once && may_be_ended), number, "it is killed too early");
  daemon.killed_at = std::min(daemon.killed_at, world_.Now());
  daemon.killed_in_this_round = true;
  ++daemon.kills;
  daemon.may_kill = true;
}

void Model::Received(int number, const NotifyMessage& message) {
  Daemon& daemon = daemons_[number];
  const bool may_be_ended = daemon.ending == Ending::kNot;
  Check(daemon.has_instance && !daemon.main_ended, number, "a message is read that was never sent");
  switch (message.kind) {
    case NotifyMessage::Kind::kReady:
    case NotifyMessage::Kind::kMalformed:
      return;
    case NotifyMessage::Kind::kAlive:
      if (may_be_ended && daemon.seen.state == State::kRunning) ListenToWatchdog(daemon);
      return;
    case NotifyMessage::Kind::kTrigger:
      daemon.received_trigger |= may_be_ended && !daemon.is_held;
      return;
    case NotifyMessage::Kind::kStopping:
      daemon.received_stopping = true;
      return;
    case NotifyMessage::Kind::kStatus:
      daemon.status = std::to_string(message.status);
      return;
    case NotifyMessage::Kind::kExtendTimeout:
      // Extends the current time-out.
      daemon.extended_until = std::max(daemon.extended_until, world_.Now() + message.time);
      if (daemon.ready_deadline != kInfinite) {
        daemon.ready_deadline = std::max(daemon.ready_deadline, daemon.extended_until);
      }
      if (!may_be_ended && daemon.killed_at == kInfinite) {
        daemon.kill_due = std::max(daemon.kill_due, world_.Now() + message.time);
      }
      return;
  }
}

void Model::Dropped(int number, bool clean) {
  Daemon& daemon = daemons_[number];
  daemon.has_instance = false;
  daemon.stop_is_held = false;
  daemon.ending = Ending::kNot;
  if (!daemon.is_known) return;
  Check(clean, number, "an instance is dropped while processes of it are alive");
  const bool follows = daemon.after == After::kStartWithPartner;
  const bool ended_by_itself = daemon.after == After::kVerdict;
  const bool is_missing = daemon.pending >= 0 && world_.IsMissing(ProgramOf(daemon.pending));
  const bool keeps_settings = daemon.is_ending ||
                              (ended_by_itself && !daemon.takes_pending_at_end) ||
                              ((ended_by_itself || follows) && is_missing) ||
                              (follows && daemon.awaits_roll) || (daemon.awaits_roll && is_missing);
  if (!keeps_settings) TakePending(daemon);
  switch (std::exchange(daemon.after, After::kVerdict)) {
    case After::kVerdict:
      return TakeVerdict(daemon, daemon.verdict, daemon.verdict_wall_offset);
    case After::kRest:
      daemon.resting = State::kStopped;
      return;
    case After::kOperatorStart:
      daemon.throttle.Clear();
      return ScheduleNow(daemon, PendingStart::Kind::kOperator);
    case After::kConfiguredStart:
      daemon.throttle.Clear();
      return ScheduleNow(daemon, PendingStart::Kind::kConfiguration);
    case After::kStartWithPartner:
      // The instance has not failed.
      daemon.throttle.StartDidNotCount();
      return ScheduleNow(daemon, PendingStart::Kind::kConfiguration);
  }
}

void Model::TakeVerdict(Daemon& daemon, const Verdict& verdict, Nanos wall_offset) {
  daemon.restarting = false;
  daemon.pending_start = PendingStart();
  if (verdict.earliest != kInfinite) {
    Schedule(daemon, verdict.is_trial ? PendingStart::Kind::kTrial : PendingStart::Kind::kFailure,
             verdict.earliest, verdict.latest);
  }
  daemon.pending_start.wall_offset = wall_offset;
  switch (verdict.kind) {
    case Verdict::Kind::kStartNow:
      daemon.resting = State::kStarting;
      return;
    case Verdict::Kind::kWait:
      daemon.resting = State::kBackoff;
      return;
    case Verdict::Kind::kHalt:
      daemon.resting = State::kHalted;
      return;
    case Verdict::Kind::kLeave:
      daemon.resting = State::kExited;
      return;
  }
}

// Published snapshots.

void Model::Observe(int number, const Observation& observation) {
  Daemon& daemon = daemons_[number];
  if (daemon.stop_is_held && observation.state == State::kStopping && !daemon.main_ended &&
      observation.is_asked_to_end) {
    HeldStopBegins(number);
  }
  if (daemon.is_held && !observation.is_held) {
    Check(daemon.is_ending || world_.Now() + world_.WallOffset() >= daemon.hold_ends - kRounding,
          number, "its hold ends without a reason");
    EndHold(number);
  }
  CheckRun(number, observation);
  CheckState(number, observation);
  if (observation.state == State::kRunning && daemon.seen.state != State::kRunning &&
      !daemon.stop_is_held) {
    daemon.restarting = false;
  }
  PendingStart& pending_start = daemon.pending_start;
  if (observation.state == State::kBackoff && pending_start.latest != pending_start.earliest) {
    // The snapshot says where in the range of the jitter the start is.
    CheckBackoff(number, observation);
    pending_start.earliest = pending_start.latest =
        observation.next_start - pending_start.wall_offset;
    pending_start.rounding = kRounding;
  }
  daemon.seen = observation;
}

void Model::CheckRun(int number, const Observation& observation) {
  Daemon& daemon = daemons_[number];
  const int64_t ended = observation.exits - daemon.seen.exits;
  if (ended == 0) return;
  Check(ended == 1, number, "ends are not published one by one");
  if (daemon.unreported.empty())
    return Check(false, number, "an end is published that did not happen");
  daemon.output.EndReported(world_.Output(number));
  const UnreportedEnd unreported = daemon.unreported.front();
  daemon.unreported.pop_front();
  Check(observation.run_end == unreported.end, number, "an end is published with a wrong status");
  Check(observation.run_pid == unreported.pid, number, "an end is published with a wrong pid");
  Check(observation.run_was_requested == unreported.requested, number,
        "an end is published with a wrong `requested`");
  Check(observation.run_ended_by_hob == unreported.ended_by_hob, number,
        "an end is published with a wrong verdict of hob");
}

void Model::CheckState(int number, const Observation& observation) {
  Daemon& daemon = daemons_[number];
  const bool runs = daemon.has_instance && !daemon.main_ended;
  Check(!observation.ready || observation.state == State::kRunning, number,
        "it is ready and not RUNNING");
  if (observation.state == daemon.seen.state) return;
  switch (observation.state) {
    case State::kRunning:
      // It has said that it is ready, or has stayed up for start_time.
      Check(IsReady(number), number, "it counts as up though it is not");
      daemon.ready_deadline = kInfinite;
      return ListenToWatchdog(daemon);
    case State::kStopping:
      if (runs && daemon.ending == Ending::kNot) CheckEndedByHob(number);
      return;
    case State::kStopped:
      return Check(world_.Alive(number) == 0 || Hangs(number), number,
                   "it is STOPPED and processes of it are alive");
    case State::kStarting:
    case State::kBackoff:
    case State::kExited:
    case State::kHalted:
    case State::kWaiting:
      return;
  }
}

void Model::CheckEndedByHob(int number) {
  Daemon& daemon = daemons_[number];
  Check(!daemon.is_held, number, "it is stopped though it is held");
  const Nanos now = world_.Now();
  const bool by_watchdog = !daemon.is_condemned &&
                           (daemon.received_trigger || now >= daemon.silent_deadline - kRounding);
  Check(by_watchdog || now >= daemon.ready_deadline - kRounding ||
            (daemon.ready_deadline != kInfinite && world_.HasClosedReady(number)) ||
            daemon.is_condemned,
        number, "it is stopped without a reason");
  daemon.ending = Ending::kByHob;
  CancelTimers(daemon);
  ExpectStopSignals(daemon, by_watchdog ? SIGABRT : SettingsOf(daemon.settings).stop_signal);
}

bool Model::IsReady(int number) const {
  const Daemon& daemon = daemons_[number];
  const Settings& settings = SettingsOf(daemon.settings);
  switch (settings.ready) {
    case Ready::kNone:
      return world_.Now() >= daemon.spawned_at + settings.start_time - kRounding;
    case Ready::kDescriptor:
    case Ready::kNotify:
      return world_.HasSignalledReady(number);
    case Ready::kCheck:
      return daemon.verdict_of_check == Health::kHealthy;
  }
  return false;
}

// A round of a worker.

void Model::RoundBegins(int number) {
  Daemon& daemon = daemons_[number];
  daemon.pending_start.is_fresh = false;
  daemon.output.RoundBegins(world_.Now());
  daemon.killed_in_this_round = daemon.received_trigger = daemon.received_stopping = false;
}

void Model::RoundEnds(int number, bool at_rest) {
  Daemon& daemon = daemons_[number];
  if (daemon.has_instance && world_.Now() >= daemon.trial_won_at) {
    daemon.trial_won_at = kInfinite;
    daemon.throttle.Clear();
    Check(!daemon.seen.has_evidence, number,
          "its trial has succeeded and its failures are still published");
  }
  const bool runs = daemon.has_instance && !daemon.main_ended;
  Check(!daemon.received_trigger || !runs || daemon.ending != Ending::kNot, number,
        "it has triggered its watchdog and is not stopped");
  daemon.says_it_stops |= daemon.received_stopping && daemon.seen.state == State::kRunning;
  CheckBudget(number);
  CheckPublished(number);
  const char* const wrong = daemon.output.RoundEnds(world_.Output(number), at_rest,
                                                    daemon.seen.has_log_problem, world_.Now());
  Check(wrong == nullptr, number, wrong);
  CheckSignals(number);
  CheckHealth(number);
  if (at_rest) CheckAtRest(number);
}

void Model::Finished(int number) {
  Daemon& daemon = daemons_[number];
  Check(daemon.is_ending, number, "its worker has ended without a command");
  Check(world_.Alive(number) == 0 || daemon.seen.is_unkillable, number,
        "its worker has ended and processes of it are alive");
  Check(daemon.unreported.empty(), number, "an end was not published");
  daemon.is_known = false;
}

// A start that is due and has not happened waits for the machine's budget.
void Model::CheckBudget(int number) {
  Daemon& daemon = daemons_[number];
  PendingStart& pending_start = daemon.pending_start;
  if (pending_start.kind == PendingStart::Kind::kNone || pending_start.is_fresh) return;
  const Nanos now = world_.Now();
  if (now < pending_start.earliest) return;
  pending_start.waits = MustWait(number);
  if (pending_start.waits) {
    const bool is_trial = pending_start.kind == PendingStart::Kind::kTrial;
    if (!is_trial || daemon.resting != State::kHalted) daemon.resting = State::kWaiting;
    return;
  }
  if (pending_start.granted) return;
  const bool says_the_same =
      daemon.seen.next_start - pending_start.wall_offset == pending_start.earliest;
  if (now < pending_start.earliest + pending_start.rounding && says_the_same) return;
  const Nanos granted = budget_.Take(now);
  Check(granted > now, number, "it is not started though it is due");
  pending_start.granted = true;
  pending_start.earliest = pending_start.latest = granted;
  pending_start.wall_offset = world_.WallOffset();
  daemon.resting = State::kBackoff;
}

void Model::CheckBackoff(int number, const Observation& observation) {
  const PendingStart& pending_start = daemons_[number].pending_start;
  const Nanos said = observation.next_start - pending_start.wall_offset;
  Check(said >= pending_start.earliest - kRounding && said <= pending_start.latest + kRounding,
        number, "the published time of the next start is wrong");
}

State Model::Expected(const Daemon& daemon) const {
  if (!daemon.has_instance) return daemon.resting;
  if (daemon.main_ended || daemon.ending != Ending::kNot) return State::kStopping;
  const Settings& settings = SettingsOf(daemon.settings);
  // The worker may see its readiness only in the next round.
  if (settings.tells_ready()) {
    return daemon.seen.state == State::kRunning ? State::kRunning : State::kStarting;
  }
  return world_.Now() >= daemon.spawned_at + settings.start_time ? State::kRunning
                                                                 : State::kStarting;
}

void Model::CheckPublished(int number) {
  const Daemon& daemon = daemons_[number];
  const Observation& seen = daemon.seen;
  const State expected = Expected(daemon);
  if (seen.state != expected) {
    world_.Violation(
        number, std::string("it is ") + NameOf(seen.state) + " and must be " + NameOf(expected));
  }
  Check(seen.wanted == daemon.wanted, number, "the published `wanted` is wrong");
  Check(seen.settings == daemon.settings, number, "the published settings are wrong");
  const bool runs = daemon.has_instance && !daemon.main_ended;
  Check(seen.pid == (runs ? daemon.pid : 0), number, "the published pid is wrong");
  Check(seen.exits == daemon.exits && daemon.unreported.empty(), number,
        "an end was not published");
  Check(seen.restarts == daemon.restarts, number, "restarts are counted wrongly");
  Check(seen.ready == (seen.state == State::kRunning && !daemon.says_it_stops), number,
        "the published `ready` is wrong");
  Check(seen.status == daemon.status, number, "the published status text is wrong");
  const bool waits =
      seen.state == State::kBackoff ||
      (seen.state == State::kHalted && daemon.pending_start.kind != PendingStart::Kind::kNone &&
       !daemon.pending_start.waits);
  Check(seen.is_held == daemon.is_held, number, "the published hold is wrong");
  Check(seen.awaits_release == (seen.state == State::kWaiting && AwaitsRelease(number)), number,
        "the published `awaits_release` is wrong");
  Check(seen.awaits_dependents == (daemon.stop_is_held && IsUp(daemon)), number,
        "the published `awaits_dependents` is wrong");
  Check((seen.next_start != kInfinite) == waits, number,
        "a next start is published, or is not, wrongly");
  if (waits && daemon.pending_start.kind != PendingStart::Kind::kNone) CheckBackoff(number, seen);
}

void Model::CheckSignals(int number) {
  Daemon& daemon = daemons_[number];
  for (const auto& [signal, surplus] : daemon.signals) {
    // A signal without a process to receive it was not sent.
    if (surplus > 0)
      world_.Violation(number, "it got signal " + std::to_string(signal) + " without a reason");
    if (surplus < 0 && daemon.has_instance && world_.MainPid(number) != 0 &&
        signal % kToAll != SIGKILL) {
      world_.Violation(number, "it did not get signal " + std::to_string(signal));
    }
  }
  daemon.signals.clear();
}

void Model::CheckAtRest(int number) {
  const Daemon& daemon = daemons_[number];
  const Nanos now = world_.Now();
  Check(!daemon.is_held || now + world_.WallOffset() < daemon.hold_ends + kRounding, number,
        "its hold is over and it is still held");
  if (!daemon.has_instance) {
    // It must have a time for its next start, or rest.
    Check(!daemon.wanted || daemon.pending_start.kind != PendingStart::Kind::kNone ||
              daemon.resting == State::kHalted || daemon.resting == State::kExited,
          number, "it is wanted up and no start will come");
    Check(daemon.pending_start.earliest > now - kRounding || MustWait(number), number,
          "its start is due and it waits");
    return;
  }
  const bool left_behind = daemon.main_ended && daemon.ending == Ending::kNot;
  Check(!left_behind || daemon.killed_at != kInfinite || world_.Alive(number) == 0, number,
        "processes that outlived its main process are not killed");
  // The worker sees the end of processes that it has just killed in the next round.
  Check(!daemon.main_ended || world_.Alive(number) > 0 || daemon.killed_in_this_round, number,
        "the end of its last process is not seen");
  if (daemon.ending != Ending::kNot) {
    Check(now < daemon.kill_due + kRounding || daemon.killed_at != kInfinite, number,
          "it is not killed though its time is up");
  }
  // A daemon that has closed its descriptor has a moment to end by itself.
  Check(now < daemon.ready_deadline + kRounding || world_.HasClosedReady(number) || daemon.is_held,
        number, "it is not ready in time and is not stopped");
  Check(now < daemon.silent_deadline + kRounding || daemon.is_held, number,
        "its watchdog has expired and it is not stopped");
  Check(daemon.main_ended || world_.UnreadMessages(number) == 0, number,
        "its messages are not read");
  const bool is_ready = world_.HasSignalledReady(number) ||
                        (SettingsOf(daemon.settings).ready == Ready::kCheck && IsReady(number));
  if (!daemon.main_ended && daemon.ending == Ending::kNot && is_ready) {
    Check(daemon.seen.state == State::kRunning, number, "its readiness is not seen");
  }
  Check(Hangs(number) || !daemon.seen.is_unkillable, number,
        "it is published as unkillable and is not");
  // A process that has refused KILL may have taken the latest one, and dies.
  const bool surely = Hangs(number) && daemon.kills >= kEnoughKills &&
                      now >= daemon.killed_at + kHangsAfter + 2 * kSecond;
  Check(daemon.seen.is_unkillable || !surely, number, "it is not published as unkillable");
}

Nanos Model::HangsAfter(int number) const {
  return world_.HasRefusedKill(number) ? kRefusesAfter : kHangsAfter;
}

bool Model::Hangs(int number) const {
  const Daemon& daemon = daemons_[number];
  return daemon.kills >= kFewKills && world_.Now() >= daemon.killed_at + HangsAfter(number) &&
         (world_.Alive(number) > 0 || daemon.killed_in_this_round);
}

bool Model::IsStoppedWithoutEnd(int number) const {
  const Daemon& daemon = daemons_[number];
  return daemon.has_instance && daemon.ending != Ending::kNot && daemon.kill_due >= kInfinite &&
         daemon.killed_at == kInfinite;
}

bool Model::HasSettled(int number) const {
  const Daemon& daemon = daemons_[number];
  switch (daemon.seen.state) {
    case State::kRunning:
      return daemon.wanted && world_.MainPid(number) == daemon.pid && !MustFollow(number);
    case State::kStopped:
      return !daemon.wanted;
    case State::kHalted:
      return daemon.pending_start.kind == PendingStart::Kind::kNone || !IsMet(number);
    case State::kExited:
      return true;
    case State::kWaiting:
      return daemon.wanted && !IsMet(number);
    case State::kStarting:
    case State::kBackoff:
    case State::kStopping:
      return false;
  }
  return false;
}

}  // namespace simulation
}  // namespace hob
