#include "tests/simulation/simulator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/simulation/translation.h"

namespace hob {
namespace simulation {
namespace {

// A wait for longer than this, without new faults, never ends.
constexpr Nanos kTooLong = 60 * kMinute;
// No server needs this many steps to come to rest.
constexpr int kFarTooManySteps = 1'000'000;
// Longer than every back-off, trial and time-out.
constexpr Nanos kLongEnough = 10 * kMinute;

// Returns one journal for all runs, because a journal has a thread.
// Returns the daemons whose announced ends are not over.
std::set<int> NumbersOf(const std::vector<AwaitedDeparture>& departures) {
  std::set<int> numbers;
  for (const AwaitedDeparture& awaited : departures) {
    if (!awaited.departure.expired()) numbers.insert(Configurations::DaemonOf(awaited.daemon));
  }
  return numbers;
}

Journal& SharedJournal() {
  static Journal& journal = *new Journal;
  return journal;
}

Nanos NanosOf(MonotonicTime time) {
  if (time == MonotonicTime::InfiniteFuture()) return kInfinite;
  // Round up: a deadline a fraction of a nanosecond later is not due yet.
  return absl::ToInt64Nanoseconds(absl::Ceil(time.since_origin(), absl::Nanoseconds(1)));
}

StartBudget::Options BudgetOf(const RunProfile& profile) {
  StartBudget::Options budget;
  if (profile.start_rate > 0) budget.rate = profile.start_rate;
  budget.burst = profile.start_burst;
  return budget;
}

}  // namespace

Simulator::Server::Server(Simulator& simulator)
    : registry(simulator.profile_.kept_changes),
      throttle(BudgetOf(simulator.profile_), [&simulator] { return simulator.random_.Fraction(); }),
      model(simulator, simulator.profile_.start_rate, simulator.profile_.start_burst),
      workforce(simulator) {
  context.clock = &simulator.clock_;
  context.spawner = &simulator.kernel_;
  context.throttle = &throttle;
  context.registry = &registry;
  context.journal = &SharedJournal();
  context.waits = &waits;
  context.prober = &prober;
  context.holds = &simulator.holds_;
  context.child_defaults.notify_dir = simulator.directory_.path();
  if (!simulator.profile_.keeps_output) return;
  LogStore::Options options;
  options.log_dir = simulator.log_directory_.log_dir();
  options.fifo_dir = simulator.directory_.path() + "/fifo";
  context.child_defaults.fifo_dir = options.fifo_dir;
  logs = std::make_unique<LogStore>(std::move(options));
  context.logs = logs.get();
}

Simulator::Simulator(const Scenario& scenario)
    : scenario_(scenario),
      random_(scenario.seed),
      profile_(random_),
      now_(NanosOf(clock_.Now().monotonic)),
      kernel_(profile_.kernel, random_, *this,
              [this](int daemon, Nanos time) { WhileSpawning(daemon, time); }),
      log_directory_(directory_.path()) {
  kernel_.AdvanceTo(now_);
  kernel_.SetFaultRates(profile_.fault_rates);
}

Outcome Simulator::Run() {
  for (int i = 0; i < std::min(profile_.daemons, kFirstInstance); ++i) {
    if (random_.Chance(80)) files_.daemons[i] = RandomSettings();
  }
  ChangeSet();
  while (steps_ < scenario_.steps && !is_broken()) LiveOnce();
  outcome_.trace.assign(trace_.begin(), trace_.end());
  return std::move(outcome_);
}

// The life of a server.

void Simulator::LiveOnce() {
  Begin();
  while (WorldMayAct() && !shutting_down_) RunStep(kInfinite);
  if (!shutting_down_ && !is_broken() && random_.Chance(50)) ProveLiveness();
  ShutDown();
  Finish();
}

void Simulator::Begin() {
  ++outcome_.servers;
  Trace([] { return "a server begins"; });
  files_.is_broken = false;
  for (int daemon = files_.LackingOne(); daemon >= 0; daemon = files_.LackingOne()) {
    files_.daemons.erase(daemon);
  }
  in_force_ = files_;
  generation_ = 1;
  sequence_ = 0;
  shutting_down_ = false;
  all_gone_.reset();
  gave_up_ = false;
  server_ = std::make_unique<Server>(*this);
  SubscribeToChanges();
  server_->supervisor =
      std::make_unique<Supervisor>(server_->context, Load().config, server_->workforce);
  Reloader::Options options;
  options.load = [this] { return Load(); };
  server_->reloads =
      std::make_unique<Reloader>(std::move(options), *server_->supervisor, SharedJournal());
  Check(server_->supervisor->Populate().ok(), "the daemons of the configuration are not made");
  // A daemon that is added later is not held.
  left_holds_.clear();
  server_->supervisor->Boot();
}

void Simulator::ProveLiveness() {
  Trace([] { return "no more faults"; });
  kernel_.SetFaultRates(NoFaults());
  kernel_.SetDescriptors(profile_.kernel.pids);
  kernel_.Heal();
  const int steps = std::exchange(steps_, scenario_.steps);
  AwaitLogs();
  CarryOutReloads();
  for (int daemon = 0; daemon < profile_.daemons; ++daemon) {
    Post(Command(Command::Kind::kRelease, {Caller::Kind::kUser, "an operator", ""}), daemon);
  }
  for (int part = 0; part < 10; ++part) {
    RunStepsUntil(now_ + kLongEnough / 10);
    EndUnlimitedStops();
  }
  for (SimulatedWorker* worker : workers_) {
    if (!model().HasSettled(worker->daemon())) {
      Violation(worker->daemon(), absl::StrCat("it does not come to rest: it is ",
                                               NameOf(model().seen(worker->daemon()).state)));
    }
  }
  CheckAllAnswered();
  CheckRolls();
  steps_ = steps;
  kernel_.SetFaultRates(profile_.fault_rates);
}

void Simulator::ShutDown() {
  if (!shutting_down_) {
    AwaitLogs();
    Trace([] { return "the server is told to stop"; });
    shutting_down_ = true;
    server_->supervisor->BeginShutDown([this](bool all_gone) { all_gone_ = all_gone; });
  }
  Wait([this] { return all_gone_.has_value(); }, "the server does not end");
}

void Simulator::Finish() {
  watchers_.clear();
  server_->reloads = nullptr;
  for (int daemon = 0; daemon < profile_.daemons; ++daemon) {
    if (const Nanos ends = model().HoldEnds(daemon); ends != 0) left_holds_[daemon] = ends;
  }
  server_->supervisor = nullptr;
  CheckLogs();
  Check(workers_.empty(), "a worker is left");
  for (const std::shared_ptr<const Roll>& roll : rolls_) Check(roll->over(), "a roll does not end");
  rolls_.clear();
  Check(rolling_.empty(), "a command of a roll is not answered");
  CheckAllAnswered();
  Check(kernel_.open_descriptors() == 0, "a descriptor is left");
  Check(*all_gone_ != gave_up_, "the answer to the shutdown is wrong");
  // Processes that hung are left.
  kernel_.KillLeftovers();
  Check(kernel_.AliveInAll() == 0 && kernel_.zombies() == 0, "a process is left");
  DiscardUnreadOutput();
  server_ = nullptr;
  posted_.clear();
  pending_reloads_ = 0;
}

// Workers.

bool Simulator::AdmitWorker(const DaemonSpec& spec) {
  // The first workers of a server must all be made.
  if (reloads_ && random_.Chance(3)) {
    no_room_ = true;
    return false;
  }
  const int daemon = Configurations::DaemonOf(spec.name);
  const auto left = left_holds_.find(daemon);
  model().Created(daemon, SharedConfigurations().NumberOf(&spec),
                  left == left_holds_.end() ? 0 : left->second);
  return true;
}

void Simulator::WorkerMade(SimulatedWorker* worker) {
  workers_.push_back(worker);
  ReadChanges();
}

void Simulator::WorkerGone(SimulatedWorker* worker) {
  workers_.erase(std::find(workers_.begin(), workers_.end(), worker));
}

void Simulator::RunToEnd(SimulatedWorker* worker) {
  const Nanos begun = now_;
  while (!worker->HasEnded()) {
    Turn(*worker);
    if (!worker->HasEnded()) PassTime(kInfinite);
    if (now_ - begun > kMinute) EndUnlimitedStops();
    if (now_ - begun > kTooLong) FailStuck("a worker does not end");
  }
}

void Simulator::RunUntil(const absl::Notification& answered) {
  Wait([&answered] { return answered.HasBeenNotified(); }, "a reload does not end");
}

void Simulator::WillPost(int daemon, Command& command) {
  if (command.kind != Command::Kind::kRoll) return;
  const bool takes_down = model().IsSeenReady(daemon) && rolling_.count(daemon) == 0;
  int down = 0;
  for (int other = kFirstInstance; other < profile_.daemons; ++other) {
    if (!model().IsKnown(other) || model().IsLeftOut(other)) continue;
    down += rolling_.count(other) > 0 || !model().IsSeenReady(other);
  }
  const int pending = model().PendingSettings(daemon);
  const int settings = pending >= 0 ? pending : model().SettingsOfDaemon(daemon);
  if (takes_down && down >= SettingsOf(settings).max_unavailable) {
    Violation(daemon, "a roll takes it down though too many are down");
  }
  rolling_.insert(daemon);
  command.done = [this, daemon,
                  done = std::move(command.done)](const absl::StatusOr<DaemonSnapshotPtr>& answer) {
    rolling_.erase(rolling_.find(daemon));
    done(answer);
  };
}

void Simulator::Wait(absl::FunctionRef<bool()> is_over, const char* otherwise) {
  // While the world acts, the wait may last.
  Nanos quiet_since = now_;
  while (!is_over()) {
    RunStep(kInfinite);
    if (WorldMayAct()) quiet_since = now_;
    if (now_ - quiet_since > kMinute) EndUnlimitedStops();
    if (now_ - quiet_since > kTooLong) FailStuck(otherwise);
  }
}

void Simulator::EndUnlimitedStops() {
  for (int daemon = 0; daemon < profile_.daemons; ++daemon) {
    if (model().IsStoppedWithoutEnd(daemon)) kernel_.EndAllOf(daemon);
  }
}

SimulatedWorker* Simulator::WorkerOf(int daemon) {
  for (SimulatedWorker* worker : workers_) {
    if (worker->daemon() == daemon && !worker->HasEnded()) return worker;
  }
  return nullptr;
}

// Turns.

bool Simulator::WorldMayAct() const { return steps_ < scenario_.steps && !is_broken(); }

void Simulator::RunStep(Nanos limit) {
  if (++steps_ > scenario_.steps + kFarTooManySteps) FailStuck("the run does not come to rest");
  if (WorldMayAct() ? Act() : MakeHealthy()) return;
  SimulatedWorker* const worker = PickDueWorker();
  // Without promptness, a worker may get its turn late.
  if (worker != nullptr && (profile_.is_prompt || !WorldMayAct() || random_.Chance(85))) {
    return Turn(*worker);
  }
  PassTime(limit);
}

void Simulator::RunStepsUntil(Nanos time) {
  while (now_ < time || PickDueWorker() != nullptr) RunStep(time);
}

bool Simulator::IsDue(SimulatedWorker& worker) {
  if (worker.is_busy || worker.HasEnded()) return false;
  return worker.has_mail() || kernel_.HasWakeup(worker.daemon()) ||
         NanosOf(worker.runner().NextDeadline()) <= now_ || HasOutput(worker);
}

bool Simulator::HasOutput(SimulatedWorker& worker) {
  if (!kernel_.HasWritten(worker.daemon())) return false;
  fds_.clear();
  worker.runner().AppendPollFds(fds_);
  if (poll(fds_.data(), fds_.size(), 0) > 0) return true;
  // A pipe in which output may accumulate has a deadline.
  if (worker.runner().NextDeadline() == MonotonicTime::InfiniteFuture()) {
    kernel_.ClearWritten(worker.daemon());
  }
  return false;
}

SimulatedWorker* Simulator::PickDueWorker() {
  SimulatedWorker* found = nullptr;
  int due = 0;
  for (SimulatedWorker* worker : workers_) {
    if (IsDue(*worker) && random_.Below(++due) == 0) found = worker;
  }
  return found;
}

void Simulator::Turn(SimulatedWorker& worker) {
  const int daemon = worker.daemon();
  worker.is_busy = true;
  std::vector<Command> mail = worker.TakeMail();
  kernel_.ClearWakeup(daemon);
  model().RoundBegins(daemon);
  for (Command& command : mail) Take(worker, std::move(command));
  worker.runner().Step();
  ReadChanges();
  worker.is_busy = false;
  if (!worker.runner().finished()) {
    model().RoundEnds(daemon, !IsDue(worker));
    return;
  }
  // One more command may come before the mailbox is closed.
  if (WorldMayAct() && random_.Chance(20)) GiveCommand();
  worker.Close();
  gave_up_ |= model().seen(daemon).is_unkillable;
  model().Finished(daemon);
}

void Simulator::Take(SimulatedWorker& worker, Command command) {
  const int daemon = worker.daemon();
  const Order order = OrderOf(command.kind);
  Trace([&] { return absl::StrCat(Configurations::NameOf(daemon), " takes ", NameOf(order)); });
  // A command to another daemon may include this one.
  int number = -1;
  const bool is_posted = absl::SimpleAtoi(command.caller.reason, &number) &&
                         posted_[number].daemon == daemon && !command.spec;
  int detail = command.signal + (command.signal_all ? kToAll : 0);
  if (order == Order::kVerdict) {
    const bool is_healthy = command.verdict.health == DaemonHealth::kHealthy;
    const bool is_running = server_->prober.IsRunning(command.verdict.check);
    detail = !is_running ? kIsLate : is_healthy ? kIsHealthy : kIsUnhealthy;
  }
  if (order == Order::kRoll) detail = command.is_automatic ? kIsAutomatic : 0;
  if (command.spec != nullptr) detail = SharedConfigurations().NumberOf(command.spec.get());
  const bool is_blocked = model().IsBlocked(daemon, order);
  const bool keeps_instance = !is_blocked && model().KeepsInstance(daemon, order, detail);
  if (keeps_instance && order == Order::kReplace) kept_.insert(daemon);
  if (is_posted) {
    Posted& posted = posted_[number];
    posted.spawns = model().spawns(daemon);
    posted.joined_another = model().IsRestarting(daemon);
    posted.keeps_instance = keeps_instance;
  }
  const auto planned = plan_.find(daemon);
  const bool is_new = reloads_ && planned != plan_.end() && planned->second == PlanAction::kAdd;
  if (order == Order::kBoot && is_new) CheckRemovedHaveEnded();
  if (order == Order::kHold) {
    const absl::optional<absl::Time>& ends = command.hold->expire_time;
    model().TakesHold(ends.has_value() ? absl::ToUnixNanos(*ends) : kInfinite);
  }
  model().TakesAfter(NumbersOf(command.ends_after), NumbersOf(command.starts_after));
  model().Takes(daemon, order, detail);
  worker.runner().Handle(std::move(command));
  model().HasTaken(daemon);
  ReadChanges();
}

// Time.

void Simulator::PassTime(Nanos limit) {
  Nanos next = NextEvent();
  if (next >= kInfinite) next = now_ + 10 * kSecond;
  Nanos time = next;
  if (WorldMayAct()) {
    const int choice = random_.Below(10);
    if (choice < 3) time = now_ + static_cast<Nanos>(random_.Fraction() * (next - now_));
    if (choice == 3 && !profile_.is_prompt) {
      time = now_ + random_.Of<Nanos>({kMillisecond, 100 * kMillisecond, 5 * kSecond});
    }
  }
  // A due worker that is not prompt lets time pass, too.
  AdvanceTo(std::min(limit, std::max(time, now_)));
}

void Simulator::AdvanceTo(Nanos time) {
  if (time > now_) {
    clock_.Advance(absl::Nanoseconds(time - now_));
    now_ = time;
  }
  // A process may be due at once.
  kernel_.AdvanceTo(now_);
}

Nanos Simulator::NextEvent() {
  Nanos next = kernel_.NextEvent();
  for (SimulatedWorker* worker : workers_) {
    if (worker->is_busy || worker->HasEnded()) continue;
    next = std::min(next, NanosOf(worker->runner().NextDeadline()));
  }
  return next;
}

void Simulator::WhileSpawning(int daemon, Nanos time) {
  Trace([&] { return absl::StrCat(Configurations::NameOf(daemon), " is spawned slowly"); });
  ++spawning_;
  const Nanos end = now_ + time;
  while (now_ < end) RunStep(end);
  --spawning_;
}

void Simulator::FailStuck(const char* what) {
  Check(false, what);
  outcome_.trace.assign(trace_.begin(), trace_.end());
  scenario_.stuck(outcome_);
}

Outcome Simulate(const Scenario& scenario) { return Simulator(scenario).Run(); }

}  // namespace simulation
}  // namespace hob
