#include "server/supervisor/daemon_runner.h"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/daemon/foreground.h"
#include "server/errors/errors.h"
#include "server/text/duration.h"

namespace hob {
namespace {

// How long the end of a process may take to be seen after its descriptors were closed.
constexpr absl::Duration kGraceForEnd = absl::Milliseconds(100);

// What lets a start come that is no trial, for the rules that let one come.
RestartReason ReasonOfRestartBy(ThrottleRule rule) {
  switch (rule) {
    case ThrottleRule::kShortage:
      return RestartReason::kShortage;
    case ThrottleRule::kBackoffDelay:
      return RestartReason::kBackoff;
    case ThrottleRule::kRetry:
    case ThrottleRule::kWindowFull:
    case ThrottleRule::kBudget:
    case ThrottleRule::kTrialFailed:
    case ThrottleRule::kLeftExited:
      break;
  }
  return RestartReason::kRetry;
}

// Returns why the start of a daemon failed, with its last words and the way to the others.
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
      lifecycle_(std::move(spec), *context.clock,
                 [registry = context.registry](DaemonSnapshotPtr snapshot) {
                   registry->Publish(std::move(snapshot));
                 }),
      instance_(*context.clock),
      output_(lifecycle_.spec().name, context.logs, *context.clock) {
  if (!TakeLeftover()) lifecycle_.PublishNow();
}

bool DaemonRunner::TakeLeftover() {
  std::unique_ptr<Instance> leftover = context_.spawner->TakeLeftover(lifecycle_.spec().name);
  if (leftover == nullptr) return false;
  instance_.TakeOver(std::move(leftover));
  lifecycle_.BeginWithLeftover(instance_.refusal());
  next_ = Next::kStayStopped;
  stop_reason_ = "what a server that is dead had left running has ended";
  return true;
}

// Starting.

void DaemonRunner::StartSoon(const std::string& reason, bool operator_asks) {
  start_at_ = context_.clock->Now().monotonic;
  start_reason_ = reason;
  start_after_failure_.reset();
  start_granted_ = operator_asks;
  start_is_trial_ = false;
}

void DaemonRunner::StartAgainWhenGone(const std::string& reason, bool operator_asks) {
  next_ = Next::kStartAgain;
  again_reason_ = reason;
  again_by_operator_ = operator_asks;
}

void DaemonRunner::StartIsDue() {
  if (!start_granted_) {
    start_granted_ = true;
    const Timestamp now = context_.clock->Now();
    const MonotonicTime granted = context_.throttle->TakeStart(now.monotonic);
    if (granted > now.monotonic) {
      start_at_ = granted;
      // The evidence that led here stays told.
      ThrottleDecision decision;
      if (lifecycle_.now().throttle != nullptr) decision = *lifecycle_.now().throttle;
      decision.action = ThrottleAction::kWait;
      decision.rule = ThrottleRule::kBudget;
      decision.delay = granted - now.monotonic;
      decision.next_attempt = Timestamp{granted, now.wall + decision.delay};
      lifecycle_.Waits(decision);
      // A reload does not wait for the budget: the start has its place in the queue.
      waiters_.Answer(Waiters::For::kTried, lifecycle_.latest());
      return;
    }
  }
  Launch();
}

void DaemonRunner::Launch() {
  start_at_ = kNever;
  lifecycle_.StartBegins(start_reason_, start_after_failure_);
  absl::variant<SpawnRequest, SpawnFailure> request =
      MakeSpawnRequest(lifecycle_.spec(), context_.child_defaults);
  if (auto* failure = absl::get_if<SpawnFailure>(&request)) return SpawnFailed(std::move(*failure));
  SpawnRequest& wanted = absl::get<SpawnRequest>(request);
  absl::optional<SpawnFailure> failure =
      readiness_.Prepare(lifecycle_.spec(), context_.child_defaults.notify_dir, wanted);
  if (!failure.has_value()) failure = output_.Prepare(lifecycle_.spec());
  if (!failure.has_value()) failure = instance_.Spawn(*context_.spawner, wanted);
  readiness_.Spawned();
  if (failure.has_value()) return SpawnFailed(*std::move(failure));
  lifecycle_.SetSmallPipe(output_.SmallPipe());
  Spawned();
}

void DaemonRunner::SpawnFailed(SpawnFailure failure) {
  readiness_.Close();
  output_.TreeGone();
  ExitReport report;
  report.end = std::move(failure);
  report.time = context_.clock->Now();
  context_.journal->Warning(About("cannot be spawned"),
                            absl::StrCat(Tag(), " cannot be spawned: ", DescribeEnd(report.end)));
  lifecycle_.Ended(report);
  Obey(Report(report));
}

void DaemonRunner::Spawned() {
  next_ = Next::kAsDecided;
  killed_processes_ = 0;
  lifecycle_.Spawned(instance_.pid());
  context_.journal->Info(About("started"), absl::StrCat(Tag(), " ", start_reason_));
  const DaemonSpec& spec = lifecycle_.spec();
  const MonotonicTime spawned = instance_.spawned().monotonic;
  trial_won_at_ = start_is_trial_ ? spawned + spec.restart_policy.retry_time : kNever;
  ExpectReadiness();
  waiters_.Answer(Waiters::For::kTried, lifecycle_.latest());
}

void DaemonRunner::ExpectReadiness() {
  const DaemonSpec& spec = lifecycle_.spec();
  const MonotonicTime spawned = instance_.spawned().monotonic;
  extended_until_ = spawned;
  never_ready_ = false;
  if (spec.ready != ReadyMode::kNone) return ExpectReadinessInTime();
  if (spec.start_time <= absl::ZeroDuration()) return CameUp();
  up_at_ = spawned + spec.start_time;
}

void DaemonRunner::ExpectReadinessInTime() {
  const absl::Duration timeout = lifecycle_.spec().ready_timeout;
  unready_at_ = std::max(instance_.spawned().monotonic + timeout, extended_until_);
  unready_verdict_ = absl::StrCat("it was not ready within ", hob::FormatDuration(timeout));
}

void DaemonRunner::CameUp() {
  up_at_ = kNever;
  unready_at_ = kNever;
  restarting_ = false;
  HearFromWatchdog();
  lifecycle_.BecameReady();
  waiters_.Answer(Waiters::For::kUp, lifecycle_.latest());
}

// What the instance says of itself.

void DaemonRunner::LookAtReadiness() {
  if (!instance_.exists()) return;
  if (instance_.main_ended() && !instance_.awaits_survivors()) return;
  const ReadinessWatch::Words words =
      readiness_.Look([this](pid_t sender) { return instance_.Contains(sender); });
  const bool starting = lifecycle_.state() == DaemonState::kStarting;
  if (words.main_pid.has_value()) TakeMainPid(*words.main_pid);
  if (words.status.has_value()) lifecycle_.SetStatusText(*words.status);
  if (words.extend_timeout.has_value()) ExtendTimeout(*words.extend_timeout);
  if (words.ready && starting) {
    // What came with it counts too.
    CameUp();
  } else if (words.closed && starting) {
    // A process that ends closes its descriptors before its end can be seen: that is the better
    // reason.
    never_ready_ = true;
    unready_at_ = context_.clock->Now().monotonic + kGraceForEnd;
    unready_verdict_ = "it closed its readiness descriptor without a newline";
  }
  if (words.watchdog_alive && lifecycle_.state() == DaemonState::kRunning) HearFromWatchdog();
  if (words.stopping && lifecycle_.state() == DaemonState::kRunning) lifecycle_.SaysItStops();
  if (words.watchdog_trigger) Condemn("it triggered its own watchdog", SIGABRT);
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
  extended_until_ = std::max(extended_until_, until);
  if (unready_at_ != kNever) unready_at_ = std::max(unready_at_, until);
  instance_.BePatientUntil(until);
}

void DaemonRunner::HearFromWatchdog() {
  const absl::Duration watchdog = lifecycle_.spec().watchdog;
  silent_at_ =
      watchdog > absl::ZeroDuration() ? context_.clock->Now().monotonic + watchdog : kNever;
}

void DaemonRunner::Condemn(const std::string& verdict, int signal) {
  if (lifecycle_.state() != DaemonState::kStarting && lifecycle_.state() != DaemonState::kRunning) {
    return;
  }
  CancelTimersOfInstance();
  verdict_ = verdict;
  lifecycle_.StopBegins(verdict);
  context_.journal->Warning(About("condemned"),
                            absl::StrCat(Tag(), " ", verdict, ": being stopped"));
  instance_.AskToEnd(signal, lifecycle_.spec().stop_scope, lifecycle_.spec().stop_timeout);
  TellRefusal();
}

void DaemonRunner::CancelTimersOfInstance() {
  up_at_ = kNever;
  unready_at_ = kNever;
  silent_at_ = kNever;
  trial_won_at_ = kNever;
}

// Ending.

void DaemonRunner::BeginStop(const std::string& reason) {
  CancelTimersOfInstance();
  // What is being stopped or cleared away already goes on as it does.
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
    if (finished_) return;
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
  if (!instance_.refusal().empty()) return;
  if (!instance_.main_ended()) {
    killed_processes_ = events.killed_processes;
    return;
  }
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
    return "its main process has ended; what that left behind is being killed";
  }
  const absl::Duration left = absl::Ceil(instance_.patience_left(), absl::Milliseconds(100));
  return absl::StrCat("its main process has ended; what that left behind ",
                      left == absl::InfiniteDuration()
                          ? "has all the time that it takes to end"
                          : absl::StrCat("has ", hob::FormatDuration(left), " left to end"));
}

void DaemonRunner::MainEnded(const ReapedProcess& reaped) {
  CancelTimersOfInstance();
  // A helper that is still busy may ask for more time.
  if (!instance_.awaits_survivors()) readiness_.Close();
  ExitReport report;
  report.end = reaped.end;
  report.usage = reaped.usage;
  report.time = context_.clock->Now();
  report.uptime = report.time.monotonic - instance_.spawned().monotonic;
  report.verdict = std::exchange(verdict_, "");
  report.requested = lifecycle_.state() == DaemonState::kStopping && report.verdict.empty();
  report.killed_processes = killed_processes_;
  const std::string tag = Tag();
  // What it wrote last is in its log before its end is told.
  output_.MainEnded();
  lifecycle_.Ended(report, LastWordsOf(report));
  context_.journal->Info(About("ended"), absl::StrCat(tag, " ended: ", DescribeEnd(report.end)));
  if (!report.requested) decision_ = Report(report);
  // The restart that this was has failed: there is none any more for others to join.
  if (next_ == Next::kAsDecided) restarting_ = false;
}

std::string DaemonRunner::LastWordsOf(const ExitReport& report) {
  const auto* exited = absl::get_if<ExitedWithCode>(&report.end);
  const bool succeeded = exited != nullptr && exited->code == 0 && report.verdict.empty();
  return report.requested || succeeded ? "" : output_.LastStderrLine();
}

void DaemonRunner::InstanceHangs() {
  if (!refusal_.ok() && !removed_) BeFinished();
  const absl::Status hangs = Unkillable(lifecycle_.spec().name, lifecycle_.now().reason);
  for (const auto what : {Waiters::For::kUp, Waiters::For::kTried, Waiters::For::kGone}) {
    waiters_.Answer(what, hangs);
  }
}

void DaemonRunner::BeFinished() {
  finished_ = true;
  output_.End();
  const std::string& name = lifecycle_.spec().name;
  if (!removed_) return context_.spawner->ForgetForGood(name);
  context_.throttle->Clear(name);
  context_.spawner->Forget(name);
  context_.registry->Remove(name);
}

void DaemonRunner::InstanceGone() {
  readiness_.Close();
  output_.TreeGone();
  const Next next = std::exchange(next_, Next::kAsDecided);
  if (next == Next::kAsDecided) return Obey(decision_);
  // Nothing was told of the end of what a dead server has left.
  const EndedRuns& runs = *lifecycle_.now().runs;
  const std::string killed = runs.empty() ? "" : DescribeKilled(runs.front().exit);
  const std::string more = killed.empty() ? "" : absl::StrCat("; ", killed);
  stop_reason_ += more;
  if (next == Next::kStartAgain) {
    // Who waits for a stop gets it, though a start follows.
    if (waiters_.AnyFor(Waiters::For::kGone)) RestStopped();
    ClearHistory();
    return StartSoon(again_reason_ + more, again_by_operator_);
  }
  RestStopped();
}

void DaemonRunner::RestStopped() {
  if (lifecycle_.state() != DaemonState::kStopped) lifecycle_.Stopped(stop_reason_);
  if (!refusal_.ok()) BeFinished();
  waiters_.Answer(Waiters::For::kGone, lifecycle_.latest());
}

// The throttle.

ThrottleDecision DaemonRunner::Report(const ExitReport& report) {
  const DaemonSpec& spec = lifecycle_.spec();
  return context_.throttle->ReportExit(spec.name, spec.restart_policy, report);
}

void DaemonRunner::Obey(const ThrottleDecision& decision) {
  restarting_ = false;
  start_at_ = decision.next_attempt.has_value() ? decision.next_attempt->monotonic : kNever;
  start_granted_ = false;
  // A trial that met a shortage of the machine is tried again, and is still one.
  start_is_trial_ = decision.action == ThrottleAction::kHalt ||
                    (start_is_trial_ && decision.rule == ThrottleRule::kShortage);
  start_after_failure_ = start_is_trial_ ? RestartReason::kTrial : ReasonOfRestartBy(decision.rule);
  const ExitReport& exit = lifecycle_.now().runs->front().exit;
  start_reason_ = absl::StrCat(start_is_trial_ ? "trial start after " : "restarted after ",
                               exit.verdict.empty() ? DescribeEnd(exit.end) : exit.verdict);
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
  waiters_.Answer(Waiters::For::kUp,
                  StartFailed(lifecycle_.spec().name, WhyNotUp(*lifecycle_.latest())));
  waiters_.Answer(Waiters::For::kTried, lifecycle_.latest());
}

void DaemonRunner::ClearHistory() {
  context_.throttle->Clear(lifecycle_.spec().name);
  lifecycle_.HistoryCleared();
}

void DaemonRunner::CancelStart() {
  start_at_ = kNever;
  restarting_ = false;
}

// Time.

void DaemonRunner::Step() {
  if (finished_) return;
  // The main process may name another one and end.
  LookAtReadiness();
  LookAtInstance();
  if (finished_) return;
  output_.Look();
  TellLogProblem();
  LookAtTime();
  // A start that has just failed may have written what was left.
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
  const MonotonicTime now = context_.clock->Now().monotonic;
  if (up_at_ <= now) CameUp();
  if (unready_at_ <= now) Condemn(unready_verdict_, lifecycle_.spec().stop_signal);
  if (silent_at_ <= now) {
    Condemn(absl::StrCat("it was silent for longer than its watchdog of ",
                         hob::FormatDuration(lifecycle_.spec().watchdog)),
            SIGABRT);
  }
  if (trial_won_at_ <= now) {
    trial_won_at_ = kNever;
    ClearHistory();
    lifecycle_.Remark("its trial start succeeded");
  }
  if (start_at_ <= now) StartIsDue();
  waiters_.TimeOut(now, *lifecycle_.latest());
}

MonotonicTime DaemonRunner::NextDeadline() const {
  return std::min({instance_.NextDeadline(), up_at_, unready_at_, silent_at_, trial_won_at_,
                   start_at_, waiters_.NextDeadline(), output_.NextDeadline()});
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
