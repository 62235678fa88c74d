#include "server/supervisor/lifecycle.h"

#include <glog/logging.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/daemon/foreground.h"

namespace hob {
namespace {

constexpr char kHangs[] = "KILL does not end it: it hangs in the kernel";
constexpr char kKeepsItsPlace[] = ". No other instance is started before it is gone";

std::string WhyUnkillable(const std::string& refusal) {
  return absl::StrCat(refusal.empty() ? kHangs : absl::StrCat("it cannot be killed: ", refusal),
                      kKeepsItsPlace);
}

}  // namespace

Lifecycle::Lifecycle(std::shared_ptr<const DaemonSpec> spec, const Clock& clock, Publish publish)
    : clock_(clock), publish_(std::move(publish)) {
  now_.spec = std::move(spec);
  now_.runs = std::make_shared<const EndedRuns>();
  ForgetHealth();
  now_.reason = now_.spec->autostart ? "not started yet" : "not started: autostart = no";
  latest_ = std::make_shared<const DaemonSnapshot>(now_);
}

Lifecycle::State Lifecycle::Remembered() const {
  State state{now_, {}, reason_, obstacle_};
  state.daemon.spec = nullptr;
  state.daemon.pending_spec = nullptr;
  state.daemon.runs = nullptr;
  for (const EndedRun& run : *now_.runs) state.runs.push_back(run);
  return state;
}

void Lifecycle::PublishNow() {
  latest_ = std::make_shared<const DaemonSnapshot>(now_);
  publish_(latest_);
}

void Lifecycle::SpecChanged(std::shared_ptr<const DaemonSpec> spec) {
  now_.pending_spec = nullptr;
  const bool is_up = now_.state == DaemonState::kStarting || now_.state == DaemonState::kRunning;
  if (is_up && now_.pid != 0) now_.running_generation = spec->generation;
  SetSpec(std::move(spec));
  PublishNow();
}

void Lifecycle::SetPendingSpec(std::shared_ptr<const DaemonSpec> spec, PendingUntil until) {
  now_.pending_spec = std::move(spec);
  now_.pending_until = until;
}

void Lifecycle::TakePendingSpec() {
  SetSpec(std::exchange(now_.pending_spec, nullptr));
  PublishNow();
}

void Lifecycle::SetSpec(std::shared_ptr<const DaemonSpec> spec) {
  now_.pending_until = PendingUntil::kStopped;
  const bool has_same_check = spec->check == now_.spec->check;
  now_.spec = std::move(spec);
  if (!has_same_check) ForgetHealth();
}

void Lifecycle::SetWanted(bool wanted) {
  if (now_.wanted == wanted) return;
  now_.wanted = wanted;
  PublishNow();
}

void Lifecycle::Commanded(CommandRecord command) {
  now_.last_command = std::make_shared<const CommandRecord>(std::move(command));
}

void Lifecycle::SetHold(std::shared_ptr<const Hold> hold) {
  now_.hold = std::move(hold);
  now_.awaits_release &= now_.hold != nullptr;
  PublishNow();
}

void Lifecycle::StartBegins(const std::string& reason, absl::optional<RestartReason> restart) {
  if (restart.has_value()) {
    ++now_.counts.restarts;
    ++now_.counts.restarts_by_reason[static_cast<size_t>(*restart)];
  }
  now_.next_start_time.reset();
  now_.running_generation = now_.spec->generation;
  MoveTo(DaemonState::kStarting, reason);
}

void Lifecycle::SetSmallPipe(int64_t bytes) { now_.notes.small_pipe_bytes = bytes; }

void Lifecycle::Spawned(pid_t pid) {
  now_.pid = pid;
  now_.start_time = clock_.Now().wall;
  now_.ready_time.reset();
  now_.notes.status_text.clear();
  PublishNow();
}

void Lifecycle::MainPidChanged(pid_t pid) {
  now_.pid = pid;
  PublishNow();
}

void Lifecycle::SetStatusText(const std::string& text) {
  if (text == now_.notes.status_text) return;
  now_.notes.status_text = text;
  PublishNow();
}

void Lifecycle::SetLogProblem(const std::string& problem) {
  if (problem == now_.notes.log_problem) return;
  if (now_.notes.log_problem.empty()) ++now_.counts.log_stalls;
  now_.notes.log_problem = problem;
  PublishNow();
}

void Lifecycle::BecameReady() {
  now_.ready = true;
  now_.ready_time = clock_.Now().wall;
  MoveTo(DaemonState::kRunning, now_.reason);
}

void Lifecycle::SetHealth(DaemonHealth health, const std::string& reason) {
  now_.health = health;
  if (reason.empty()) return PublishNow();
  Remark(reason);
}

void Lifecycle::SaysItStops() {
  now_.ready = false;
  Remark("it says that it is stopping");
}

void Lifecycle::StopBegins(const std::string& reason) {
  now_.ready = false;
  MoveTo(DaemonState::kStopping, reason);
}

void Lifecycle::Ended(ExitReport report, std::string last_stderr_line) {
  EndedRun run;
  run.pid = now_.pid;
  run.start_time = now_.pid == 0 ? report.time.wall : *now_.start_time;
  if (now_.pid != 0) run.ready_time = now_.ready_time;
  run.exit = std::move(report);
  run.last_stderr_line = std::move(last_stderr_line);
  run.config_generation = now_.running_generation;

  ++now_.counts.exits;
  ++now_.counts.exits_by_kind[run.exit.end.index()];
  now_.runs = std::make_shared<const EndedRuns>(std::move(run), *now_.runs);
  now_.ready = false;
  now_.pid = 0;
  now_.ready_time.reset();
  ForgetHealth();
}

void Lifecycle::BeginWithLeftover(const std::string& refusal) {
  now_.state = DaemonState::kClearing;
  reason_ = "left running by a server that is dead";
  Hangs(refusal);
}

void Lifecycle::Refuses(const std::string& refusal) {
  if (!now_.unkillable) obstacle_ = absl::StrCat("it refuses the signal: ", refusal);
  Remark(reason_);
}

void Lifecycle::Hangs(const std::string& refusal) {
  now_.unkillable = true;
  obstacle_ = WhyUnkillable(refusal);
  Remark(reason_);
}

void Lifecycle::ClearingBegins(const std::string& reason) {
  MoveTo(DaemonState::kClearing, reason);
}

void Lifecycle::KilledAfterwards(int processes) {
  EndedRun run = now_.runs->front();
  run.exit.killed_processes += processes;
  now_.runs = std::make_shared<const EndedRuns>(now_.runs->WithLatest(std::move(run)));
}

void Lifecycle::Stopped(const std::string& reason) {
  now_.next_start_time.reset();
  MoveTo(DaemonState::kStopped, reason);
}

void Lifecycle::StartsAgain(const ThrottleDecision& decision) {
  Note(decision);
  // The start is already under way.
  now_.next_start_time.reset();
  MoveTo(DaemonState::kStarting, WhyDecided(now_, decision));
}

void Lifecycle::Waits(const ThrottleDecision& decision) {
  Note(decision);
  MoveTo(DaemonState::kBackoff, WhyDecided(now_, decision));
}

void Lifecycle::WaitsFor(std::vector<Dependency> blockers, bool awaits_release,
                         const std::string& reason) {
  now_.next_start_time.reset();
  now_.blockers = std::move(blockers);
  now_.awaits_release = awaits_release;
  if (now_.state == DaemonState::kWaiting) return Remark(reason);
  MoveTo(DaemonState::kWaiting, reason);
}

void Lifecycle::TrialWaits(const std::string& reason) {
  if (now_.reason == reason && !now_.next_start_time.has_value()) return;
  now_.next_start_time.reset();
  Remark(reason);
}

void Lifecycle::EndsAfter(const std::vector<std::string>& others, const std::string& reason) {
  std::string why = absl::StrCat(reason, "; waits for ", absl::StrJoin(others, ", "), " to end");
  if (now_.awaits_dependents && reason_ == why) return;
  now_.awaits_dependents = true;
  Remark(why);
}

void Lifecycle::GivenUp(const ThrottleDecision& decision) {
  Note(decision);
  MoveTo(DaemonState::kHalted, WhyDecided(now_, decision));
}

void Lifecycle::LeftExited(const ThrottleDecision& decision) {
  Note(decision);
  MoveTo(DaemonState::kExited, WhyDecided(now_, decision));
}

void Lifecycle::NoTrialComes() {
  ThrottleDecision decision = *now_.throttle;
  decision.next_attempt.reset();
  Note(decision);
  Remark(WhyDecided(now_, decision));
}

void Lifecycle::MoveTo(DaemonState to, const std::string& reason) {
  if (!IsLegalMove(now_.state, to)) {
    LOG(DFATAL) << now_.name() << ": illegal move from " << DaemonStateName(now_.state) << " to "
                << DaemonStateName(to);
  }
  // The instance stays the same only in the move from STOPPING to CLEARING.
  if (to != DaemonState::kClearing) now_.unkillable = false;
  if (to != DaemonState::kWaiting) {
    now_.blockers.clear();
    now_.awaits_release = false;
  }
  if (to != DaemonState::kRunning) now_.awaits_dependents = false;
  if (!now_.unkillable) obstacle_.clear();
  now_.state = to;
  Remark(reason);
}

void Lifecycle::Remark(const std::string& reason) {
  reason_ = reason;
  now_.reason = obstacle_.empty() ? reason : absl::StrCat(reason, "; ", obstacle_);
  PublishNow();
}

void Lifecycle::ForgetHealth() {
  now_.health =
      now_.spec->check.target != nullptr ? DaemonHealth::kUnknown : DaemonHealth::kUnchecked;
}

void Lifecycle::Note(const ThrottleDecision& decision) {
  now_.throttle = std::make_shared<const ThrottleDecision>(decision);
  now_.next_start_time.reset();
  if (decision.next_attempt.has_value()) now_.next_start_time = decision.next_attempt->wall;
}

std::string Lifecycle::WhyDecided(const DaemonSnapshot& now, const ThrottleDecision& decision) {
  const std::string summary = SummarizeDecision(decision);
  if (now.runs->empty() || decision.rule == ThrottleRule::kBudget) return summary;
  const ExitReport& exit = now.runs->front().exit;
  std::string why = exit.verdict.empty() ? "" : absl::StrCat(exit.verdict, "; ");
  absl::StrAppend(&why, DescribeEnd(exit.end), "; ");
  const std::string killed = DescribeKilled(exit);
  if (!killed.empty()) absl::StrAppend(&why, killed, "; ");
  if (WentIntoBackground(exit)) absl::StrAppend(&why, ForegroundAdvice(now.spec->argv), "; ");
  return why + summary;
}

}  // namespace hob
