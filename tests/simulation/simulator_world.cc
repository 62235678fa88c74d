// The actions of the world: commands, reloads, faults, ends of processes and jumps of clocks.
#include <signal.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/simulation/simulator.h"
#include "tests/simulation/translation.h"

namespace hob {
namespace simulation {
namespace {

constexpr Nanos kHour = 60 * kMinute;
constexpr absl::Duration kYear = absl::Hours(24 * 365);

}  // namespace

int Simulator::RandomSettings() {
  return SettingsNumber(random_.Below(kPrograms), random_.Below(kLiveVariants));
}

bool Simulator::Act() {
  // A second signal to a server that is shutting down.
  if (shutting_down_ && random_.Chance(1)) {
    server_->supervisor->KillAll();
    return true;
  }
  if (!shutting_down_ && random_.Below(1000) < profile_.shutdowns && RestoreLogs()) {
    Trace([] { return "the server is told to stop"; });
    shutting_down_ = true;
    server_->supervisor->BeginShutDown([this](bool all_gone) { all_gone_ = all_gone; });
    return true;
  }
  int choice = random_.Below(100);
  if ((choice -= profile_.commands) < 0) return GiveCommand(), true;
  if ((choice -= profile_.reloads) < 0) {
    random_.Chance(60) ? ChangeFiles() : AskForReload();
    return true;
  }
  if ((choice -= profile_.faults) < 0) return InjectFault(), true;
  if ((choice -= profile_.jumps) < 0) return DisturbClock(), true;
  if ((choice -= profile_.messages) < 0) return SendNotifyMessage(), true;
  if ((choice -= profile_.watchers) < 0) return UseWatchers(), true;
  if ((choice -= profile_.verdicts) < 0) return GiveVerdict(), true;
  if (pending_reloads_ > 0 && random_.Chance(20)) CarryOutReloads();
  return false;
}

void Simulator::GiveCommand() {
  const int daemon = random_.Below(profile_.daemons);
  Command command(
      random_.Of({Command::Kind::kStart, Command::Kind::kStart, Command::Kind::kStop,
                  Command::Kind::kStop, Command::Kind::kRestart, Command::Kind::kRestart,
                  Command::Kind::kSignal, Command::Kind::kReopenLogs}),
      Caller{Caller::Kind::kUser, "an operator", ""});
  if (command.kind == Command::Kind::kReopenLogs) return server_->supervisor->ReopenLogs();
  if (daemon >= kFirstInstance && random_.Chance(30)) return GiveRoll();
  if (random_.Chance(profile_.holds)) {
    command.kind = random_.Of({Command::Kind::kHold, Command::Kind::kRelease});
  }
  if (command.kind == Command::Kind::kHold) command.hold = RandomHold();
  command.no_wait = random_.Chance(10);
  command.cascade =
      (command.kind == Command::Kind::kStart || command.kind == Command::Kind::kStop) &&
      random_.Chance(30);
  if (random_.Chance(20)) {
    command.timeout = absl::Milliseconds(random_.Of({0, 1, 100, 5000, 60000}));
  }
  command.signal = random_.Of({SIGHUP, SIGUSR1, SIGKILL, SIGTERM, SIGSTOP, SIGCONT});
  command.signal_all = random_.Chance(50);
  Post(std::move(command), daemon);
}

std::shared_ptr<const Hold> Simulator::RandomHold() {
  Hold hold;
  hold.owner = "an operator";
  hold.create_time = clock_.Now().wall;
  if (random_.Chance(50)) {
    hold.expire_time = hold.create_time + absl::Milliseconds(random_.Of({100, 5000, 600'000}));
  }
  return std::make_shared<const Hold>(std::move(hold));
}

void Simulator::Post(Command command, int daemon) {
  ++outcome_.commands;
  const int number = static_cast<int>(posted_.size());
  Posted posted;
  posted.daemon = daemon;
  posted.order = OrderOf(command.kind);
  posted.no_wait = command.no_wait;
  posted.cascade = command.cascade;
  if (command.timeout != absl::InfiniteDuration()) {
    posted.timeout = absl::ToInt64Nanoseconds(command.timeout);
  }
  posted.posted_at = now_;
  posted.exits = model().exits(daemon);
  posted_.push_back(posted);
  Trace([&] {
    return absl::StrCat("command ", number, ": ", NameOf(posted.order), " ",
                        Configurations::NameOf(daemon));
  });
  command.done = [this, number](const absl::StatusOr<DaemonSnapshotPtr>& outcome) {
    Answered(number, outcome);
  };
  command.caller.reason = absl::StrCat(number);
  server_->supervisor->Post(Configurations::NameOf(daemon), std::move(command));
}

void Simulator::GiveRoll() {
  ++outcome_.commands;
  const bool outdated_only = random_.Chance(30);
  const int daemon = kFirstInstance + random_.Below(profile_.daemons - kFirstInstance);
  const std::string name = random_.Chance(80) ? "w" : Configurations::NameOf(daemon);
  Trace([&] { return absl::StrCat("roll ", name, outdated_only ? ", if outdated" : ""); });
  absl::StatusOr<std::shared_ptr<const Roll>> roll = server_->supervisor->BeginRoll(
      name, Caller{Caller::Kind::kUser, "an operator", ""}, outdated_only, nullptr);
  if (roll.ok()) rolls_.push_back(*std::move(roll));
}

void Simulator::ChangeSet() {
  const int room = profile_.daemons - kFirstInstance;
  if (room <= 0) return;
  const auto first = files_.daemons.find(kFirstInstance);
  int settings = RandomSettings();
  if (first != files_.daemons.end() && random_.Chance(60)) {
    // Often a change of the size alone.
    settings = random_.Chance(50)
                   ? first->second
                   : SettingsNumber(ProgramOf(first->second), random_.Below(kLiveVariants));
  }
  const int instances = random_.Chance(10) ? 0 : 1 + random_.Below(room);
  for (int i = 0; i < room; ++i) {
    files_.daemons.erase(kFirstInstance + i);
    if (i < instances) files_.daemons[kFirstInstance + i] = settings;
  }
}

void Simulator::ChangeFiles() {
  const int daemon = random_.Below(profile_.daemons);
  if (daemon >= kFirstInstance) return ChangeSet();
  const auto found = files_.daemons.find(daemon);
  switch (random_.Below(8)) {
    case 0:
      files_.is_broken = !files_.is_broken;
      return;
    case 1:
      files_.daemons.erase(daemon);
      return;
    case 2:
    case 3:
      if (found != files_.daemons.end()) {
        found->second = SettingsNumber(ProgramOf(found->second), random_.Below(kLiveVariants));
      }
      return;
    default:
      files_.daemons[daemon] = RandomSettings();
  }
}

void Simulator::AskForReload() {
  const bool dry_run = random_.Chance(25);
  ++pending_reloads_;
  Trace([&] { return dry_run ? "a dry run is asked for" : "a reload is asked for"; });
  server_->reloads->Request(dry_run,
                            [this, dry_run](const absl::StatusOr<Reloader::Outcome>& outcome) {
                              Reloaded(dry_run, outcome);
                            });
}

void Simulator::CarryOutReloads() {
  // Only one thread reloads, and a nested reload would wait for a worker that waits for it.
  if (reloads_ || spawning_ > 0 || !RestoreLogs()) return;
  reloads_ = true;
  no_room_ = false;
  is_counted_ = false;
  server_->reloads->CarryOut();
  reloads_ = false;
}

void Simulator::InjectFault() {
  const int daemon = random_.Below(profile_.daemons);
  switch (random_.Below(13)) {
    case 12:
    case 11:
      return kernel_.SetMissing(random_.Below(kPrograms), /*missing=*/random_.Chance(70));
    case 10:
      return ToggleLogDirectory();
    case 0:
      return kernel_.FreezeOne(daemon, /*frozen=*/true);
    case 1:
      return kernel_.FreezeOne(daemon, /*frozen=*/false);
    case 2:
      return kernel_.SetFaultRates(random_.Chance(50) ? NoFaults() : profile_.fault_rates);
    case 3:
      return kernel_.SetDescriptors(random_.Chance(30) ? 0 : profile_.kernel.descriptors);
    case 4:
      return kernel_.Heal();
    default:
      return kernel_.EndOne(
          daemon, random_.Of({End{End::Kind::kKilled, SIGSEGV}, End{End::Kind::kKilled, SIGKILL},
                              End{End::Kind::kExited, 0}, End{End::Kind::kExited, 1}}));
  }
}

void Simulator::ToggleLogDirectory() {
  // hob retries the unwritten output of a removed daemon in real time.
  if (!profile_.keeps_output || reloads_ || shutting_down_) return;
  Trace([this] {
    return log_directory_.is_there() ? "logs cannot be written" : "logs can be written";
  });
  log_directory_.is_there() ? log_directory_.Hide() : log_directory_.Restore(now_);
}

// Restores the directory of the logs. True if no daemon's output waits for its log; otherwise the
// output arrives soon.
bool Simulator::RestoreLogs() {
  log_directory_.Restore(now_);
  if (spawning_ > 0) return !profile_.keeps_output;
  return std::none_of(workers_.begin(), workers_.end(), [this](const SimulatedWorker* worker) {
    return !worker->HasEnded() && model().seen(worker->daemon()).has_log_problem;
  });
}

void Simulator::AwaitLogs() {
  while (!RestoreLogs()) RunStepsUntil(now_ + kSecond);
}

void Simulator::SendNotifyMessage() {
  NotifyMessage message;
  message.kind = random_.Of({NotifyMessage::Kind::kReady, NotifyMessage::Kind::kAlive,
                             NotifyMessage::Kind::kAlive, NotifyMessage::Kind::kTrigger,
                             NotifyMessage::Kind::kStopping, NotifyMessage::Kind::kStatus,
                             NotifyMessage::Kind::kExtendTimeout, NotifyMessage::Kind::kMalformed});
  message.status = random_.Below(3);
  message.time = random_.Of<Nanos>({0, kMillisecond, 5 * kSecond, 2 * kMinute});
  const bool is_own = random_.Chance(70);
  const int first = random_.Below(profile_.daemons);
  for (int i = 0; i < profile_.daemons; ++i) {
    if (kernel_.SendMessage((first + i) % profile_.daemons, message, is_own)) return;
  }
}

void Simulator::GiveVerdict() {
  const std::string daemon = Configurations::NameOf(random_.Below(profile_.daemons));
  if (server_->prober.Find(daemon) == nullptr) return;
  server_->prober.Tell(daemon,
                       random_.Chance(60) ? DaemonHealth::kHealthy : DaemonHealth::kUnhealthy);
}

bool Simulator::MakeHealthy() {
  for (int daemon = 0; daemon < profile_.daemons; ++daemon) {
    const std::string name = Configurations::NameOf(daemon);
    SimulatedWorker* const worker = WorkerOf(daemon);
    if (worker == nullptr || worker->has_mail() || server_->prober.Find(name) == nullptr) continue;
    // A daemon that ends for good takes no verdict.
    if (model().IsEnding(daemon)) continue;
    if (model().seen(daemon).health == Observation::Health::kHealthy) continue;
    server_->prober.Tell(name, DaemonHealth::kHealthy);
    return true;
  }
  return false;
}

void Simulator::DisturbClock() {
  switch (random_.Below(4)) {
    case 0:
      Trace([] { return "the wall clock goes back a year"; });
      return clock_.JumpWall(-kYear);
    case 1:
      Trace([] { return "the wall clock goes forward a year"; });
      return clock_.JumpWall(kYear);
    case 2:
      Trace([] { return "the machine was suspended"; });
      return clock_.Suspend(absl::Hours(8));
    default:
      if (profile_.is_prompt || spawning_ > 0) return;
      Trace([] { return "the machine stands still"; });
      return AdvanceTo(now_ + random_.Of<Nanos>({10 * kSecond, 10 * kMinute, kHour}));
  }
}

void Simulator::UseWatchers() {
  const int which = random_.Below(profile_.watchers);
  if (which >= watchers_.size()) {
    const std::string only =
        random_.Chance(30) ? Configurations::NameOf(random_.Below(profile_.daemons)) : "";
    watchers_.push_back(std::make_unique<Watcher>(server_->registry, profile_.kept_changes, only));
    return;
  }
  Watcher& watcher = *watchers_[which];
  if (random_.Chance(3)) {
    watchers_.erase(watchers_.begin() + which);
    return;
  }
  const std::string problem =
      random_.Chance(10) ? watcher.Resume() : watcher.Read(random_.Of({1, 10, 1000}));
  Check(problem.empty(), problem);
}

}  // namespace simulation
}  // namespace hob
