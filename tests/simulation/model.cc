#include "tests/simulation/model.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace hob {
namespace simulation {
namespace {

using State = Sighting::State;

// Hob counts in quarters of a nanosecond.
constexpr Nanos kRounding = 2;
// A process that survives KILL for so long hangs in the kernel.
constexpr Nanos kHangsAfter = 5 * kSecond;
// One that refuses it for so long is another user's, and goes on refusing.
constexpr Nanos kRefusesAfter = kSecond;
// Fewer than so many are no proof of it, and soon after so many it must be told.
constexpr int kFewKills = 4;
constexpr int kEnoughKills = 10;

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
  }
  return "";
}

void Model::Check(bool holds, int number, const char* what) {
  if (!holds) world_.Violation(number, what);
}

// Orders.

void Model::Created(int number, int settings) {
  Check(!daemons_[number].is_known, number, "there are two workers of a daemon");
  Check(world_.Alive(number) == 0, number, "it is made while something of that name is alive");
  daemons_[number] = Daemon();
  daemons_[number].is_known = true;
  daemons_[number].settings = settings;
}

void Model::Takes(int number, Order order, int detail) {
  Daemon& daemon = daemons_[number];
  const bool ends = order == Order::kRemove || order == Order::kShutDown || order == Order::kKill;
  if (daemon.is_ending && !ends) return;
  daemon.told_by_operator |=
      order == Order::kStart || order == Order::kStop || order == Order::kRestart;
  switch (order) {
    case Order::kStart:
      return Start(daemon);
    case Order::kStop:
    case Order::kRemove:
    case Order::kShutDown:
      if (order == Order::kStop) TakePending(daemon);
      daemon.wanted = daemon.restarting = false;
      daemon.is_ending |= order != Order::kStop;
      daemon.license = License();
      daemon.after = After::kRest;
      if (!daemon.has_instance) daemon.resting = State::kStopped;
      return BeginStop(daemon);
    case Order::kRestart:
      if (KeepsInstance(number, order, detail)) return;
      daemon.wanted = true;
      if (std::exchange(daemon.restarting, true)) return;
      TakePending(daemon);
      daemon.throttle.Clear();
      if (!daemon.has_instance) return GrantNow(daemon, License::Kind::kOperator);
      daemon.after = After::kOperatorStart;
      return BeginStop(daemon);
    case Order::kBoot:
      if (daemon.told_by_operator || daemon.has_instance || daemon.resting != State::kStopped ||
          daemon.license.kind != License::Kind::kNone) {
        return;
      }
      daemon.wanted = true;
      return GrantNow(daemon, License::Kind::kConfiguration);
    case Order::kUpdate:
      daemon.pending = -1;
      daemon.settings = detail;
      daemon.throttle.SettingsChanged();
      if (daemon.ready_deadline != kInfinite) {
        daemon.ready_deadline =
            std::max(daemon.spawned_at + SettingsOf(detail).ready_timeout, daemon.extended_until);
      }
      if (daemon.seen.state == State::kRunning) ListenToWatchdog(daemon);
      if (SettingsOf(detail).halt_retries) return;
      if (daemon.verdict.kind == Verdict::Kind::kHalt) {
        daemon.verdict.earliest = daemon.verdict.latest = kInfinite;
      }
      if (!daemon.has_instance && daemon.resting == State::kHalted &&
          daemon.license.kind == License::Kind::kTrial) {
        daemon.license = License();
      }
      return;
    case Order::kReplace:
      daemon.pending = -1;
      if (KeepsInstance(number, order, detail)) {
        daemon.pending = detail;
        return;
      }
      daemon.throttle.Clear();
      daemon.settings = detail;
      if (!daemon.wanted) return;
      daemon.restarting = false;
      daemon.license = License();
      if (!daemon.has_instance) return GrantNow(daemon, License::Kind::kConfiguration);
      daemon.after = After::kConfiguredStart;
      return BeginStop(daemon);
    case Order::kSignal:
      if (daemon.has_instance) --daemon.signals[detail];
      return;
    case Order::kKill:
      daemon.may_kill = true;
      // A KILL that was asked for is none of those that follow from a look.
      if (daemon.has_instance) --daemon.kills;
      return;
    case Order::kReopenLogs:
      return;
  }
}

void Model::HasTaken(int number) {
  // An operator's KILL that found nobody: the next one is hob's own.
  daemons_[number].signals.erase(SIGKILL);
  daemons_[number].signals.erase(SIGKILL + kToAll);
}

void Model::Start(Daemon& daemon) {
  daemon.wanted = true;
  if (daemon.has_instance) {
    const bool ends = daemon.ending != Ending::kNot || daemon.main_ended;
    if (!ends) return;
    TakePending(daemon);
    daemon.after = After::kOperatorStart;
    return;
  }
  if (daemon.resting == State::kStarting) return;
  TakePending(daemon);
  daemon.throttle.Clear();
  GrantNow(daemon, License::Kind::kOperator);
}

bool Model::KeepsInstance(int number, Order order, int detail) const {
  const Daemon& daemon = daemons_[number];
  const bool is_up = daemon.has_instance && !daemon.main_ended && daemon.ending == Ending::kNot;
  if (!is_up || daemon.is_ending) return false;
  if (order == Order::kReplace) return daemon.wanted && world_.IsMissing(ProgramOf(detail));
  if (order != Order::kRestart || daemon.restarting) return false;
  return world_.IsMissing(ProgramOf(daemon.pending >= 0 ? daemon.pending : daemon.settings));
}

void Model::TakePending(Daemon& daemon) {
  if (daemon.pending < 0) return;
  daemon.settings = std::exchange(daemon.pending, -1);
  daemon.throttle.SettingsChanged();
}

void Model::BeginStop(Daemon& daemon) {
  if (!daemon.has_instance) return;
  CancelTimers(daemon);
  if (daemon.ending != Ending::kNot || daemon.main_ended) return;
  daemon.ending = Ending::kAskedFor;
  ExpectStopSignals(daemon, SettingsOf(daemon.settings).stop_signal);
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

void Model::Grant(Daemon& daemon, License::Kind kind, Nanos earliest, Nanos latest) {
  daemon.license = License();
  daemon.license.kind = kind;
  daemon.license.earliest = earliest;
  daemon.license.latest = latest;
}

void Model::GrantNow(Daemon& daemon, License::Kind kind) {
  Grant(daemon, kind, world_.Now(), world_.Now());
  daemon.license.granted = kind == License::Kind::kOperator;
}

// The kernel.

void Model::SpawnBegins(int number) {
  Daemon& daemon = daemons_[number];
  const Nanos now = world_.Now();
  Check(daemon.is_known && !daemon.is_ending, number, "it is started though it has ended for good");
  Check(!daemon.has_instance && world_.Alive(number) == 0, number,
        "it is started while another instance is alive");
  Check(daemon.wanted, number, "it is started though nobody wants it up");
  Check(daemon.license.kind != License::Kind::kNone, number, "nothing lets it be started");
  Check(now >= daemon.license.earliest - kRounding, number, "it is started too early");
  const License license = std::exchange(daemon.license, License());
  if (!license.granted) {
    Check(budget_.Take(now) <= now + kRounding, number,
          "it is started though the machine's budget has no start left");
  }
  daemon.is_trial = license.kind == License::Kind::kTrial;
  if (daemon.is_trial || license.kind == License::Kind::kFailure) ++daemon.restarts;
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
  daemon.spawned_at = now;
  daemon.trial_won_at = daemon.is_trial ? now + settings.retry_time : kInfinite;
  daemon.ready_deadline = settings.tells_ready() ? now + settings.ready_timeout : kInfinite;
  daemon.extended_until = now;
  daemon.silent_deadline = kInfinite;
  daemon.says_it_stops = daemon.heard_trigger = daemon.heard_stopping = false;
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
  daemon.owed.push_back({0, end, false, false});
  ++daemon.exits;
  const Verdict verdict =
      daemon.throttle.Decide(SettingsOf(daemon.settings), end, false, daemon.is_trial, 0, now);
  TakeVerdict(daemon, verdict, world_.WallOffset());
  daemon.license.is_fresh = true;
}

void Model::Reaped(int number, const End& end) {
  Daemon& daemon = daemons_[number];
  const Nanos now = world_.Now();
  Check(daemon.has_instance && !daemon.main_ended, number, "an end is taken twice");
  daemon.main_ended = true;
  CancelTimers(daemon);
  daemon.output.Reaped(world_.Output(number));
  // Of an instance that was told to end, what is left has its time as well.
  daemon.may_kill |= daemon.ending == Ending::kNot;
  const bool asked_for = daemon.ending == Ending::kAskedFor;
  const bool condemned = daemon.ending == Ending::kCondemned;
  daemon.owed.push_back({daemon.pid, end, asked_for, condemned});
  ++daemon.exits;
  if (daemon.after == After::kVerdict) daemon.restarting = false;
  if (asked_for) return;
  daemon.verdict = daemon.throttle.Decide(SettingsOf(daemon.settings), end, condemned,
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
  // A daemon that is condemned with no time to end is known to be so only after the round.
  const bool at_once = SettingsOf(daemon.settings).stop_timeout == 0;
  const bool may_be_condemned = daemon.ready_deadline != kInfinite ||
                                daemon.silent_deadline != kInfinite || daemon.heard_trigger;
  Check(may || (at_once && may_be_condemned), number, "it is killed too early");
  daemon.killed_at = std::min(daemon.killed_at, world_.Now());
  daemon.killed_in_this_round = true;
  ++daemon.kills;
  daemon.may_kill = true;
}

void Model::Heard(int number, const Word& word) {
  Daemon& daemon = daemons_[number];
  const bool may_be_condemned = daemon.ending == Ending::kNot;
  Check(daemon.has_instance && !daemon.main_ended, number, "somebody listens to nobody");
  switch (word.kind) {
    case Word::Kind::kReady:
    case Word::Kind::kNonsense:
      return;
    case Word::Kind::kAlive:
      if (may_be_condemned && daemon.seen.state == State::kRunning) ListenToWatchdog(daemon);
      return;
    case Word::Kind::kTrigger:
      daemon.heard_trigger |= may_be_condemned;
      return;
    case Word::Kind::kStopping:
      daemon.heard_stopping = true;
      return;
    case Word::Kind::kStatus:
      daemon.status = std::to_string(word.status);
      return;
    case Word::Kind::kExtendTimeout:
      // Of the time-out that runs now.
      daemon.extended_until = std::max(daemon.extended_until, world_.Now() + word.time);
      if (daemon.ready_deadline != kInfinite) {
        daemon.ready_deadline = std::max(daemon.ready_deadline, daemon.extended_until);
      }
      if (!may_be_condemned && daemon.killed_at == kInfinite) {
        daemon.kill_due = std::max(daemon.kill_due, world_.Now() + word.time);
      }
      return;
  }
}

void Model::Dropped(int number, bool clean) {
  Daemon& daemon = daemons_[number];
  daemon.has_instance = false;
  daemon.ending = Ending::kNot;
  if (!daemon.is_known) return;
  Check(clean, number, "an instance is let go of while something of it is alive");
  switch (std::exchange(daemon.after, After::kVerdict)) {
    case After::kVerdict:
      return TakeVerdict(daemon, daemon.verdict, daemon.verdict_wall_offset);
    case After::kRest:
      daemon.resting = State::kStopped;
      return;
    case After::kOperatorStart:
      daemon.throttle.Clear();
      return GrantNow(daemon, License::Kind::kOperator);
    case After::kConfiguredStart:
      daemon.throttle.Clear();
      return GrantNow(daemon, License::Kind::kConfiguration);
  }
}

void Model::TakeVerdict(Daemon& daemon, const Verdict& verdict, Nanos wall_offset) {
  daemon.restarting = false;
  daemon.license = License();
  if (verdict.earliest != kInfinite) {
    Grant(daemon, verdict.is_trial ? License::Kind::kTrial : License::Kind::kFailure,
          verdict.earliest, verdict.latest);
  }
  daemon.license.wall_offset = wall_offset;
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

// What is published.

void Model::Sees(int number, const Sighting& sighting) {
  Daemon& daemon = daemons_[number];
  CheckRun(number, sighting);
  CheckState(number, sighting);
  if (sighting.state == State::kRunning) daemon.restarting = false;
  License& license = daemon.license;
  if (sighting.state == State::kBackoff && license.latest != license.earliest) {
    // The spread of a back-off: now it is known how far.
    CheckBackoff(number, sighting);
    license.earliest = license.latest = sighting.next_start - license.wall_offset;
    license.rounding = kRounding;
  }
  daemon.seen = sighting;
}

void Model::CheckRun(int number, const Sighting& sighting) {
  Daemon& daemon = daemons_[number];
  const int64_t told = sighting.exits - daemon.seen.exits;
  if (told == 0) return;
  Check(told == 1, number, "ends are not told one by one");
  if (daemon.owed.empty()) return Check(false, number, "an end is told that there was not");
  daemon.output.EndTold(world_.Output(number));
  const Owed owed = daemon.owed.front();
  daemon.owed.pop_front();
  Check(sighting.run_end == owed.end, number, "an end is told with another status");
  Check(sighting.run_pid == owed.pid, number, "an end is told with another pid");
  Check(sighting.run_was_asked_for == owed.asked_for, number,
        "it is not told right whether an end was asked for");
  Check(sighting.run_was_condemned == owed.condemned, number,
        "it is not told right whether hob ended it");
}

void Model::CheckState(int number, const Sighting& sighting) {
  Daemon& daemon = daemons_[number];
  const Settings& settings = SettingsOf(daemon.settings);
  const Nanos now = world_.Now();
  const bool runs = daemon.has_instance && !daemon.main_ended;
  Check(!sighting.ready || sighting.state == State::kRunning, number,
        "it is ready and not RUNNING");
  if (sighting.state == daemon.seen.state) return;
  switch (sighting.state) {
    case State::kRunning:
      // Where it tells, it was told; where not, it stayed up.
      Check(settings.tells_ready() ? world_.SaidReady(number)
                                   : now >= daemon.spawned_at + settings.start_time - kRounding,
            number, "it counts as up though it is not");
      daemon.ready_deadline = kInfinite;
      return ListenToWatchdog(daemon);
    case State::kStopping:
      if (runs && daemon.ending == Ending::kNot) CheckCondemned(number);
      return;
    case State::kStopped:
      return Check(world_.Alive(number) == 0 || Hangs(number), number,
                   "it is STOPPED and something of it is alive");
    case State::kStarting:
    case State::kBackoff:
    case State::kExited:
    case State::kHalted:
      return;
  }
}

void Model::CheckCondemned(int number) {
  Daemon& daemon = daemons_[number];
  const Nanos now = world_.Now();
  const bool by_watchdog = daemon.heard_trigger || now >= daemon.silent_deadline - kRounding;
  Check(by_watchdog || now >= daemon.ready_deadline - kRounding ||
            (daemon.ready_deadline != kInfinite && world_.ClosedReady(number)),
        number, "it is stopped though nothing asks for it");
  daemon.ending = Ending::kCondemned;
  CancelTimers(daemon);
  ExpectStopSignals(daemon, by_watchdog ? SIGABRT : SettingsOf(daemon.settings).stop_signal);
}

// A round of a worker.

void Model::RoundBegins(int number) {
  Daemon& daemon = daemons_[number];
  daemon.license.is_fresh = false;
  daemon.output.RoundBegins(world_.Now());
  daemon.killed_in_this_round = daemon.heard_trigger = daemon.heard_stopping = false;
}

void Model::RoundEnds(int number, bool at_rest) {
  Daemon& daemon = daemons_[number];
  if (daemon.has_instance && world_.Now() >= daemon.trial_won_at) {
    daemon.trial_won_at = kInfinite;
    daemon.throttle.Clear();
    Check(!daemon.seen.has_evidence, number, "its trial is won and its failures are still told");
  }
  const bool runs = daemon.has_instance && !daemon.main_ended;
  Check(!daemon.heard_trigger || !runs || daemon.ending != Ending::kNot, number,
        "it has triggered its watchdog and goes on");
  daemon.says_it_stops |= daemon.heard_stopping && daemon.seen.state == State::kRunning;
  CheckBudget(number);
  CheckSeen(number);
  const char* const wrong = daemon.output.RoundEnds(world_.Output(number), at_rest,
                                                    daemon.seen.has_log_problem, world_.Now());
  Check(wrong == nullptr, number, wrong);
  CheckSignals(number);
  if (at_rest) CheckAtRest(number);
}

void Model::Finished(int number) {
  Daemon& daemon = daemons_[number];
  Check(daemon.is_ending, number, "its worker has ended though nobody asked for it");
  Check(world_.Alive(number) == 0 || daemon.seen.is_unkillable, number,
        "its worker has ended and something of it is alive");
  Check(daemon.owed.empty(), number, "an end was not told");
  daemon.is_known = false;
}

// A start that is due and was not made waits for the machine's budget.
void Model::CheckBudget(int number) {
  Daemon& daemon = daemons_[number];
  License& license = daemon.license;
  if (license.kind == License::Kind::kNone || license.is_fresh) return;
  const Nanos now = world_.Now();
  if (license.granted || now < license.earliest) return;
  const bool says_the_same = daemon.seen.next_start - license.wall_offset == license.earliest;
  if (now < license.earliest + license.rounding && says_the_same) return;
  const Nanos granted = budget_.Take(now);
  Check(granted > now, number, "it is not started though it is time");
  license.granted = true;
  license.earliest = license.latest = granted;
  license.wall_offset = world_.WallOffset();
  daemon.resting = State::kBackoff;
}

void Model::CheckBackoff(int number, const Sighting& sighting) {
  const License& license = daemons_[number].license;
  const Nanos said = sighting.next_start - license.wall_offset;
  Check(said >= license.earliest - kRounding && said <= license.latest + kRounding, number,
        "it says another time of the next start");
}

State Model::Expected(const Daemon& daemon) const {
  if (!daemon.has_instance) return daemon.resting;
  if (daemon.main_ended || daemon.ending != Ending::kNot) return State::kStopping;
  const Settings& settings = SettingsOf(daemon.settings);
  // Whether it has told so is seen by looking at it, which may be in the next round.
  if (settings.tells_ready()) {
    return daemon.seen.state == State::kRunning ? State::kRunning : State::kStarting;
  }
  return world_.Now() >= daemon.spawned_at + settings.start_time ? State::kRunning
                                                                 : State::kStarting;
}

void Model::CheckSeen(int number) {
  const Daemon& daemon = daemons_[number];
  const Sighting& seen = daemon.seen;
  const State expected = Expected(daemon);
  if (seen.state != expected) {
    world_.Violation(number, std::string("it is ") + NameOf(seen.state) + " and ought to be " +
                                 NameOf(expected));
  }
  Check(seen.wanted == daemon.wanted, number, "it is not told whether it is wanted");
  Check(seen.settings == daemon.settings, number, "it is not told what it ought to be");
  const bool runs = daemon.has_instance && !daemon.main_ended;
  Check(seen.pid == (runs ? daemon.pid : 0), number, "it is told with another pid");
  Check(seen.exits == daemon.exits && daemon.owed.empty(), number, "an end was not told");
  Check(seen.restarts == daemon.restarts, number, "restarts are counted wrongly");
  Check(seen.ready == (seen.state == State::kRunning && !daemon.says_it_stops), number,
        "it is not told right whether it is ready");
  Check(seen.status == daemon.status, number, "what it says of itself is not told");
  const bool waits = seen.state == State::kBackoff ||
                     (seen.state == State::kHalted && daemon.license.kind != License::Kind::kNone);
  Check((seen.next_start != kInfinite) == waits, number, "it says a next start, or none, wrongly");
  if (waits && daemon.license.kind != License::Kind::kNone) CheckBackoff(number, seen);
}

void Model::CheckSignals(int number) {
  Daemon& daemon = daemons_[number];
  for (const auto& [signal, surplus] : daemon.signals) {
    // One that found nobody was not sent.
    if (surplus > 0)
      world_.Violation(number,
                       "it got signal " + std::to_string(signal) + ", which nobody asked for");
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
  if (!daemon.has_instance) {
    // Up, or a time by which it will be, or at rest.
    Check(!daemon.wanted || daemon.license.kind != License::Kind::kNone ||
              daemon.resting == State::kHalted || daemon.resting == State::kExited,
          number, "it is wanted up and nothing will start it");
    Check(daemon.license.earliest > now - kRounding, number, "its time has come and it waits");
    return;
  }
  const bool left_behind = daemon.main_ended && daemon.ending == Ending::kNot;
  Check(!left_behind || daemon.killed_at != kInfinite || world_.Alive(number) == 0, number,
        "what its main process left behind is not killed");
  // What was killed just now is seen to be gone by the next look.
  Check(!daemon.main_ended || world_.Alive(number) > 0 || daemon.killed_in_this_round, number,
        "that nothing is left is not seen");
  if (daemon.ending != Ending::kNot) {
    Check(now < daemon.kill_due + kRounding || daemon.killed_at != kInfinite, number,
          "it is not killed though its time is up");
  }
  // One that has closed its descriptor is given a moment to end by itself.
  Check(now < daemon.ready_deadline + kRounding || world_.ClosedReady(number), number,
        "it is not ready in time and goes on");
  Check(now < daemon.silent_deadline + kRounding, number, "it is silent and goes on");
  Check(daemon.main_ended || world_.Unheard(number) == 0, number, "nobody listens to it");
  if (!daemon.main_ended && daemon.ending == Ending::kNot && world_.SaidReady(number)) {
    Check(daemon.seen.state == State::kRunning, number, "that it is ready is not seen");
  }
  Check(Hangs(number) || !daemon.seen.is_unkillable, number, "it is told to hang and does not");
  const bool surely = Hangs(number) && daemon.kills >= kEnoughKills &&
                      now >= daemon.killed_at + HangsAfter(number) + 2 * kSecond;
  Check(daemon.seen.is_unkillable || !surely, number, "it is not told that it hangs");
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

bool Model::IsWell(int number) const {
  const Daemon& daemon = daemons_[number];
  switch (daemon.seen.state) {
    case State::kRunning:
      return daemon.wanted && world_.MainPid(number) == daemon.pid;
    case State::kStopped:
      return !daemon.wanted;
    case State::kHalted:
      return daemon.license.kind == License::Kind::kNone;
    case State::kExited:
      return true;
    case State::kStarting:
    case State::kBackoff:
    case State::kStopping:
      return false;
  }
  return false;
}

}  // namespace simulation
}  // namespace hob
