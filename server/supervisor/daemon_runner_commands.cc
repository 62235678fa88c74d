// Implements the commands of daemon_runner.h, for each state of the daemon; those about holds are
// in daemon_runner_holds.cc. daemon_runner.cc handles all other events.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/config/plan.h"
#include "server/daemon/dependency.h"
#include "server/errors/errors.h"
#include "server/supervisor/daemon_runner.h"

namespace hob {
namespace {

// Returns the method of the API that sends commands of this kind.
absl::string_view MethodOf(Command::Kind kind) {
  switch (kind) {
    case Command::Kind::kStart:
      return "Start";
    case Command::Kind::kStop:
      return "Stop";
    case Command::Kind::kRestart:
      return "Restart";
    case Command::Kind::kSignal:
      return "Signal";
    case Command::Kind::kHold:
      return "Hold";
    case Command::Kind::kRelease:
      return "Release";
    case Command::Kind::kRoll:
      return "Roll";
    default:
      return "Reload";
  }
}

}  // namespace

void DaemonRunner::Handle(Command command) {
  std::shared_ptr<const Departure> departure = std::move(command.departure);
  Dispatch(std::move(command));
  // An instance that does not end, because there is none or it is kept, need not be waited for.
  const DaemonState state = lifecycle_.state();
  const bool is_ending =
      state == DaemonState::kStopping || state == DaemonState::kClearing || relations_.holds_stop();
  if (departure != nullptr && is_ending) relations_.Announce(std::move(departure));
}

void DaemonRunner::Dispatch(Command command) {
  const bool ends = command.kind == Command::Kind::kRemove ||
                    command.kind == Command::Kind::kShutDown ||
                    command.kind == Command::Kind::kKill || command.kind == Command::Kind::kRecheck;
  if (finished() || (succession_.is_final() && !ends)) return AnswerNow(command, refusal());
  told_by_operator_ |= command.kind == Command::Kind::kStart ||
                       command.kind == Command::Kind::kStop ||
                       command.kind == Command::Kind::kRestart;
  switch (command.kind) {
    case Command::Kind::kStart:
      return Start(std::move(command));
    case Command::Kind::kStop:
      return Stop(std::move(command));
    case Command::Kind::kRestart:
    case Command::Kind::kRoll:
      return Restart(std::move(command));
    case Command::Kind::kSignal:
      return Signal(command);
    case Command::Kind::kHold:
      return PlaceHold(command);
    case Command::Kind::kRelease:
      return Release(std::move(command));
    case Command::Kind::kBoot:
      return Boot(std::move(command));
    case Command::Kind::kUpdate:
      return Update(std::move(command));
    case Command::Kind::kReplace:
      return Replace(std::move(command));
    case Command::Kind::kStage:
      return Stage(std::move(command));
    case Command::Kind::kRemove:
    case Command::Kind::kShutDown:
      return Finish(std::move(command));
    case Command::Kind::kKill:
      return Kill();
    case Command::Kind::kReopenLogs:
      output_.Reopen();
      return AnswerNow(command, lifecycle_.latest());
    case Command::Kind::kRecheck:
      return Recheck();
    case Command::Kind::kVerdict:
      return TakeVerdict(command.verdict);
  }
}

void DaemonRunner::Record(const Command& command) {
  if (command.caller.kind == Caller::Kind::kServer) return;
  lifecycle_.Commanded({std::string(MethodOf(command.kind)), command.caller.name,
                        command.caller.reason, context_.clock->Now().wall});
}

void DaemonRunner::Start(Command command) {
  if (!IsUp() || relations_.holds_stop()) Record(command);
  lifecycle_.SetWanted(true);
  switch (lifecycle_.state()) {
    case DaemonState::kRunning:
    case DaemonState::kStarting:
      if (relations_.holds_stop()) {
        succession_.StartAgain(absl::StrCat("started ", ByCaller(command.caller)),
                               /*by_operator=*/true);
        break;
      }
      if (lifecycle_.state() == DaemonState::kStarting) break;
      return AnswerNow(command, lifecycle_.latest());
    case DaemonState::kStopping:
    case DaemonState::kClearing:
      TakePendingSpec();
      succession_.StartAgain(absl::StrCat("started ", ByCaller(command.caller)),
                             /*by_operator=*/true);
      break;
    case DaemonState::kStopped:
    case DaemonState::kBackoff:
    case DaemonState::kExited:
    case DaemonState::kHalted:
    case DaemonState::kWaiting:
      TakePendingSpec();
      ClearHistory();
      StartSoon(absl::StrCat("started ", ByCaller(command.caller)), /*by_operator=*/true);
      break;
  }
  AnswerWhen(Waiters::Event::kUp, "start", std::move(command));
}

void DaemonRunner::Stop(Command command) {
  // A start that is planned has not changed the state yet.
  const bool is_down = lifecycle_.state() == DaemonState::kStopped && !lifecycle_.wanted();
  if (!is_down) Record(command);
  if (!instance_.exists()) TakePendingSpec();
  lifecycle_.SetWanted(false);
  waiters_.Abort(Waiters::Event::kUp, lifecycle_.spec().name, "stop");
  waiters_.Answer(Waiters::Event::kTried, lifecycle_.latest());
  CancelStart();
  const std::string reason = absl::StrCat("stopped ", ByCaller(command.caller));
  if (!instance_.exists()) {
    if (lifecycle_.state() == DaemonState::kStopped && !is_down) lifecycle_.Remark(reason);
    RestStopped(reason);
    return AnswerNow(command, lifecycle_.latest());
  }
  succession_.StayStopped(reason);
  BeginStop(absl::StrCat("being ", reason), std::move(command.ends_after));
  AnswerWhen(Waiters::Event::kGone, "stop", std::move(command));
}

void DaemonRunner::Restart(Command command) {
  const bool rolls = command.kind == Command::Kind::kRoll;
  const bool by_operator = !command.is_automatic;
  if (rolls && (IsHeld() || !lifecycle_.wanted() || lifecycle_.state() == DaemonState::kExited)) {
    const char* const later = IsHeld() ? "hold" : "stop";
    return AnswerNow(command, Overtaken(lifecycle_.spec().name, "roll", later));
  }
  if (!instance_.exists()) TakePendingSpec();
  // Does not join a restart in progress that will start the former configuration.
  const bool brings_latest = !HasPendingSpec() || !IsUp() || relations_.holds_stop();
  const bool joins = restarting_ && brings_latest;
  if (!joins && IsUp()) {
    const auto find = [this](const std::string& name) { return Find(name); };
    const DaemonSpec& next = lifecycle_.now().latest_spec();
    const std::vector<Dependency> unmet = hob::UnmetDependencies(next, find);
    if (IsAnyStuck(unmet, find)) {
      return AnswerNow(command, Blocked(lifecycle_.spec().name, DescribeChain(unmet, find)));
    }
    const absl::optional<SpawnFailure> failure = WhyItCannotStart(next);
    if (failure.has_value()) {
      const std::string why = DescribeEnd(*failure);
      context_.journal->Warning(About("not restarted"),
                                absl::StrCat(Tag(), " not restarted: ", why, "; it keeps running"));
      return AnswerNow(command, NotRestarted(lifecycle_.spec().name, why));
    }
  }
  if (!joins) Record(command);
  lifecycle_.SetWanted(true);
  if (!joins) {
    const std::string reason =
        absl::StrCat(rolls ? "replaced by a roll " : "restarted ", ByCaller(command.caller));
    restarting_ = true;
    ClearHistory();
    if (!instance_.exists()) {
      StartSoon(reason, by_operator);
    } else {
      if (lifecycle_.state() == DaemonState::kStarting) {
        waiters_.Abort(Waiters::Event::kUp, lifecycle_.spec().name, rolls ? "roll" : "restart");
      }
      succession_.StartAgain(reason, by_operator);
      BeginStop(absl::StrCat("being ", reason));
    }
  }
  if (rolls) return AnswerWhen(Waiters::Event::kSteady, "roll", std::move(command));
  AnswerWhen(Waiters::Event::kUp, "restart", std::move(command));
}

void DaemonRunner::Signal(const Command& command) {
  absl::Status sent = absl::NotFoundError("");
  if (instance_.exists()) sent = instance_.Signal(command.signal, command.signal_all);
  if (absl::IsNotFound(sent)) {
    sent = NotRunning(lifecycle_.spec().name, DaemonStateName(lifecycle_.state()));
  }
  if (!sent.ok()) return AnswerNow(command, sent);
  Record(command);
  lifecycle_.PublishNow();
  AnswerNow(command, lifecycle_.latest());
}

void DaemonRunner::Boot(Command command) {
  const bool is_down = lifecycle_.state() == DaemonState::kStopped || instance_.is_leftover();
  // If an operator has already stopped the daemon, it stays stopped.
  if (told_by_operator_ || !is_down || start_.is_planned()) {
    return AnswerNow(command, lifecycle_.latest());
  }
  Record(command);
  lifecycle_.SetWanted(true);
  relations_.StartAfter(std::move(command.starts_after));
  if (instance_.is_leftover()) {
    succession_.StartAgain("started by the configuration", /*by_operator=*/false);
  } else {
    StartSoon("started by the configuration", /*by_operator=*/false);
  }
  AnswerWhen(Waiters::Event::kTried, "start", std::move(command));
}

void DaemonRunner::Update(Command command) {
  // The daemon may have taken another configuration since the reload was planned.
  if (NeedsNewProcess(lifecycle_.spec(), *command.spec)) return Replace(std::move(command));
  Record(command);
  if (relations_.holds_stop() && IsUp()) {
    lifecycle_.SetPendingSpec(std::move(command.spec), PendingUntil::kStopped);
    lifecycle_.PublishNow();
    Recheck();
    return AnswerNow(command, lifecycle_.latest());
  }
  const bool takes_back = HasPendingSpec();
  const Check former_check = lifecycle_.spec().check;
  lifecycle_.SpecChanged(std::move(command.spec));
  if (!(lifecycle_.spec().check == former_check)) CheckChanged();
  relations_.SpecChanged(lifecycle_.spec());
  if (takes_back && IsUp()) lifecycle_.Remark("running with the configuration in force again");
  output_.SpecChanged(lifecycle_.spec());
  // The interval of a changed watchdog begins now.
  const DaemonSpec& spec = lifecycle_.spec();
  if (lifecycle_.state() == DaemonState::kRunning) {
    watch_.BeginWatchdog(spec, context_.clock->Now().monotonic);
  }
  watch_.ReadyTimeoutChanged(spec);
  if (spec.restart_policy.on_halt == OnHalt::kStay) DropTrial();
  Recheck();
  AnswerNow(command, lifecycle_.latest());
}

void DaemonRunner::DropTrial() {
  succession_.DropTrial();
  if (lifecycle_.state() != DaemonState::kHalted || !start_.is_trial()) return;
  CancelStart();
  lifecycle_.NoTrialComes();
}

void DaemonRunner::Replace(Command command) {
  Record(command);
  if (IsHeld() && IsUp()) {
    const absl::optional<SpawnFailure> failure = WhyItCannotStart(*command.spec);
    lifecycle_.SetPendingSpec(std::move(command.spec), PendingUntil::kStart);
    lifecycle_.Remark(absl::StrCat(
        "running with its former configuration until its next start",
        failure.has_value() ? "; the new one cannot start: " + DescribeEnd(*failure) : ""));
    return AnswerNow(command, lifecycle_.latest());
  }
  if (lifecycle_.wanted() && IsUp()) {
    if (absl::optional<SpawnFailure> failure = WhyItCannotStart(*command.spec)) {
      const std::string why = DescribeEnd(*failure);
      lifecycle_.SetPendingSpec(std::move(command.spec), PendingUntil::kCommand);
      lifecycle_.Remark(
          absl::StrCat("running with its former configuration, the new one cannot start: ", why));
      context_.journal->Error(absl::StrCat(Tag(), " not restarted: ", why,
                                           "; it keeps running with its former configuration"));
      return AnswerNow(command, NotReplaced(lifecycle_.spec().name, why));
    }
  }
  ClearHistory();
  // The present instance keeps the specification that it was started with.
  lifecycle_.SetPendingSpec(std::move(command.spec), PendingUntil::kStopped);
  if (!IsUp()) TakePendingSpec();
  if (!lifecycle_.wanted()) return AnswerNow(command, lifecycle_.latest());
  waiters_.Abort(Waiters::Event::kUp, lifecycle_.spec().name, "reload");
  // A start that an operator commanded passes the hold with the new configuration too.
  const bool by_operator = start_.is_by_operator() || succession_.is_by_operator();
  CancelStart();
  relations_.StartAfter(std::move(command.starts_after));
  if (instance_.exists()) {
    succession_.StartAgain("started with its changed configuration", by_operator);
    BeginStop("being restarted: its configuration changed", std::move(command.ends_after));
  } else {
    StartSoon("started with its changed configuration", by_operator);
  }
  AnswerWhen(Waiters::Event::kTried, "reload", std::move(command));
}

void DaemonRunner::Stage(Command command) {
  const bool is_exited = lifecycle_.state() == DaemonState::kExited;
  // A roll skips a held daemon, and this one is down, so replacing it interrupts nothing.
  if (IsHeld() && lifecycle_.wanted() && !IsUp() && !is_exited) return Replace(std::move(command));
  Record(command);
  lifecycle_.SetPendingSpec(std::move(command.spec),
                            IsHeld() ? PendingUntil::kStart : PendingUntil::kRoll);
  const bool takes_now = !lifecycle_.wanted() || IsHeld() || start_.is_by_operator() || is_exited;
  if (takes_now && !instance_.exists()) {
    TakePendingSpec();
    Recheck();
  } else {
    lifecycle_.PublishNow();
  }
  AnswerNow(command, lifecycle_.latest());
}

void DaemonRunner::Finish(Command command) {
  succession_.Finish(command.kind == Command::Kind::kRemove);
  lifecycle_.SetWanted(false);
  CancelStart();
  for (const auto event : {Waiters::Event::kUp, Waiters::Event::kTried}) {
    if (succession_.is_removal()) waiters_.Abort(event, lifecycle_.spec().name, "removal");
    waiters_.Answer(event, refusal());
  }
  const std::string reason = succession_.StopReason();
  if (!instance_.exists()) {
    RestStopped(reason);
    return AnswerNow(command, lifecycle_.latest());
  }
  BeginStop(absl::StrCat("being stopped: ", reason), std::move(command.ends_after));
  AnswerWhen(Waiters::Event::kGone, "stop", std::move(command));
}

void DaemonRunner::Kill() {
  if (relations_.holds_stop()) StopNow(relations_.ReleaseStop(lifecycle_.spec()));
  if (instance_.exists()) instance_.Kill();
}

void DaemonRunner::Recheck() {
  ContinueHeldStop();
  EndWithPartner();
  // The next step asks for the conditions again, because the start is due.
  start_.SetBlocked(false);
}

bool DaemonRunner::IsUp() const {
  const DaemonState state = lifecycle_.state();
  return instance_.exists() && (state == DaemonState::kStarting || state == DaemonState::kRunning);
}

absl::optional<SpawnFailure> DaemonRunner::WhyItCannotStart(const DaemonSpec& spec) const {
  absl::variant<SpawnRequest, SpawnFailure> request =
      MakeSpawnRequest(spec, context_.child_defaults);
  absl::optional<SpawnFailure> failure;
  if (auto* found = absl::get_if<SpawnFailure>(&request)) {
    failure = std::move(*found);
  } else {
    failure = context_.spawner->WouldFail(absl::get<SpawnRequest>(request));
  }
  // A shortage may be over by the time of the start.
  if (failure.has_value() && failure->IsShortage()) failure.reset();
  return failure;
}

void DaemonRunner::TakePendingSpecIfItCanStart() {
  if (!HasPendingSpec()) return;
  const absl::optional<SpawnFailure> failure = WhyItCannotStart(*lifecycle_.now().pending_spec);
  if (!failure.has_value()) return TakePendingSpec();
  context_.journal->Error(absl::StrCat(Tag(),
                                       " keeps its former configuration; the new one cannot ",
                                       "start: ", DescribeEnd(*failure)));
}

void DaemonRunner::TakePendingSpec() {
  if (!HasPendingSpec()) return;
  lifecycle_.TakePendingSpec();
  relations_.SpecChanged(lifecycle_.spec());
}

void DaemonRunner::AnswerWhen(Waiters::Event event, const char* name, Command command) {
  if (command.no_wait) {
    // A start that is due now is only under way after the next Step.
    if (start_.at() > context_.clock->Now().monotonic) {
      return AnswerNow(command, lifecycle_.latest());
    }
    event = Waiters::Event::kTried;
  }
  waiters_.Add(event, name, context_.clock->Now().monotonic + command.timeout,
               std::move(command.done));
  if (instance_.hangs()) InstanceHangs();
  // The next step looks again, and answers if the start is stuck.
  start_.SetBlocked(false);
}

void DaemonRunner::AnswerNow(const Command& command,
                             const absl::StatusOr<DaemonSnapshotPtr>& outcome) {
  if (command.done) command.done(outcome);
}

}  // namespace hob
