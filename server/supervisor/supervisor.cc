#include "server/supervisor/supervisor.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "server/daemon/daemon_name.h"
#include "server/daemon/dependency.h"
#include "server/errors/errors.h"
#include "server/registry/registry.h"
#include "server/supervisor/dependents.h"
#include "server/text/nearest.h"

namespace hob {
namespace {

// Greatest edit distance of a suggested name.
constexpr int kNearDistance = 2;
constexpr int kMaxNearNames = 3;

Command Make(Command::Kind kind) { return Command(kind, Caller::Server()); }

std::vector<std::string> NamesWith(const Plan& plan, PlanAction action) {
  std::vector<std::string> names;
  for (const PlanEntry& entry : plan.daemons) {
    if (entry.action == action) names.push_back(entry.name);
  }
  return names;
}

// True for a command that ends an instance.
bool EndsInstance(const Command& command) {
  return command.kind == Command::Kind::kStop || command.kind == Command::Kind::kRemove ||
         command.kind == Command::Kind::kReplace || command.kind == Command::Kind::kShutDown;
}

// Makes each of the commands that end an instance wait for those of its dependents; and with
// `wanted`, the new specifications, makes each start wait for the end of its dependencies. Ends
// never wait in a cycle, although the daemons may run with different generations of the
// configuration.
void AddOrder(const std::vector<DaemonSnapshotPtr>& daemons, ChangeWaits& waits,
              std::map<std::string, Command>& commands, const DaemonSpecs* wanted = nullptr) {
  const Dependents dependents = FindDependents(daemons);
  std::map<std::string, int> rank;
  for (const std::string& name : DependentsFirst(daemons)) rank.emplace(name, rank.size());
  std::set<std::string> ending;
  for (auto& [name, command] : commands) {
    if (!EndsInstance(command)) continue;
    ending.insert(name);
    command.departure = std::make_shared<const Departure>(name, waits);
  }
  for (const std::string& name : ending) {
    for (const std::string& other : DependentsAmong(dependents, name, ending)) {
      if (rank[other] >= rank[name]) continue;
      commands.at(name).ends_after.push_back({other, commands.at(other).departure});
    }
  }
  if (wanted == nullptr) return;
  for (auto& [name, command] : commands) {
    const bool starts =
        command.kind == Command::Kind::kBoot || command.kind == Command::Kind::kReplace;
    if (!starts) continue;
    for (const Dependency& dependency : wanted->at(name)->depends_on) {
      if (ending.count(dependency.daemon) == 0) continue;
      command.starts_after.push_back({dependency.daemon, commands.at(dependency.daemon).departure});
    }
  }
}

// True for a daemon that a reload leaves alone until its next start, because it is held.
bool IsHeldUp(const DaemonSnapshot& daemon) { return daemon.hold != nullptr && IsUp(daemon); }

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
  const bool waits = daemon.state == DaemonState::kWaiting || waits_for_budget;
  if (!daemon.wanted || daemon.pid != 0 || daemon.runs->empty() || waits) return "";
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
  // A worker may wait for the end of its daemon's dependents, and is woken only while it is here.
  for (const std::string& name : DependentsFirst(context_.registry->Now()->daemons))
    TakeWorker(name);
  context_.waits->SetWake(nullptr);
  if (context_.prober != nullptr) context_.prober->SetReport(nullptr);
}

absl::Status Supervisor::Populate() {
  context_.waits->SetWake([this](const std::string& name) { Wake(name); });
  if (context_.prober != nullptr) {
    context_.prober->SetReport(
        [this](const std::string& name, const CheckVerdict& verdict) { Tell(name, verdict); });
  }
  DaemonSpecs specs;
  {
    absl::MutexLock lock(&mu_);
    specs = config_.daemons;
  }
  std::vector<std::string> names;
  for (const auto& [name, spec] : specs) names.push_back(name);
  ForgetOtherHolds({names.begin(), names.end()});
  absl::StatusOr<Workers> made = MakeWorkers(names, specs);
  if (!made.ok()) return made.status();
  absl::MutexLock lock(&mu_);
  workers_ = *std::move(made);
  return absl::OkStatus();
}

void Supervisor::ForgetOtherHolds(const std::set<std::string>& names) {
  if (context_.holds == nullptr) return;
  for (const std::string& name : context_.holds->KeepOnly(names)) {
    context_.journal->Warning(absl::StrCat("the hold on ", name, " ends: there is no such daemon"));
  }
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
  if (command.kind == Command::Kind::kHold) {
    command.done = [this, name,
                    done = std::move(command.done)](absl::StatusOr<DaemonSnapshotPtr> outcome) {
      if (outcome.ok()) EndRollOf(name, "hold");
      if (done) done(std::move(outcome));
    };
  }
  if (!command.cascade) return PostToOne(name, std::move(command));
  if (command.kind == Command::Kind::kStart) {
    return StartWithDependencies(name, std::move(command));
  }
  StopWithDependents(name, std::move(command));
}

void Supervisor::StartWithDependencies(const std::string& name, Command command) {
  const auto find = [this](const std::string& other) { return context_.registry->Find(other); };
  // The daemons that must be started; others are on their way.
  std::set<std::string> down;
  std::set<std::string> visited;
  std::vector<std::string> open = {name};
  while (!open.empty()) {
    const DaemonSnapshotPtr daemon = find(open.back());
    open.pop_back();
    if (daemon == nullptr || !visited.insert(daemon->name()).second) continue;
    const bool is_down = daemon->name() != name && !ComesUpByItself(*daemon);
    if (is_down && daemon->hold != nullptr) continue;
    if (is_down) down.insert(daemon->name());
    for (const Dependency& dependency : UnmetDependencies(*daemon->spec, find)) {
      open.push_back(dependency.daemon);
    }
  }
  if (down.empty()) return PostToOne(name, std::move(command));
  // The daemon itself is started once the others are on their way: else it would see that they are
  // down, and fail.
  const Caller caller = command.caller;
  const auto left = std::make_shared<std::atomic<int>>(down.size());
  const auto last = std::make_shared<Command>(std::move(command));
  for (const std::string& other : down) {
    Command start(Command::Kind::kStart, caller);
    start.no_wait = true;
    start.done = [this, name, left, last](const absl::StatusOr<DaemonSnapshotPtr>&) {
      if (left->fetch_sub(1) == 1) PostToOne(name, std::move(*last));
    };
    PostToOne(other, std::move(start));
  }
}

void Supervisor::StopWithDependents(const std::string& name, Command command) {
  const std::shared_ptr<const Registry::View> view = context_.registry->Now();
  const std::set<std::string> all = AllDependents(FindDependents(view->daemons), {name});
  std::map<std::string, Command> commands;
  for (const DaemonSnapshotPtr& daemon : view->daemons) {
    if (all.count(daemon->name()) == 0 || daemon->hold != nullptr) continue;
    if (!daemon->wanted && !IsAlive(*daemon)) continue;
    commands.emplace(daemon->name(), Command(Command::Kind::kStop, command.caller));
  }
  commands.erase(name);
  const DaemonSnapshotPtr daemon = context_.registry->Find(name);
  if (!commands.empty() && !command.no_wait && daemon != nullptr && !IsAlive(*daemon)) {
    // The daemon's own stop is over at once: the caller waits for those of its dependents.
    Command own(Command::Kind::kStop, command.caller);
    AnswerAfterStops(name, std::exchange(command, std::move(own)), commands);
  }
  commands.emplace(name, std::move(command));
  AddOrder(view->daemons, *context_.waits, commands);
  for (auto& [other, stop] : commands) PostToOne(other, std::move(stop));
}

void Supervisor::AnswerAfterStops(const std::string& name, Command command,
                                  std::map<std::string, Command>& stops) {
  struct Progress {
    absl::Mutex mu;
    size_t left ABSL_GUARDED_BY(mu);
    absl::Status failure ABSL_GUARDED_BY(mu);
    Command command;
  };
  const absl::Duration timeout = command.timeout;
  const std::shared_ptr<Progress> progress(
      new Progress{{}, stops.size(), absl::OkStatus(), std::move(command)});
  for (auto& [other, stop] : stops) {
    stop.timeout = timeout;
    stop.done = [this, name, progress](const absl::StatusOr<DaemonSnapshotPtr>& outcome) {
      absl::Status failure;
      {
        absl::MutexLock lock(&progress->mu);
        // A daemon that a reload has removed meanwhile has ended as well.
        if (!absl::IsNotFound(outcome.status())) progress->failure.Update(outcome.status());
        if (--progress->left > 0) return;
        failure = progress->failure;
      }
      if (failure.ok()) return PostToOne(name, std::move(progress->command));
      if (progress->command.done) progress->command.done(failure);
    };
  }
}

void Supervisor::Wake(const std::string& name) {
  if (Roll::IsWaitName(name)) {
    std::shared_ptr<Roll> roll;
    {
      absl::MutexLock lock(&mu_);
      for (const auto& [set, candidate] : rolls_) {
        if (candidate->wait_name() == name) roll = candidate;
      }
    }
    if (roll != nullptr) roll->Look();
    return;
  }
  const std::shared_ptr<Worker> worker = FindWorker(name);
  if (worker != nullptr) worker->Post(Make(Command::Kind::kRecheck), ShuttingDown());
}

void Supervisor::Tell(const std::string& name, const CheckVerdict& verdict) {
  const std::shared_ptr<Worker> worker = FindWorker(name);
  if (worker == nullptr) return;
  Command command = Make(Command::Kind::kVerdict);
  command.verdict = verdict;
  worker->Post(std::move(command), ShuttingDown());
}

void Supervisor::PostToOne(const std::string& name, Command command) {
  std::shared_ptr<Worker> worker;
  {
    absl::MutexLock lock(&mu_);
    const auto found = workers_.find(name);
    if (found != workers_.end() && !shutting_down_) worker = found->second;
  }
  if (worker != nullptr) return worker->Post(std::move(command), DaemonNotFound(name, {}));
  if (command.done) command.done(WhyNotFound(name));
}

absl::StatusOr<std::shared_ptr<const Roll>> Supervisor::BeginRoll(const std::string& name,
                                                                  const Caller& caller,
                                                                  bool outdated_only,
                                                                  std::function<void()> on_event) {
  Roll::Plan plan;
  plan.name = name;
  plan.caller = caller;
  bool is_known = false;
  const std::shared_ptr<const Registry::View> view = context_.registry->Now();
  for (const DaemonSnapshotPtr& daemon : view->daemons) {
    if (ConfiguredName(daemon->name()) != ConfiguredName(name)) continue;
    plan.set.insert(daemon->name());
    if (daemon->name() != name && daemon->spec->instance_of != name) continue;
    is_known = true;
    const bool is_outdated = daemon->latest_spec().generation != daemon->running_generation;
    if (is_outdated || !outdated_only) plan.members.push_back(daemon->name());
  }
  if (!is_known) return WhyNotFound(name);
  plan.in_progress = InProgress(name);
  const auto roll = std::make_shared<Roll>(std::move(plan), RollContext(std::move(on_event)));
  if (absl::Status begun = Begin(roll); !begun.ok()) return begun;
  return roll;
}

absl::Status Supervisor::Begin(const std::shared_ptr<Roll>& roll) {
  std::shared_ptr<Roll> former;
  {
    absl::MutexLock lock(&mu_);
    if (shutting_down_) return ShuttingDown();
    for (auto roll_of_set = rolls_.begin(); roll_of_set != rolls_.end();) {
      roll_of_set =
          roll_of_set->second->over() ? rolls_.erase(roll_of_set) : std::next(roll_of_set);
    }
    former = std::exchange(rolls_[std::string(ConfiguredName(roll->name()))], roll);
  }
  if (former != nullptr) former->End(Overtaken(former->name(), "roll", "roll"));
  roll->Begin();
  return absl::OkStatus();
}

std::shared_ptr<ReplacementsInProgress> Supervisor::InProgress(const std::string& name) {
  absl::MutexLock lock(&mu_);
  std::shared_ptr<ReplacementsInProgress>& shared = in_progress_[std::string(ConfiguredName(name))];
  if (shared == nullptr) shared = std::make_shared<ReplacementsInProgress>();
  return shared;
}

Roll::Context Supervisor::RollContext(std::function<void()> on_event) {
  Roll::Context context;
  context.registry = context_.registry;
  context.journal = context_.journal;
  context.waits = context_.waits;
  context.post = [this](const std::string& name, Command command) {
    PostToOne(name, std::move(command));
  };
  context.on_event = std::move(on_event);
  return context;
}

void Supervisor::EndRollOf(const std::string& name, const char* later) {
  std::shared_ptr<Roll> roll;
  {
    absl::MutexLock lock(&mu_);
    const auto found = rolls_.find(std::string(ConfiguredName(name)));
    if (found == rolls_.end() || !found->second->Includes(name)) return;
    roll = std::move(found->second);
    rolls_.erase(found);
  }
  roll->End(Overtaken(roll->name(), "roll", later));
}

void Supervisor::BeginRolls(const Plan& plan, const Caller& caller) {
  std::map<std::string, Roll::Plan> rolls;
  for (const PlanEntry& entry : plan.daemons) {
    const std::string set(ConfiguredName(entry.name));
    if (entry.action == PlanAction::kRoll) rolls[set].members.push_back(entry.name);
  }
  for (const PlanEntry& entry : plan.daemons) {
    const auto roll = rolls.find(std::string(ConfiguredName(entry.name)));
    const bool is_left = entry.action != PlanAction::kRemove;
    if (roll != rolls.end() && is_left) roll->second.set.insert(entry.name);
  }
  for (auto& [set, roll] : rolls) {
    roll.name = set;
    roll.caller = caller;
    roll.is_automatic = true;
    roll.in_progress = InProgress(set);
    // The server may have begun to stop.
    Begin(std::make_shared<Roll>(std::move(roll), RollContext(nullptr))).IgnoreError();
  }
}

Config Supervisor::Running() const {
  Config running;
  {
    absl::MutexLock lock(&mu_);
    running = config_;
  }
  for (auto& [name, spec] : running.daemons) {
    const DaemonSnapshotPtr daemon = context_.registry->Find(name);
    if (daemon != nullptr && daemon->keeps_former_spec()) spec = daemon->spec;
  }
  return running;
}

Plan Supervisor::PlanFor(const Config& wanted) const {
  Plan plan = MakePlan(Running(), wanted);
  const std::shared_ptr<const Registry::View> view = context_.registry->Now();
  std::set<std::string> gone;
  for (const std::string& name : NamesWith(plan, PlanAction::kRemove)) {
    // A set that loses instances is still there.
    const absl::optional<InstanceName> instance = ParseInstanceName(name);
    const bool is_set_left =
        instance.has_value() && wanted.daemons.count(absl::StrCat(instance->set, "@1")) > 0;
    if (!is_set_left) gone.insert(name);
  }
  const std::set<std::string> further = AllDependents(FindDependents(view->daemons), gone);
  for (PlanEntry& entry : plan.daemons) {
    // An instance that depends on a removed daemon must end first, and cannot wait for its turn.
    if (entry.action == PlanAction::kRoll && further.count(entry.name) > 0) {
      entry.action = PlanAction::kRestart;
    }
    const bool restarts = entry.action == PlanAction::kRestart || entry.action == PlanAction::kRoll;
    const DaemonSnapshotPtr daemon = context_.registry->Find(entry.name);
    entry.held = restarts && daemon != nullptr && IsHeldUp(*daemon);
  }
  return plan;
}

absl::StatusOr<AppliedPlan> Supervisor::Apply(Config wanted, const Caller& caller) {
  {
    // A shutdown during the previous reload leaves workers_ and config_ inconsistent.
    absl::MutexLock lock(&mu_);
    if (shutting_down_) return ShuttingDown();
  }
  AppliedPlan applied;
  applied.plan = PlanFor(wanted);
  SetGenerations(wanted, applied.plan);
  // All steps that can fail come first; after them, the reload is carried out completely.
  const std::vector<std::string> added = NamesWith(applied.plan, PlanAction::kAdd);
  if (absl::Status gone = CheckGone(added); !gone.ok()) return gone;
  absl::StatusOr<Workers> made = MakeWorkers(added, wanted.daemons);
  if (!made.ok()) return made.status();
  // From here on the new daemons are listed, and clients may send them commands.
  if (!Adopt(*std::move(made))) return ShuttingDown();
  for (const PlanEntry& entry : applied.plan.daemons) {
    const bool is_affected =
        entry.action == PlanAction::kRemove || CommandFor(entry, wanted).has_value();
    if (is_affected) EndRollOf(entry.name, "reload");
  }
  Answers answers;
  RemoveWorkers(applied, wanted, caller, answers);
  CarryOut(applied, wanted, caller, std::move(answers));
  BeginRolls(applied.plan, caller);
  absl::MutexLock lock(&mu_);
  if (shutting_down_) return ShuttingDown();
  // [hob] settings need a restart of the server; until then, plans compare with the running ones.
  wanted.server = std::move(config_.server);
  config_ = std::move(wanted);
  ++generation_;
  return applied;
}

void Supervisor::SetGenerations(Config& wanted, const Plan& plan) const {
  const Config running = Running();
  const int64_t generation = this->generation() + 1;
  for (const PlanEntry& entry : plan.daemons) {
    if (entry.action == PlanAction::kRemove) continue;
    std::shared_ptr<const DaemonSpec>& spec = wanted.daemons.at(entry.name);
    if (entry.action == PlanAction::kUnchanged) {
      spec = running.daemons.at(entry.name);
    } else {
      auto changed = std::make_shared<DaemonSpec>(*spec);
      changed->generation = generation;
      spec = std::move(changed);
    }
  }
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
  Workers workers;
  std::map<std::string, std::shared_ptr<Roll>> rolls;
  {
    absl::MutexLock lock(&mu_);
    workers = workers_;
    rolls.swap(rolls_);
  }
  for (const auto& [set, roll] : rolls) roll->End(ShuttingDown());
  if (workers.empty()) return done(true);
  const auto left = std::make_shared<std::atomic<int>>(workers.size());
  const auto all_gone = std::make_shared<std::atomic<bool>>(true);
  std::map<std::string, Command> commands;
  for (const auto& [name, worker] : workers) {
    Command command = Make(Command::Kind::kShutDown);
    command.done = [left, all_gone, done](const absl::StatusOr<DaemonSnapshotPtr>& ended) {
      if (absl::IsFailedPrecondition(ended.status())) *all_gone = false;
      if (left->fetch_sub(1) == 1) done(*all_gone);
    };
    commands.emplace(name, std::move(command));
  }
  AddOrder(context_.registry->Now()->daemons, *context_.waits, commands);
  for (auto& [name, command] : commands) {
    workers.at(name)->Post(std::move(command), ShuttingDown());
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

void Supervisor::RemoveWorkers(AppliedPlan& applied, const Config& wanted, const Caller& caller,
                               Answers& answers) {
  const std::vector<std::string> gone = NamesWith(applied.plan, PlanAction::kRemove);
  const std::shared_ptr<const Registry::View> view = context_.registry->Now();
  const std::set<std::string> further =
      AllDependents(FindDependents(view->daemons), {gone.begin(), gone.end()});
  std::map<std::string, Command> commands;
  for (const std::string& name : gone) commands.emplace(name, Make(Command::Kind::kRemove));
  const std::vector<std::string> restarted = NamesWith(applied.plan, PlanAction::kRestart);
  const auto must_end_first = [&](const std::string& name) { return further.count(name) > 0; };
  // All of them, since these in turn may start only after others that restart.
  if (std::any_of(restarted.begin(), restarted.end(), must_end_first)) {
    for (const std::string& name : restarted) {
      Command command(Command::Kind::kReplace, caller);
      command.spec = wanted.daemons.at(name);
      commands.emplace(name, std::move(command));
    }
  }
  AddOrder(view->daemons, *context_.waits, commands, &wanted.daemons);
  for (auto& [name, command] : commands) {
    if (command.kind != Command::Kind::kReplace || further.count(name) == 0) continue;
    for (const std::string& other : gone) {
      command.starts_after.push_back({other, commands.at(other).departure});
    }
  }
  answers = PostAndWait(std::move(commands));
  // Moved out under the lock, and joined without it.
  std::vector<std::shared_ptr<Worker>> workers;
  absl::MutexLock lock(&mu_);
  for (const std::string& name : gone) {
    const absl::Status& ended = answers.at(name).status();
    if (!ended.ok()) {
      applied.outcomes[name].failure = WhyNotDone(ended);
      continue;
    }
    workers.push_back(std::move(workers_[name]));
    workers_.erase(name);
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

void Supervisor::CarryOut(AppliedPlan& applied, const Config& wanted, const Caller& caller,
                          Answers answers) {
  std::map<std::string, Command> commands;
  for (const PlanEntry& entry : applied.plan.daemons) {
    if (answers.count(entry.name) > 0) continue;
    absl::optional<Command> command = CommandFor(entry, wanted);
    if (!command.has_value()) continue;
    command->caller = caller;
    commands.emplace(entry.name, *std::move(command));
  }
  AddOrder(context_.registry->Now()->daemons, *context_.waits, commands, &wanted.daemons);
  answers.merge(PostAndWait(std::move(commands)));

  for (PlanEntry& entry : applied.plan.daemons) {
    const auto answer = answers.find(entry.name);
    if (answer == answers.end() || entry.action == PlanAction::kRemove) continue;
    const bool starts = entry.action == PlanAction::kAdd || entry.action == PlanAction::kRestart;
    const absl::Status& status = answer->second.status();
    std::string failure = WhyNotDone(status);
    if (status.ok() && starts) failure = WhyNotStarted(**answer->second);
    const bool restarts = entry.action == PlanAction::kRestart || entry.action == PlanAction::kRoll;
    entry.held = restarts && status.ok() && (*answer->second)->keeps_former_spec() &&
                 IsHeldUp(**answer->second);
    if (!failure.empty()) applied.outcomes[entry.name].failure = std::move(failure);
  }
  NoteOutcomes(applied);
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
    case PlanAction::kRoll:
      command.kind = Command::Kind::kStage;
      break;
    case PlanAction::kUnchanged: {
      // The files are back to the running configuration: discard the pending one, which the daemon
      // may have taken since the plan was made.
      const DaemonSnapshotPtr daemon = context_.registry->Find(entry.name);
      const bool differs = daemon != nullptr && (daemon->keeps_former_spec() ||
                                                 daemon->spec != wanted.daemons.at(entry.name));
      if (!differs) return absl::nullopt;
      break;
    }
    case PlanAction::kUpdate:
      break;
  }
  command.spec = wanted.daemons.at(entry.name);
  return command;
}

void Supervisor::NoteOutcomes(AppliedPlan& applied) {
  for (const PlanEntry& entry : applied.plan.daemons) {
    if (entry.action == PlanAction::kUnchanged) continue;
    const DaemonSnapshotPtr daemon = context_.registry->Find(entry.name);
    if (daemon != nullptr) applied.outcomes[entry.name].state = daemon->state;
  }
}

Supervisor::Answers Supervisor::PostAndWait(std::map<std::string, Command>&& commands) {
  if (commands.empty()) return {};
  Answers answers;
  for (const auto& [name, command] : commands) answers.emplace(name, absl::UnknownError(""));
  std::atomic<int> left(commands.size());
  absl::Notification answered;
  for (auto& [name, command] : commands) {
    absl::StatusOr<DaemonSnapshotPtr>& place = answers.at(name);
    command.done = [&](absl::StatusOr<DaemonSnapshotPtr> answer) {
      place = std::move(answer);
      if (left.fetch_sub(1) == 1) answered.Notify();
    };
    FindWorker(name)->Post(std::move(command), ShuttingDown());
  }
  workforce_.Await(answered);
  return answers;
}

std::shared_ptr<Worker> Supervisor::TakeWorker(const std::string& name) {
  absl::MutexLock lock(&mu_);
  const auto found = workers_.find(name);
  if (found == workers_.end()) return nullptr;
  std::shared_ptr<Worker> worker = std::move(found->second);
  workers_.erase(found);
  return worker;
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
  int instances = 0;
  for (const auto& [known, worker] : workers_) {
    if (known != name && ConfiguredName(known) == name) ++instances;
  }
  if (instances > 0) return SetIsNoDaemon(name, instances);
  for (const auto& [known, worker] : workers_) {
    if (near.size() == kMaxNearNames) break;
    // The daemon was added in the meantime, so it is not a suggestion.
    if (known == name) continue;
    const std::string set(ConfiguredName(known));
    if (EditDistance(name, known, kNearDistance) <= kNearDistance) {
      near.push_back(known);
    } else if (EditDistance(name, set, kNearDistance) <= kNearDistance &&
               (near.empty() || near.back() != set)) {
      near.push_back(set);
    }
  }
  return DaemonNotFound(name, near);
}

}  // namespace hob
