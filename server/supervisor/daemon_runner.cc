#include "server/supervisor/daemon_runner.h"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/daemon/dependency.h"
#include "server/daemon/foreground.h"
#include "server/errors/errors.h"
#include "server/text/duration.h"

namespace hob {
namespace {

// Returns the reason why the start of a daemon failed, with its last line of output and the command
// that shows the rest.
std::string WhyNotUp(const DaemonSnapshot& daemon) {
  std::string why = daemon.reason;
  if (daemon.runs->empty() || daemon.runs->front().pid == 0) return why;
  const std::string& last_line = daemon.runs->front().last_stderr_line;
  if (!last_line.empty()) absl::StrAppend(&why, "; its last line: ", last_line);
  const DaemonSpec& spec = *daemon.spec;
  if (spec.stdout_mode == OutputMode::kLog || spec.stderr_mode == OutputMode::kLog) {
    absl::StrAppend(&why, "; `hob logs ", spec.name, "` shows what it wrote");
  }
  return why;
}

}  // namespace

DaemonRunner::DaemonRunner(std::shared_ptr<const DaemonSpec> spec, const Context& context)
    : context_(context),
      lifecycle_(
          std::move(spec), *context.clock,
          [registry = context.registry, waits = context.waits](const DaemonSnapshotPtr& snapshot) {
            const std::string& name = snapshot->name();
            registry->Publish(snapshot);
            waits->Changed(name);
          }),
      instance_(*context.clock),
      output_(lifecycle_.spec().name, context.logs, *context.clock),
      relations_(lifecycle_.spec().name, *context.registry, *context.waits) {
  const bool is_published = TakeLeftover();
  std::shared_ptr<const Hold> hold;
  if (context.holds != nullptr) hold = context.holds->Find(lifecycle_.spec().name);
  if (hold != nullptr) {
    lifecycle_.SetHold(std::move(hold));
  } else if (!is_published) {
    lifecycle_.PublishNow();
  }
}

bool DaemonRunner::TakeLeftover() {
  std::unique_ptr<Instance> leftover = context_.spawner->TakeLeftover(lifecycle_.spec().name);
  if (leftover == nullptr) return false;
  instance_.TakeOver(std::move(leftover));
  lifecycle_.BeginWithLeftover(instance_.refusal());
  succession_.StayStopped("the leftovers of a dead server have ended");
  return true;
}

absl::Status DaemonRunner::refusal() const {
  if (!succession_.is_final()) return absl::OkStatus();
  return succession_.is_removal() ? DaemonNotFound(lifecycle_.spec().name, {}) : ShuttingDown();
}

RunnerState DaemonRunner::state() const {
  RunnerState state;
  state.lifecycle = lifecycle_.Remembered();
  state.has_instance = instance_.exists();
  state.instance = instance_.state();
  state.start = start_.state();
  state.watch = watch_.state();
  state.succession = succession_.state();
  state.verdict = verdict_;
  state.told_by_operator = told_by_operator_;
  state.restarting = restarting_;
  state.relations = relations_.state();
  state.has_pending_spec = HasPendingSpec();
  return state;
}

// Starting.

void DaemonRunner::StartSoon(const std::string& reason, bool by_operator) {
  start_.Plan(context_.clock->Now().monotonic, reason, by_operator);
}

void DaemonRunner::StartIsDue() {
  if (MustWait()) return;
  if (!start_.is_granted()) {
    const Timestamp now = context_.clock->Now();
    start_.GrantFrom(context_.throttle->TakeStart(now.monotonic));
    if (start_.at() > now.monotonic) return WaitForBudget(now);
  }
  Launch();
}

bool DaemonRunner::MustWait() {
  if (IsHeld() && !start_.is_by_operator()) {
    start_.SetBlocked(true);
    const std::string why = DescribeHold(*lifecycle_.now().hold);
    TellWait({}, /*awaits_release=*/true, why);
    AnswerStuck(absl::StrCat("is ", why, "; it starts once it is released"));
  } else {
    const Relations::Obstacles obstacles = relations_.FindObstacles(lifecycle_.spec());
    if (obstacles.none()) return false;
    start_.SetBlocked(true);
    const std::vector<Dependency>& unmet = obstacles.unmet;
    const std::string what = unmet.empty()
                                 ? absl::StrCat(absl::StrJoin(obstacles.ending, ", "), " to end")
                                 : DescribeDependencies(unmet);
    TellWait(unmet, /*awaits_release=*/false, absl::StrCat("waits for ", what));
    const auto find = [this](const std::string& name) { return Find(name); };
    if (IsAnyStuck(unmet, find)) {
      AnswerStuck(waiters_.AnyFor(Waiters::Event::kUp) ? DescribeChain(unmet, find) : "");
    }
  }
  waiters_.Answer(Waiters::Event::kTried, lifecycle_.latest());
  return true;
}

void DaemonRunner::TellWait(const std::vector<Dependency>& unmet, bool awaits_release,
                            const std::string& reason) {
  if (lifecycle_.state() == DaemonState::kHalted && start_.is_trial()) {
    return lifecycle_.TrialWaits(
        absl::StrCat("its trial start ", awaits_release ? "is " : "", reason));
  }
  const DaemonSnapshot& now = lifecycle_.now();
  const bool is_told = now.state == DaemonState::kWaiting && now.reason == reason &&
                       now.awaits_release == awaits_release;
  if (is_told) return;
  lifecycle_.WaitsFor(unmet, awaits_release, reason);
  context_.journal->Info(About("waits for"),
                         absl::StrCat(Tag(), awaits_release ? " is not started: " : " ", reason));
}

void DaemonRunner::AnswerStuck(const std::string& why) {
  waiters_.Answer(Waiters::Event::kUp, Blocked(lifecycle_.spec().name, why));
  // Daemons that wait for this one are stuck too, and may have looked before that.
  context_.waits->Changed(lifecycle_.spec().name);
}

void DaemonRunner::WaitForBudget(const Timestamp& now) {
  // Keeps the evidence of the decision that led here.
  ThrottleDecision decision;
  if (lifecycle_.now().throttle != nullptr) decision = *lifecycle_.now().throttle;
  decision.action = ThrottleAction::kWait;
  decision.rule = ThrottleRule::kBudget;
  decision.delay = start_.at() - now.monotonic;
  decision.next_attempt = Timestamp{start_.at(), now.wall + decision.delay};
  lifecycle_.Waits(decision);
  // A reload does not wait for the budget: the start is already in the budget's queue.
  waiters_.Answer(Waiters::Event::kTried, lifecycle_.latest());
}

void DaemonRunner::Launch() {
  const PendingStart::Start start = start_.Take();
  lifecycle_.StartBegins(start.reason, start.after_failure);
  absl::optional<SpawnFailure> failure = Spawn();
  if (failure.has_value()) return SpawnFailed(*std::move(failure), start.is_trial);
  lifecycle_.SetSmallPipe(output_.SmallPipe());
  Spawned(start);
}

absl::optional<SpawnFailure> DaemonRunner::Spawn() {
  const DaemonSpec& spec = lifecycle_.spec();
  absl::variant<SpawnRequest, SpawnFailure> made = MakeSpawnRequest(spec, context_.child_defaults);
  if (auto* failure = absl::get_if<SpawnFailure>(&made)) return std::move(*failure);
  SpawnRequest& request = absl::get<SpawnRequest>(made);
  absl::optional<SpawnFailure> failure =
      readiness_.Prepare(spec, context_.child_defaults.notify_dir, request);
  if (!failure.has_value()) failure = output_.Prepare(spec);
  if (!failure.has_value()) failure = instance_.Spawn(*context_.spawner, request);
  readiness_.Spawned();
  return failure;
}

void DaemonRunner::SpawnFailed(SpawnFailure failure, bool was_trial) {
  readiness_.Close();
  output_.TreeGone();
  ExitReport report;
  report.end = std::move(failure);
  report.time = context_.clock->Now();
  context_.journal->Warning(About("cannot be spawned"),
                            absl::StrCat(Tag(), " cannot be spawned: ", DescribeEnd(report.end)));
  lifecycle_.Ended(report);
  Obey(Report(report), was_trial);
}

void DaemonRunner::Spawned(const PendingStart::Start& start) {
  lifecycle_.Spawned(instance_.pid());
  context_.journal->Info(About("started"), absl::StrCat(Tag(), " ", start.reason));
  if (watch_.Begin(lifecycle_.spec(), last_spawned(), start.is_trial)) {
    CameUp();
  } else if (lifecycle_.spec().ready == ReadyMode::kCheck) {
    BeginChecks();
  }
  waiters_.Answer(Waiters::Event::kTried, lifecycle_.latest());
}

void DaemonRunner::CameUp() {
  lifecycle_.BecameReady();
  // Callers wait for the next instance.
  if (relations_.holds_stop()) return;
  if (check_ == 0) BeginChecks();
  restarting_ = false;
  waiters_.Answer(Waiters::Event::kUp, lifecycle_.latest());
}

// Messages of the instance.

void DaemonRunner::LookAtReadiness() {
  if (!instance_.exists()) return;
  if (instance_.main_ended() && !instance_.awaits_survivors()) return;
  const ReadinessWatch::Words words =
      readiness_.Look([this](pid_t sender) { return instance_.Contains(sender); });
  const bool starting = lifecycle_.state() == DaemonState::kStarting;
  if (words.main_pid.has_value()) TakeMainPid(*words.main_pid);
  if (words.status.has_value()) lifecycle_.SetStatusText(*words.status);
  if (words.extend_timeout.has_value()) ExtendTimeout(*words.extend_timeout);
  const MonotonicTime now = context_.clock->Now().monotonic;
  if (words.ready && starting) {
    watch_.CameUp(lifecycle_.spec(), now);
    CameUp();
  } else if (words.closed && starting) {
    watch_.CannotBecomeReady(now);
  }
  // Checked again, because a message with READY=1 may also hold the fields below.
  const bool running = lifecycle_.state() == DaemonState::kRunning;
  if (words.watchdog_alive && running) watch_.BeginWatchdog(lifecycle_.spec(), now);
  if (words.stopping && running) lifecycle_.SaysItStops();
  if (words.watchdog_trigger) FailInstance("it triggered its own watchdog", SIGABRT);
}

void DaemonRunner::TakeMainPid(pid_t pid) {
  const bool is_up =
      lifecycle_.state() == DaemonState::kStarting || lifecycle_.state() == DaemonState::kRunning;
  if (!is_up || pid == instance_.pid()) return;
  const absl::Status taken = instance_.SetMain(pid);
  if (!taken.ok()) {
    context_.journal->Warning(
        About("MAINPID"),
        absl::StrCat(Tag(), " says MAINPID=", pid, ", which is left alone: ", taken.message()));
    return;
  }
  context_.journal->Info(About("MAINPID"), absl::StrCat(Tag(), " says MAINPID=", pid,
                                                        ": that is its main process now"));
  lifecycle_.MainPidChanged(pid);
}

void DaemonRunner::ExtendTimeout(absl::Duration by) {
  const MonotonicTime until = context_.clock->Now().monotonic + by;
  watch_.ExtendUntil(until);
  instance_.BePatientUntil(until);
}

// Checks.

void DaemonRunner::BeginChecks() {
  const DaemonSpec& spec = lifecycle_.spec();
  if (spec.check.target == nullptr || context_.prober == nullptr) return;
  Prober::Target target;
  target.daemon = spec.name;
  target.check = spec.check;
  target.is_starting = lifecycle_.state() == DaemonState::kStarting;
  if (spec.check.kind() == CheckTarget::Kind::kExec) {
    target.program = MakeCheckRequest(spec, context_.child_defaults);
  }
  check_ = context_.prober->Begin(std::move(target));
}

void DaemonRunner::EndChecks() {
  if (check_ != 0) context_.prober->End(std::exchange(check_, 0));
}

void DaemonRunner::CheckChanged() {
  if (!IsUp()) return;
  EndChecks();
  const bool is_due =
      lifecycle_.state() == DaemonState::kRunning || lifecycle_.spec().ready == ReadyMode::kCheck;
  if (is_due) BeginChecks();
}

void DaemonRunner::TakeVerdict(const CheckVerdict& verdict) {
  if (verdict.check != check_ || !IsUp()) return;
  const DaemonSpec& spec = lifecycle_.spec();
  const bool was_unhealthy = lifecycle_.now().health == DaemonHealth::kUnhealthy;
  if (verdict.health == DaemonHealth::kHealthy) {
    const std::string again = absl::StrCat("its check succeeds again: ", verdict.message);
    lifecycle_.SetHealth(DaemonHealth::kHealthy, was_unhealthy ? again : "");
    if (was_unhealthy) context_.journal->Info(About("healthy"), absl::StrCat(Tag(), " ", again));
    if (lifecycle_.state() != DaemonState::kStarting) return;
    watch_.CameUp(spec, context_.clock->Now().monotonic);
    return CameUp();
  }
  const std::string problem =
      absl::StrCat("check ", spec.check.text(), " failed ", verdict.attempts,
                   verdict.attempts == 1 ? " time: " : " times in a row: ", verdict.message);
  lifecycle_.SetHealth(DaemonHealth::kUnhealthy, problem);
  if (spec.check.action == Check::Action::kRestart) return FailInstance(problem, spec.stop_signal);
  waiters_.Answer(Waiters::Event::kSteady, StartFailed(spec.name, problem));
  context_.journal->Warning(About("unhealthy"), absl::StrCat(Tag(), " is unhealthy: ", problem));
}

void DaemonRunner::FailInstance(const std::string& verdict, int signal) {
  if (lifecycle_.state() != DaemonState::kStarting && lifecycle_.state() != DaemonState::kRunning) {
    return;
  }
  if (IsHeld()) return LeaveAlone(verdict);
  watch_.Cancel();
  EndChecks();
  verdict_ = verdict;
  lifecycle_.StopBegins(verdict);
  context_.journal->Warning(About("condemned"),
                            absl::StrCat(Tag(), " ", verdict, ": being stopped"));
  instance_.AskToEnd(signal, lifecycle_.spec().stop_scope, lifecycle_.spec().stop_timeout);
  TellRefusal();
}

// Ending.

void DaemonRunner::BeginStop(const std::string& reason, std::vector<AwaitedDeparture> ends_after) {
  relations_.HoldStop(reason, std::move(ends_after));
  ContinueHeldStop();
}

void DaemonRunner::ContinueHeldStop() {
  if (!relations_.holds_stop()) return;
  const std::vector<std::string> others = relations_.MustEndFirst(lifecycle_.spec());
  if (!others.empty() && IsUp()) {
    EndChecks();
    return lifecycle_.EndsAfter(others, relations_.stop_reason());
  }
  StopNow(relations_.ReleaseStop(lifecycle_.spec()));
}

void DaemonRunner::EndWithPartner() {
  if (!IsUp() || relations_.holds_stop()) return;
  const std::string partner = relations_.FindEndedPartner(lifecycle_.spec());
  if (partner.empty()) return;
  if (IsHeld()) {
    relations_.NotePartnersAnew(lifecycle_.spec());
    return LeaveAlone(
        absl::StrCat("it restarts with ", partner, ", which has ended or is about to"));
  }
  succession_.StartWithPartner(absl::StrCat("restarted along with ", partner));
  BeginStop(absl::StrCat("being restarted along with ", partner));
}

void DaemonRunner::StopNow(const std::string& reason) {
  if (!succession_.is_final() && !succession_.is_automatic()) {
    // The configuration may have been staged after the program was checked.
    IsPendingUntil(PendingUntil::kRoll) ? TakePendingSpecIfItCanStart() : TakePendingSpec();
  }
  watch_.Cancel();
  EndChecks();
  // A stop that is already under way continues unchanged.
  if (lifecycle_.state() == DaemonState::kStopping ||
      lifecycle_.state() == DaemonState::kClearing) {
    return lifecycle_.Remark(reason);
  }
  lifecycle_.StopBegins(reason);
  context_.journal->Info(About("stopping"), absl::StrCat(Tag(), " ", reason));
  const DaemonSpec& spec = lifecycle_.spec();
  instance_.AskToEnd(spec.stop_signal, spec.stop_scope, spec.stop_timeout);
  TellRefusal();
}

void DaemonRunner::TellRefusal() {
  const std::string& refusal = instance_.refusal();
  if (refusal.empty()) return;
  lifecycle_.Refuses(refusal);
  context_.journal->Warning(About("refused"),
                            absl::StrCat(Tag(), " refuses the signal: ", refusal));
}

void DaemonRunner::LookAtInstance() {
  const LiveInstance::Events events = instance_.Look();
  if (events.main_ended.has_value()) MainEnded(*events.main_ended);
  if (events.killed_processes > 0) Killed(events);
  if (events.unkillable) {
    lifecycle_.Hangs(instance_.refusal());
    context_.journal->Error(absl::StrCat(Tag(), " ", lifecycle_.latest()->reason));
    InstanceHangs();
    if (finished()) return;
  }
  if (events.gone) {
    InstanceGone();
  } else if (events.main_ended.has_value()) {
    lifecycle_.ClearingBegins(AboutSurvivors());
  }
}

void DaemonRunner::Killed(const LiveInstance::Events& events) {
  const std::string count = absl::StrCat(events.killed_processes,
                                         events.killed_processes == 1 ? " process" : " processes");
  if (events.killed_after.has_value()) {
    const absl::Duration after = absl::Trunc(*events.killed_after, absl::Milliseconds(1));
    const std::string& refusal = instance_.refusal();
    context_.journal->Warning(
        About("killed"),
        absl::StrCat(Tag(), " did not end within ", hob::FormatDuration(after),
                     refusal.empty() ? absl::StrCat(": ", count, " killed")
                                     : absl::StrCat("; it cannot be killed: ", refusal)));
  }
  if (!instance_.refusal().empty() || !instance_.main_ended()) return;
  lifecycle_.KilledAfterwards(events.killed_processes);
  if (!events.killed_after.has_value()) {
    const ExitReport& exit = lifecycle_.now().runs->front().exit;
    const std::string advice =
        WentIntoBackground(exit) ? "; " + ForegroundAdvice(lifecycle_.spec().argv) : "";
    context_.journal->Warning(About("left behind"),
                              absl::StrCat(Tag(), ": ", DescribeKilled(exit), advice));
  }
  if (lifecycle_.state() == DaemonState::kClearing) lifecycle_.Remark(AboutSurvivors());
}

std::string DaemonRunner::AboutSurvivors() const {
  if (!instance_.awaits_survivors()) {
    return "its main process has ended; its leftovers are being killed";
  }
  const absl::Duration left = absl::Ceil(instance_.patience_left(), absl::Milliseconds(100));
  return absl::StrCat("its main process has ended; its leftovers have ",
                      left == absl::InfiniteDuration()
                          ? "unlimited time to end"
                          : absl::StrCat(hob::FormatDuration(left), " left to end"));
}

void DaemonRunner::MainEnded(const ReapedProcess& reaped) {
  watch_.Cancel();
  EndChecks();
  // A helper that is still busy may ask for more time.
  if (!instance_.awaits_survivors()) readiness_.Close();
  ExitReport report;
  report.end = reaped.end;
  report.usage = reaped.usage;
  report.time = context_.clock->Now();
  report.uptime = report.time.monotonic - instance_.spawned().monotonic;
  report.verdict = std::exchange(verdict_, "");
  report.requested = lifecycle_.state() == DaemonState::kStopping && report.verdict.empty();
  report.killed_processes = instance_.killed_processes();
  const std::string tag = Tag();
  // The log must hold the last output before the end is published.
  output_.MainEnded();
  lifecycle_.Ended(report, LastWordsOf(report));
  context_.journal->Info(About("ended"), absl::StrCat(tag, " ended: ", DescribeEnd(report.end)));
  if (!report.requested) succession_.Decide(Report(report));
  // The stop that waited for others has nothing left to ask.
  const std::string held_stop = relations_.ReleaseStop(lifecycle_.spec());
  const bool is_told = lifecycle_.state() == DaemonState::kStopping;
  if (!held_stop.empty() && !is_told) lifecycle_.StopBegins(held_stop);
  // This restart has failed, so others can no longer join it.
  if (succession_.is_as_decided()) restarting_ = false;
}

std::string DaemonRunner::LastWordsOf(const ExitReport& report) {
  const auto* exited = absl::get_if<ExitedWithCode>(&report.end);
  const bool succeeded = exited != nullptr && exited->code == 0 && report.verdict.empty();
  return report.requested || succeeded ? "" : output_.LastStderrLine();
}

void DaemonRunner::InstanceHangs() {
  if (succession_.is_final() && !succession_.is_removal()) BeFinished();
  const absl::Status hangs = Unkillable(lifecycle_.spec().name, lifecycle_.now().reason);
  for (const auto event : {Waiters::Event::kUp, Waiters::Event::kTried, Waiters::Event::kGone}) {
    waiters_.Answer(event, hangs);
  }
}

void DaemonRunner::BeFinished() {
  succession_.Finished();
  output_.End();
  const std::string& name = lifecycle_.spec().name;
  context_.spawner->Forget(name);
  if (!succession_.is_removal()) return;
  context_.throttle->Clear(name);
  if (IsHeld()) EndHold();
  context_.registry->Remove(name);
}

void DaemonRunner::InstanceGone() {
  relations_.Gone(lifecycle_.spec());
  readiness_.Close();
  output_.TreeGone();
  const std::string stop_reason = succession_.StopReason();
  const Succession::State next = succession_.Take();
  if (const auto* decided = absl::get_if<Succession::AsDecided>(&next)) {
    if (IsPendingUntil(PendingUntil::kStart)) TakePendingSpecIfItCanStart();
    return Obey(decided->decision, watch_.is_trial());
  }
  const auto* restart = absl::get_if<Succession::Restart>(&next);
  const bool is_automatic = restart != nullptr && restart->is_automatic;
  // A stop that waited for others may have found nothing left to stop.
  if (!is_automatic && !succession_.is_final()) {
    IsPendingUntil(PendingUntil::kRoll) ? TakePendingSpecIfItCanStart() : TakePendingSpec();
  }
  if (is_automatic && !IsPendingUntil(PendingUntil::kRoll)) TakePendingSpecIfItCanStart();
  // A process left by a dead server has no ended run.
  const EndedRuns& runs = *lifecycle_.now().runs;
  const std::string killed = runs.empty() ? "" : DescribeKilled(runs.front().exit);
  const std::string more = killed.empty() ? "" : absl::StrCat("; ", killed);
  if (restart == nullptr) return RestStopped(stop_reason + more);
  // Callers that wait for a stop are answered, although a start follows.
  if (waiters_.AnyFor(Waiters::Event::kGone)) RestStopped(stop_reason + more);
  if (!is_automatic) ClearHistory();
  StartSoon(restart->reason + more, restart->by_operator);
}

void DaemonRunner::RestStopped(const std::string& reason) {
  if (lifecycle_.state() != DaemonState::kStopped) lifecycle_.Stopped(reason);
  if (succession_.is_final()) BeFinished();
  waiters_.Answer(Waiters::Event::kGone, lifecycle_.latest());
}

// The throttle.

ThrottleDecision DaemonRunner::Report(const ExitReport& report) {
  const DaemonSpec& spec = lifecycle_.spec();
  return context_.throttle->ReportExit(spec.name, spec.restart_policy, report);
}

void DaemonRunner::Obey(const ThrottleDecision& decision, bool was_trial) {
  restarting_ = false;
  start_.PlanAfter(decision, lifecycle_.now().runs->front().exit, was_trial);
  switch (decision.action) {
    case ThrottleAction::kStartNow:
      lifecycle_.StartsAgain(decision);
      break;
    case ThrottleAction::kWait:
      lifecycle_.Waits(decision);
      context_.journal->Warning(About("waits"),
                                absl::StrCat(Tag(), " waits: ", lifecycle_.latest()->reason));
      break;
    case ThrottleAction::kHalt:
      lifecycle_.GivenUp(decision);
      context_.journal->Error(About("HALTED"),
                              absl::StrCat(Tag(), " HALTED: ", lifecycle_.latest()->reason));
      break;
    case ThrottleAction::kLeave:
      lifecycle_.LeftExited(decision);
      break;
  }
  waiters_.Answer(Waiters::Event::kUp,
                  StartFailed(lifecycle_.spec().name, WhyNotUp(*lifecycle_.latest())));
  waiters_.Answer(Waiters::Event::kTried, lifecycle_.latest());
}

void DaemonRunner::ClearHistory() {
  context_.throttle->Clear(lifecycle_.spec().name);
  lifecycle_.HistoryCleared();
}

void DaemonRunner::CancelStart() {
  start_.Cancel();
  relations_.StartCancelled(lifecycle_.spec());
  restarting_ = false;
}

// Time.

void DaemonRunner::Step() {
  if (finished()) return;
  // The main process may name its successor and then end, so its messages come first.
  LookAtReadiness();
  LookAtInstance();
  if (finished()) return;
  output_.Look();
  TellLogProblem();
  LookAtTime();
  // A failed start may have written the held-back output.
  TellLogProblem();
}

void DaemonRunner::TellLogProblem() {
  const std::string problem = output_.Problem();
  if (problem == lifecycle_.now().notes.log_problem) return;
  lifecycle_.SetLogProblem(problem);
  if (problem.empty()) {
    context_.journal->Info(About("log written"), absl::StrCat(Tag(), " log is written again"));
  } else {
    context_.journal->Error(
        About("log stalled"),
        absl::StrCat(Tag(), " ", problem, "; it is held back, nothing is lost"));
  }
}

void DaemonRunner::LookAtTime() {
  const Timestamp now = context_.clock->Now();
  LookAtHold(now);
  LookAtWatch(now.monotonic);
  if (start_.at() <= now.monotonic) StartIsDue();
  LookAtSteadiness(now.monotonic);
  waiters_.TimeOut(now.monotonic, *lifecycle_.latest());
}

void DaemonRunner::LookAtSteadiness(MonotonicTime now) {
  waiters_.NoteReadiness(IsReady(lifecycle_.now()), now, lifecycle_.latest());
}

void DaemonRunner::LookAtWatch(MonotonicTime now) {
  const InstanceWatch::Events events = watch_.Look(lifecycle_.spec(), now);
  if (events.came_up) CameUp();
  if (events.failed.has_value()) {
    FailInstance(WhyNotReady(events.failed->verdict), events.failed->signal);
    if (IsHeld()) watch_.BeginAnew(lifecycle_.spec(), now);
  }
  if (events.trial_won) {
    ClearHistory();
    lifecycle_.Remark("its trial start succeeded");
  }
}

std::string DaemonRunner::WhyNotReady(const std::string& verdict) const {
  if (lifecycle_.state() != DaemonState::kStarting || check_ == 0) return verdict;
  const absl::optional<CheckResult> latest = context_.prober->Latest(lifecycle_.spec().name);
  if (!latest.has_value() || latest->ok) return verdict;
  return absl::StrCat(verdict, "; check ", lifecycle_.spec().check.text(), ": ", latest->message);
}

MonotonicTime DaemonRunner::NextDeadline() const {
  return std::min({instance_.NextDeadline(), watch_.NextDeadline(), start_.at(),
                   waiters_.NextDeadline(), output_.NextDeadline(), HoldDeadline()});
}

void DaemonRunner::AppendPollFds(std::vector<pollfd>& fds) {
  instance_.AppendPollFds(fds);
  readiness_.AppendPollFds(fds);
  output_.AppendPollFds(fds);
}

Journal::Topic DaemonRunner::About(absl::string_view event) const {
  return {lifecycle_.spec().name, event};
}

std::string DaemonRunner::Tag() const {
  const DaemonSnapshot& now = lifecycle_.now();
  return now.pid == 0 ? now.name() : absl::StrCat(now.name(), "[", now.pid, "]");
}

}  // namespace hob
