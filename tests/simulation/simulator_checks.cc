// The checks of a server's changes, answers and requests to the kernel.
#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/errors/errors.h"
#include "tests/simulation/simulator.h"
#include "tests/simulation/translation.h"

namespace hob {
namespace simulation {
namespace {

template <typename Counts>
int64_t Sum(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), int64_t{0});
}

}  // namespace

void Simulator::Check(bool holds, const std::string& what) {
  if (holds || is_broken()) return;
  outcome_.violation =
      absl::StrFormat("step %d, %.6f s: %s", steps_, static_cast<double>(now_) / kSecond, what);
  Trace([&] { return absl::StrCat("VIOLATION: ", what); });
}

void Simulator::Violation(int daemon, const std::string& what) {
  Check(false, absl::StrCat(Configurations::NameOf(daemon), ": ", what));
}

void Simulator::Note(const std::string& text) {
  if (trace_.size() == scenario_.trace) trace_.pop_front();
  trace_.push_back(
      absl::StrFormat("%6d %12.6f  %s", steps_, static_cast<double>(now_) / kSecond, text));
}

Nanos Simulator::WallOffset() const {
  const Timestamp now = clock_.Now();
  return absl::ToUnixNanos(now.wall) - absl::ToInt64Nanoseconds(now.monotonic.since_origin());
}

// The kernel.

void Simulator::SpawnBegins(int daemon) {
  // Changes published earlier are checked first.
  ReadChanges();
  Trace([&] { return absl::StrCat(Configurations::NameOf(daemon), " is about to be spawned"); });
  model().SpawnBegins(daemon);
}

void Simulator::Spawned(int daemon, int pid) {
  ++outcome_.spawns;
  Trace([&] { return absl::StrCat(Configurations::NameOf(daemon), " is spawned, pid ", pid); });
  model().Spawned(daemon, pid);
}

void Simulator::NotSpawned(int daemon, const End& end) {
  Trace([&] {
    return absl::StrCat(Configurations::NameOf(daemon), " is not spawned, errno ", end.value);
  });
  ++failed_spawns_[daemon];
  model().NotSpawned(daemon, end);
}

void Simulator::Reaped(int daemon, const End& end) {
  ++outcome_.exits;
  Trace([&] {
    return absl::StrCat(Configurations::NameOf(daemon), " is reaped, ",
                        end.kind == End::Kind::kExited ? "exit code " : "signal ", end.value);
  });
  model().Reaped(daemon, end);
}

void Simulator::Signalled(int daemon, int signal, bool to_tree) {
  Trace([&] {
    return absl::StrCat(Configurations::NameOf(daemon), " gets signal ", signal,
                        to_tree ? ", all of it" : "");
  });
  model().Signalled(daemon, signal, to_tree);
}

void Simulator::Received(int daemon, const NotifyMessage& message) {
  Trace(
      [&] { return absl::StrCat(Configurations::NameOf(daemon), " says ", NameOf(message.kind)); });
  model().Received(daemon, message);
}

void Simulator::Dropped(int daemon, bool clean) {
  Trace([&] { return absl::StrCat(Configurations::NameOf(daemon), " is dropped"); });
  if (!clean) left_alive_.insert(daemon);
  model().Dropped(daemon, clean);
}

// Changes.

// Each change is checked as it is published: later events must not make up for missing earlier
// ones.
void Simulator::SubscribeToChanges() {
  server_->registry.CallAfter(sequence_, [this] {
    ReadChanges();
    SubscribeToChanges();
  });
}

void Simulator::ReadChanges() {
  constexpr int kMany = 1000;
  const Registry& registry = server_->registry;
  if (registry.latest_sequence() == sequence_) return;
  const absl::optional<std::vector<Change>> changes = registry.ChangesAfter(sequence_, kMany);
  if (!changes.has_value()) return Check(false, "there are more changes at once than are kept");
  for (const Change& change : *changes) {
    ++outcome_.changes;
    Check(change.sequence == ++sequence_, "the numbers of changes have a gap");
    const DaemonSnapshot& daemon = *change.daemon;
    Trace([&] {
      return absl::StrCat("  ", daemon.name(), change.removed ? " is gone" : " is ",
                          change.removed ? "" : DaemonStateName(daemon.state), ": ", daemon.reason);
    });
    Check(Sum(daemon.counts.exits_by_kind) == daemon.counts.exits,
          "ends by kind are counted wrongly");
    Check(Sum(daemon.counts.restarts_by_reason) == daemon.counts.restarts,
          "restarts by reason are counted wrongly");
    Check(daemon.runs->size() == std::min<int64_t>(daemon.counts.exits, kMaxEndedRuns),
          "the number of kept runs is wrong");
    if (change.removed) continue;
    if (daemon.unkillable) hung_.insert(Configurations::DaemonOf(daemon.name()));
    model().Observe(Configurations::DaemonOf(daemon.name()),
                    ObservationOf(daemon, SharedConfigurations().NumberOf(daemon.spec.get())));
  }
}

// Answers.

void Simulator::Answered(int number, const absl::StatusOr<DaemonSnapshotPtr>& outcome) {
  Posted& posted = posted_[number];
  const std::string reason = outcome.ok() ? "OK" : GetErrorReason(outcome.status()).reason;
  Trace([&] { return absl::StrCat("command ", number, " is answered: ", reason); });
  Check(++posted.answers == 1, "a command is answered twice");
  const std::string wrong = ProblemWithAnswer(posted, reason, outcome);
  if (!wrong.empty()) {
    Violation(posted.daemon,
              absl::StrCat("command ", number, " is answered ", reason, ": ", wrong));
  }
}

std::string Simulator::ProblemWithAnswer(const Posted& posted, const std::string& reason,
                                         const absl::StatusOr<DaemonSnapshotPtr>& outcome) const {
  const int daemon = posted.daemon;
  const auto unless = [](bool holds, const char* what) { return holds ? "" : what; };
  // While the server ends, a daemon whose worker has ended still blocks those that depend on it.
  if (reason == "BLOCKED" && shutting_down_) return "";
  if (posted.keeps_instance) {
    return unless(reason == "START_FAILED", "the answer must be that a new instance cannot start");
  }
  const bool is_hold = posted.order == Order::kHold || posted.order == Order::kRelease;
  const bool is_removed = posted.order == Order::kRelease && reason == "OVERTAKEN";
  if (is_hold && !is_removed && reason != "OK" && reason != "SHUTTING_DOWN" &&
      reason != "DAEMON_NOT_FOUND") {
    return "a hold or release has no such answer";
  }
  if (reason == "BLOCKED") {
    return unless(posted.order != Order::kStop &&
                      (model().IsStuck(daemon) || model().IsStuckInNextInstance(daemon) ||
                       model().AwaitsRelease(daemon)),
                  "nothing blocks it");
  }
  if (reason == "OK") return ProblemWithSuccess(posted, **outcome);
  if (reason == "SHUTTING_DOWN") return unless(shutting_down_, "the server is not shutting down");
  if (reason == "DAEMON_NOT_FOUND") {
    // A reload without room discards the workers that it has made.
    const bool is_discarded = no_room_ && in_force_.daemons.count(daemon) == 0;
    return unless(!model().IsKnown(daemon) || model().IsEnding(daemon) || is_discarded,
                  "the daemon exists");
  }
  if (reason == "NOT_RUNNING") return unless(posted.order == Order::kSignal, "it was no signal");
  if (posted.order == Order::kSignal) {
    // The kernel refused it, or a shortage of the machine prevented it.
    return unless(
        absl::IsPermissionDenied(outcome.status()) || absl::IsResourceExhausted(outcome.status()),
        "a signal has no such answer");
  }
  if (reason == "TIMED_OUT") {
    return unless(now_ >= posted.posted_at + posted.timeout, "its time is not over");
  }
  const bool stops_others = posted.cascade && posted.order == Order::kStop;
  if (stops_others && (reason == "UNKILLABLE" || reason == "OVERTAKEN")) return "";
  if (reason == "UNKILLABLE") {
    // The process may have ended just now, unseen by the worker.
    return unless(model().Hangs(daemon) || model().seen(daemon).is_unkillable, "it does not hang");
  }
  if (posted.order == Order::kStop) return "a stop has no such answer";
  if (reason == "START_FAILED") {
    return unless(model().exits(daemon) > posted.exits, "nothing has ended");
  }
  return unless(reason == "OVERTAKEN", "there is no such answer");
}

std::string Simulator::ProblemWithSuccess(const Posted& posted,
                                          const DaemonSnapshot& daemon) const {
  if (posted.no_wait) return "";
  switch (posted.order) {
    case Order::kStop:
      return kernel_.Alive(posted.daemon) == 0 ? "" : "processes are alive";
    case Order::kRestart:
      if (!posted.joined_another && model().spawns(posted.daemon) == posted.spawns) {
        return "it is the same instance";
      }
      return daemon.state == DaemonState::kRunning ? "" : "it is not up";
    case Order::kStart:
      return daemon.state == DaemonState::kRunning ? "" : "it is not up";
    default:
      return "";
  }
}

OutputFacts Simulator::Output(int daemon) const {
  OutputFacts facts;
  if (!profile_.keeps_output) return facts;
  const WrittenOutput& written = kernel_.written(daemon);
  for (int stream : {0, 1}) {
    facts.written += written.bytes[stream].size();
    if (!written.bytes[stream].empty()) {
      facts.logged += log_directory_.SizeOf(Configurations::NameOf(daemon), stream);
    }
  }
  facts.written_at = written.written_at;
  facts.can_be_logged = log_directory_.is_there();
  facts.can_be_logged_since = log_directory_.restored_at();
  return facts;
}

void Simulator::CheckLogs() {
  for (int daemon = 0; daemon < profile_.daemons; ++daemon) {
    for (int stream : {0, 1}) {
      const std::string& written = kernel_.written(daemon).bytes[stream];
      if (written.empty()) continue;
      const std::string logged = log_directory_.TextOf(Configurations::NameOf(daemon), stream);
      // Output after the last read waits in the FIFO for the next server.
      const bool is_right =
          left_alive_.count(daemon) == 0 ? written == logged : absl::StartsWith(written, logged);
      if (!is_right) Violation(daemon, "its log differs from its output");
    }
  }
}

void Simulator::DiscardUnreadOutput() {
  for (const int daemon : left_alive_) {
    for (int stream : {0, 1}) {
      if (kernel_.written(daemon).bytes[stream].empty()) continue;
      kernel_.DiscardWritten(daemon, stream,
                             log_directory_.SizeOf(Configurations::NameOf(daemon), stream));
    }
  }
  left_alive_.clear();
}

void Simulator::CheckRolls() {
  for (int daemon = kFirstInstance; daemon < profile_.daemons; ++daemon) {
    if (!model().IsKnown(daemon)) continue;
    const Observation& seen = model().seen(daemon);
    // A roll waits for this one: it is WAITING, or it has announced its end and keeps running.
    const bool says_it_stops = seen.state == Observation::State::kRunning && !seen.ready;
    if (seen.state == Observation::State::kWaiting || says_it_stops) return;
  }
  for (const std::shared_ptr<const Roll>& roll : rolls_) Check(roll->over(), "a roll does not end");
}

void Simulator::CheckAllAnswered() {
  for (int i = 0; i < posted_.size(); ++i) {
    if (posted_[i].answers == 0 && !model().MayWaitForEver(posted_[i].daemon)) {
      Violation(posted_[i].daemon, absl::StrCat("command ", i, " is not answered"));
    }
  }
  Check(pending_reloads_ == 0, "a reload is not answered");
}

// Reloads.

LoadedConfig Simulator::Load() {
  loaded_ = files_;
  loaded_.is_broken |= files_.LackingOne() >= 0;
  plan_ = ExpectedPlan(files_);
  before_reload_ = server_->registry.latest_sequence();
  kept_.clear();
  hung_.clear();
  for (int daemon = 0; daemon < profile_.daemons; ++daemon) {
    if (model().seen(daemon).is_unkillable) hung_.insert(daemon);
  }
  failed_spawns_before_reload_ = failed_spawns_;
  return SharedConfigurations().Load(files_);
}

bool Simulator::NeedsRemoved(int daemon, const std::map<int, PlanAction>& plan) const {
  while (model().IsKnown(daemon)) {
    daemon = DependencyOf(daemon, SettingsOf(model().SettingsOfDaemon(daemon)));
    const auto found = plan.find(daemon);
    if (found != plan.end() && found->second == PlanAction::kRemove) return true;
  }
  return false;
}

std::map<int, PlanAction> Simulator::ExpectedPlan(const Files& wanted) const {
  std::map<int, PlanAction> plan;
  for (const auto& [daemon, settings] : in_force_.daemons) plan[daemon] = PlanAction::kRemove;
  for (const auto& [daemon, settings] : wanted.daemons) {
    const auto running = in_force_.daemons.find(daemon);
    if (running == in_force_.daemons.end()) {
      plan[daemon] = PlanAction::kAdd;
      continue;
    }
    // A daemon whose new program was missing runs with its former settings.
    int former = running->second;
    if (model().IsKept(daemon)) former = model().SettingsOfDaemon(daemon);
    if (ProgramOf(former) != ProgramOf(settings)) {
      plan[daemon] = daemon < kFirstInstance ? PlanAction::kRestart : PlanAction::kRoll;
    } else if (ToSection(daemon, SettingsOf(former)) == ToSection(daemon, SettingsOf(settings))) {
      plan[daemon] = PlanAction::kUnchanged;
    } else {
      plan[daemon] = PlanAction::kUpdate;
    }
  }
  for (auto& [daemon, action] : plan) {
    // An instance that must end before a removed daemon does not wait for its turn.
    if (action == PlanAction::kRoll && NeedsRemoved(daemon, plan)) action = PlanAction::kRestart;
  }
  return plan;
}

void Simulator::Reloaded(bool dry_run, const absl::StatusOr<Reloader::Outcome>& outcome) {
  --pending_reloads_;
  ++outcome_.reloads;
  const std::string reason = outcome.ok() ? "OK" : GetErrorReason(outcome.status()).reason;
  Trace([&] { return absl::StrCat(dry_run ? "dry run: " : "reload: ", reason); });
  if (!outcome.ok()) return CheckNotReloaded(reason);
  if (dry_run) {
    Check(outcome->errors.empty() != loaded_.is_broken, "a dry run is wrong about errors");
    Check(outcome->generation == generation_, "a dry run counts as a reload");
    if (loaded_.is_broken) return;
  } else {
    // Reloads requested together are carried out as one.
    if (!std::exchange(is_counted_, true)) ++generation_;
    Check(outcome->generation == generation_, "the generation of the configuration is wrong");
    in_force_ = loaded_;
    CheckFailures(*outcome);
  }
  CheckReloaded(*outcome);
}

void Simulator::CheckRemovedHaveEnded() {
  for (const auto& [daemon, action] : plan_) {
    if (action != PlanAction::kRemove || kernel_.Alive(daemon) == 0) continue;
    if (!model().seen(daemon).is_unkillable) {
      Violation(daemon, "it is removed and runs while new daemons start");
    }
  }
}

// A reload names the daemons whose new instance did not start, and no others.
void Simulator::CheckFailures(const Reloader::Outcome& outcome) {
  std::set<int> reported;
  for (const auto& [name, daemon] : outcome.outcomes) {
    if (!daemon.failure.empty()) reported.insert(Configurations::DaemonOf(name));
  }
  for (const int daemon : kept_) {
    if (reported.count(daemon) == 0) Violation(daemon, "its failed replacement is not reported");
  }
  for (const int daemon : reported) {
    const bool has_failed = failed_spawns_[daemon] > failed_spawns_before_reload_[daemon];
    if (kept_.count(daemon) == 0 && !has_failed && hung_.count(daemon) == 0) {
      Violation(daemon, "a reload reports a failure that did not happen");
    }
  }
}

void Simulator::CheckReloaded(const Reloader::Outcome& outcome) {
  std::map<int, PlanAction> plan;
  for (const PlanEntry& entry : outcome.plan.daemons)
    plan[Configurations::DaemonOf(entry.name)] = entry.action;
  // A shutdown that interrupts a reload leaves the configuration in force undefined.
  Check(plan == plan_ || shutting_down_, "the plan of a reload is wrong");
  if (outcome.generation != generation_ || shutting_down_) return;
  for (const auto& [daemon, settings] : in_force_.daemons) {
    if (!model().IsKnown(daemon) || (model().SettingsOfDaemon(daemon) != settings &&
                                     model().PendingSettings(daemon) != settings)) {
      Violation(daemon, "it differs from the configuration in force");
    }
  }
  for (const DaemonSnapshotPtr& daemon : server_->registry.All()) {
    Check(WorkerOf(Configurations::DaemonOf(daemon->name())) != nullptr,
          "a listed daemon does not exist");
  }
  for (SimulatedWorker* worker : workers_) {
    const int daemon = worker->daemon();
    const bool is_gone = worker->HasEnded() || in_force_.daemons.count(daemon) > 0;
    if (!is_gone && !model().seen(daemon).is_unkillable)
      Violation(daemon, "it was removed and still exists");
  }
}

void Simulator::CheckNotReloaded(const std::string& reason) {
  if (reason == "SHUTTING_DOWN") return Check(shutting_down_, "the server is not shutting down");
  Check(server_->supervisor->generation() == generation_, "a rejected reload is a new generation");
  if (reason == "INVALID_CONFIG") {
    Check(loaded_.is_broken, "a reload is rejected though nothing is wrong");
    Check(server_->registry.latest_sequence() == before_reload_,
          "a rejected reload changes something");
    return;
  }
  if (reason == "NO_ROOM") return Check(no_room_, "there is room for a reload");
  bool hangs = false;
  for (const auto& [daemon, action] : plan_) {
    hangs |= action == PlanAction::kAdd && model().IsKnown(daemon);
  }
  Check(reason == "UNKILLABLE" && hangs, "a reload is rejected without a reason");
}

}  // namespace simulation
}  // namespace hob
