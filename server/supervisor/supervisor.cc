#include "server/supervisor/supervisor.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/synchronization/notification.h"
#include "server/errors/errors.h"
#include "server/registry/registry.h"
#include "server/text/nearest.h"

namespace hob {
namespace {

// Greatest edit distance of a suggested name.
constexpr int kNearDistance = 2;
constexpr int kMaxNearNames = 3;

// The reason of NotReplaced. No other answer to a command of a reload has this reason.
constexpr char kStartFailedReason[] = "START_FAILED";

Command Make(Command::Kind kind) { return Command(kind, Caller::Server()); }

std::vector<std::string> NamesWith(const Plan& plan, PlanAction action) {
  std::vector<std::string> names;
  for (const PlanEntry& entry : plan.daemons) {
    if (entry.action == action) names.push_back(entry.name);
  }
  return names;
}

// Returns the reason why a command of a reload was not carried out; empty if it was, or if a later
// command or the end of the server replaced it.
std::string WhyNotDone(const absl::Status& answer) {
  return absl::IsFailedPrecondition(answer) ? std::string(answer.message()) : "";
}

// Returns the reason why the start requested by a reload has failed; empty if it has not, or was
// not tried yet.
std::string WhyNotStarted(const DaemonSnapshot& daemon) {
  const bool waits_for_budget =
      daemon.throttle != nullptr && daemon.throttle->rule == ThrottleRule::kBudget;
  if (!daemon.wanted || daemon.pid != 0 || daemon.runs->empty() || waits_for_budget) return "";
  const EndOfProcess& end = daemon.runs->front().exit.end;
  if (!absl::holds_alternative<SpawnFailure>(end)) return "";
  return std::string(StartFailed(daemon.name(), DescribeEnd(end)).message());
}

}  // namespace

Supervisor::Supervisor(const DaemonRunner::Context& context, Config config, Workforce& workforce)
    : context_(context), workforce_(workforce), config_(std::move(config)) {}

Supervisor::~Supervisor() {
  // If the server failed before it began to serve, nothing has stopped the workers yet.
  BeginShutDown([](bool) {});
}

absl::Status Supervisor::Populate() {
  DaemonSpecs specs;
  {
    absl::MutexLock lock(&mu_);
    specs = config_.daemons;
  }
  std::vector<std::string> names;
  for (const auto& [name, spec] : specs) names.push_back(name);
  absl::StatusOr<Workers> made = MakeWorkers(names, specs);
  if (!made.ok()) return made.status();
  absl::MutexLock lock(&mu_);
  workers_ = *std::move(made);
  return absl::OkStatus();
}

void Supervisor::Boot() {
  std::vector<std::shared_ptr<Worker>> wanted;
  {
    absl::MutexLock lock(&mu_);
    if (shutting_down_) return;
    for (const auto& [name, worker] : workers_) {
      if (config_.daemons.at(name)->autostart) wanted.push_back(worker);
    }
  }
  for (const auto& worker : wanted) worker->Post(Make(Command::Kind::kBoot), ShuttingDown());
}

void Supervisor::Post(const std::string& name, Command command) {
  std::shared_ptr<Worker> worker;
  {
    absl::MutexLock lock(&mu_);
    const auto found = workers_.find(name);
    if (found != workers_.end() && !shutting_down_) worker = found->second;
  }
  if (worker != nullptr) return worker->Post(std::move(command), DaemonNotFound(name, {}));
  if (command.done) command.done(WhyNotFound(name));
}

Plan Supervisor::PlanFor(const Config& wanted) const {
  absl::MutexLock lock(&mu_);
  if (kept_.empty()) return MakePlan(config_, wanted);
  Config running = config_;
  for (const std::string& name : kept_) {
    const DaemonSnapshotPtr daemon = context_.registry->Find(name);
    if (daemon != nullptr) running.daemons[name] = daemon->spec;
  }
  return MakePlan(running, wanted);
}

absl::StatusOr<AppliedPlan> Supervisor::Apply(Config wanted, const Caller& caller) {
  {
    // A shutdown during the previous reload leaves workers_ and config_ inconsistent.
    absl::MutexLock lock(&mu_);
    if (shutting_down_) return ShuttingDown();
  }
  AppliedPlan applied;
  applied.plan = PlanFor(wanted);
  // All steps that can fail come first; after them, the reload is carried out completely.
  const std::vector<std::string> added = NamesWith(applied.plan, PlanAction::kAdd);
  if (absl::Status gone = CheckGone(added); !gone.ok()) return gone;
  absl::StatusOr<Workers> made = MakeWorkers(added, wanted.daemons);
  if (!made.ok()) return made.status();
  // From here on the new daemons are listed, and clients may send them commands.
  if (!Adopt(*std::move(made))) return ShuttingDown();
  RemoveWorkers(applied);
  CarryOut(applied, wanted, caller);
  absl::MutexLock lock(&mu_);
  if (shutting_down_) return ShuttingDown();
  // [hob] settings need a restart of the server; until then, plans compare with the running ones.
  wanted.server = std::move(config_.server);
  config_ = std::move(wanted);
  ++generation_;
  return applied;
}

int64_t Supervisor::generation() const {
  absl::MutexLock lock(&mu_);
  return generation_;
}

void Supervisor::BeginShutDown(const std::function<void(bool all_gone)>& done) {
  {
    absl::MutexLock lock(&mu_);
    if (std::exchange(shutting_down_, true)) return;
  }
  const std::vector<std::shared_ptr<Worker>> workers = AllWorkers();
  if (workers.empty()) return done(true);
  const auto left = std::make_shared<std::atomic<int>>(workers.size());
  const auto all_gone = std::make_shared<std::atomic<bool>>(true);
  for (const auto& worker : workers) {
    Command command = Make(Command::Kind::kShutDown);
    command.done = [left, all_gone, done](const absl::StatusOr<DaemonSnapshotPtr>& ended) {
      if (absl::IsFailedPrecondition(ended.status())) *all_gone = false;
      if (left->fetch_sub(1) == 1) done(*all_gone);
    };
    worker->Post(std::move(command), ShuttingDown());
  }
}

void Supervisor::ReopenLogs() {
  for (const auto& worker : AllWorkers()) {
    worker->Post(Make(Command::Kind::kReopenLogs), ShuttingDown());
  }
}

void Supervisor::KillAll() {
  for (const auto& worker : AllWorkers()) {
    worker->Post(Make(Command::Kind::kKill), ShuttingDown());
  }
}

absl::StatusOr<Supervisor::Workers> Supervisor::MakeWorkers(const std::vector<std::string>& names,
                                                            const DaemonSpecs& specs) {
  Workers made;
  for (const std::string& name : names) {
    absl::StatusOr<std::unique_ptr<Worker>> worker = workforce_.Make(specs.at(name), context_);
    if (!worker.ok()) {
      Discard(made);
      return worker.status();
    }
    made[name] = *std::move(worker);
  }
  return made;
}

void Supervisor::RemoveWorkers(AppliedPlan& applied) {
  std::vector<std::pair<std::shared_ptr<Worker>, Command>> commands;
  const std::vector<std::string> gone = NamesWith(applied.plan, PlanAction::kRemove);
  for (const std::string& name : gone) {
    commands.emplace_back(FindWorker(name), Make(Command::Kind::kRemove));
  }
  const std::vector<absl::StatusOr<DaemonSnapshotPtr>> ended = PostAndWait(std::move(commands));
  // Moved out under the lock, and joined without it.
  std::vector<std::shared_ptr<Worker>> workers;
  absl::MutexLock lock(&mu_);
  for (int i = 0; i < gone.size(); ++i) {
    if (!ended[i].ok()) {
      applied.outcomes[gone[i]].failure = WhyNotDone(ended[i].status());
      continue;
    }
    workers.push_back(std::move(workers_[gone[i]]));
    workers_.erase(gone[i]);
  }
}

absl::Status Supervisor::CheckGone(const std::vector<std::string>& names) {
  std::vector<std::shared_ptr<Worker>> workers;
  absl::MutexLock lock(&mu_);
  for (const std::string& name : names) {
    const auto found = workers_.find(name);
    if (found == workers_.end()) continue;
    if (!found->second->HasEnded()) {
      const DaemonSnapshotPtr daemon = context_.registry->Find(name);
      return Unkillable(name, daemon == nullptr ? "" : daemon->reason);
    }
    workers.push_back(std::move(found->second));
    workers_.erase(found);
  }
  return absl::OkStatus();
}

bool Supervisor::Adopt(Workers made) {
  {
    absl::MutexLock lock(&mu_);
    if (!shutting_down_) {
      workers_.insert(made.begin(), made.end());
      return true;
    }
  }
  Discard(made);
  return false;
}

void Supervisor::Discard(const Workers& made) {
  for (const auto& [name, worker] : made) {
    worker->Post(Make(Command::Kind::kRemove), ShuttingDown());
  }
}

void Supervisor::CarryOut(AppliedPlan& applied, const Config& wanted, const Caller& caller) {
  std::vector<const PlanEntry*> entries;
  std::vector<std::pair<std::shared_ptr<Worker>, Command>> commands;
  for (const PlanEntry& entry : applied.plan.daemons) {
    absl::optional<Command> command = CommandFor(entry, wanted);
    if (!command.has_value()) continue;
    command->caller = caller;
    entries.push_back(&entry);
    commands.emplace_back(FindWorker(entry.name), *std::move(command));
  }
  const std::vector<absl::StatusOr<DaemonSnapshotPtr>> answers = PostAndWait(std::move(commands));
  std::set<std::string> kept;
  for (int i = 0; i < entries.size(); ++i) {
    const PlanEntry& entry = *entries[i];
    const bool starts = entry.action == PlanAction::kAdd || entry.action == PlanAction::kRestart;
    const absl::Status& status = answers[i].status();
    std::string failure = WhyNotDone(status);
    if (status.ok() && starts) failure = WhyNotStarted(**answers[i]);
    if (GetErrorReason(status).reason == kStartFailedReason) kept.insert(entry.name);
    if (!failure.empty()) applied.outcomes[entry.name].failure = std::move(failure);
  }
  NoteOutcomes(applied, kept);
}

absl::optional<Command> Supervisor::CommandFor(const PlanEntry& entry, const Config& wanted) const {
  Command command = Make(Command::Kind::kUpdate);
  switch (entry.action) {
    case PlanAction::kRemove:
      return absl::nullopt;
    case PlanAction::kAdd:
      if (!wanted.daemons.at(entry.name)->autostart) return absl::nullopt;
      return Make(Command::Kind::kBoot);
    case PlanAction::kRestart:
      command.kind = Command::Kind::kReplace;
      break;
    case PlanAction::kUnchanged: {
      // The files are back to the running configuration: discard the one that could not be started.
      absl::MutexLock lock(&mu_);
      if (kept_.count(entry.name) == 0) return absl::nullopt;
      break;
    }
    case PlanAction::kUpdate:
      break;
  }
  command.spec = wanted.daemons.at(entry.name);
  return command;
}

void Supervisor::NoteOutcomes(AppliedPlan& applied, const std::set<std::string>& kept) {
  for (const PlanEntry& entry : applied.plan.daemons) {
    if (entry.action == PlanAction::kUnchanged) continue;
    const DaemonSnapshotPtr daemon = context_.registry->Find(entry.name);
    if (daemon != nullptr) applied.outcomes[entry.name].state = daemon->state;
  }
  absl::MutexLock lock(&mu_);
  kept_ = kept;
}

std::vector<absl::StatusOr<DaemonSnapshotPtr>> Supervisor::PostAndWait(
    std::vector<std::pair<std::shared_ptr<Worker>, Command>>&& commands) {
  std::vector<absl::StatusOr<DaemonSnapshotPtr>> answers(commands.size());
  if (commands.empty()) return answers;
  std::atomic<int> left(commands.size());
  absl::Notification answered;
  for (int i = 0; i < commands.size(); ++i) {
    auto& [worker, command] = commands[i];
    command.done = [&, i](absl::StatusOr<DaemonSnapshotPtr> answer) {
      answers[i] = std::move(answer);
      if (left.fetch_sub(1) == 1) answered.Notify();
    };
    worker->Post(std::move(command), ShuttingDown());
  }
  workforce_.Await(answered);
  return answers;
}

std::shared_ptr<Worker> Supervisor::FindWorker(const std::string& name) const {
  absl::MutexLock lock(&mu_);
  const auto found = workers_.find(name);
  return found == workers_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<Worker>> Supervisor::AllWorkers() const {
  absl::MutexLock lock(&mu_);
  std::vector<std::shared_ptr<Worker>> all;
  for (const auto& [name, worker] : workers_) all.push_back(worker);
  return all;
}

absl::Status Supervisor::WhyNotFound(const std::string& name) const {
  std::vector<std::string> near;
  absl::MutexLock lock(&mu_);
  if (shutting_down_) return ShuttingDown();
  for (const auto& [known, worker] : workers_) {
    if (near.size() == kMaxNearNames) break;
    // The daemon was added in the meantime, so it is not a suggestion.
    if (known == name) continue;
    if (EditDistance(name, known, kNearDistance) <= kNearDistance) near.push_back(known);
  }
  return DaemonNotFound(name, near);
}

}  // namespace hob
