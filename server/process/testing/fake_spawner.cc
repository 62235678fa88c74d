#include "server/process/testing/fake_spawner.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/posix/unique_fd.h"

namespace hob {
namespace {

bool IsHarmless(int signal) {
  return signal == SIGCONT || signal == SIGCHLD || signal == SIGURG || signal == SIGWINCH;
}

}  // namespace

// A main process and its children.
struct FakeSpawner::Process {
  pid_t pid = 0;
  std::string name;
  FakeProgram program;
  // When and how the main process ends, if known.
  MonotonicTime ends_at = MonotonicTime::InfiniteFuture();
  EndOfProcess end;
  bool ended = false;
  bool reaped = false;
  bool children_alive = false;
  // When the children end, if known.
  MonotonicTime children_end_at = MonotonicTime::InfiniteFuture();
  // Number of looks that still see the children after KILL.
  absl::optional<int> looks_left;
  std::vector<SentSignal> signals;
  // Readable once the main process has ended.
  UniqueFd exit_fd;
  // Its copy of the readiness descriptor.
  UniqueFd ready_fd;
  bool given_up = false;
};

class FakeSpawner::FakeInstance : public Instance {
 public:
  FakeInstance(FakeSpawner& kernel, Process& process)
      : kernel_(kernel), process_(process), pid_(process.pid) {}
  ~FakeInstance() override { kernel_.GiveUp(process_); }

  pid_t pid() const override { return pid_; }
  int exit_fd() const override { return kernel_.ExitFd(process_); }
  absl::optional<ReapedProcess> TryReap() override { return kernel_.TryReap(process_); }
  absl::Status SetMain(pid_t process) override {
    absl::Status status = kernel_.SetMain(process_, process);
    if (status.ok()) pid_ = process;
    return status;
  }
  absl::Status SignalMain(int signal) override {
    return kernel_.Send(process_, signal, /*to_tree=*/false);
  }
  absl::Status SignalTree(int signal) override {
    return kernel_.Send(process_, signal, /*to_tree=*/true);
  }
  int CountAlive() override { return kernel_.CountAlive(process_); }
  bool IsGone() override { return kernel_.IsGone(process_); }
  bool Contains(pid_t process) override { return process == pid_; }
  int tree_fd() override { return -1; }

 private:
  FakeSpawner& kernel_;
  Process& process_;
  pid_t pid_;
};

FakeSpawner::FakeSpawner(const Clock& clock, Wakes wakes) : clock_(clock), wakes_(wakes) {}

FakeSpawner::~FakeSpawner() = default;

SpawnResult FakeSpawner::Spawn(const SpawnRequest& request) {
  absl::MutexLock lock(&mu_);
  requests_.push_back(request);
  starts_.push_back({clock_.Now().monotonic, !failures_.empty() && failures_.front().IsShortage()});
  Tally& tally = tallies_[request.name];
  if (!failures_.empty()) {
    ++tally.failed;
    SpawnFailure failure = std::move(failures_.front());
    failures_.pop_front();
    return failure;
  }
  if (absl::optional<SpawnFailure> failure = WhyMissing(request)) {
    ++tally.failed;
    return *std::move(failure);
  }
  auto process = std::make_unique<Process>();
  process->pid = next_pid_++;
  process->name = request.name;
  process->program = program_;
  process->ends_at = clock_.Now().monotonic + program_.lifetime;
  process->end = program_.end;
  process->children_alive = program_.has_children;
  if (wakes_ == Wakes::kByDescriptor) process->exit_fd.Reset(eventfd(0, EFD_CLOEXEC));
  for (const PassedDescriptor& passed : request.descriptors) {
    if (passed.stage != "ready_fd") continue;
    process->ready_fd.Reset(fcntl(passed.fd, F_DUPFD_CLOEXEC, 0));
  }
  Process& spawned = *process;
  processes_[spawned.pid] = std::move(process);
  // The previous instance was kept only for its signals.
  pid_t& last = last_pids_[request.name];
  const auto before = processes_.find(last);
  if (before != processes_.end() && before->second->given_up && !IsAlive(*before->second)) {
    processes_.erase(before);
  }
  last = spawned.pid;
  ++tally.spawned;
  tally.most_alive = std::max(tally.most_alive, AliveLocked(request.name));
  return std::make_unique<FakeInstance>(*this, spawned);
}

void FakeSpawner::AddLeftover(const std::string& name) {
  absl::MutexLock lock(&mu_);
  auto process = std::make_unique<Process>();
  process->pid = next_pid_++;
  process->name = name;
  process->program = program_;
  process->program.looks_to_end_children = -1;
  process->ended = true;
  process->reaped = true;
  process->children_alive = true;
  last_pids_[name] = process->pid;
  leftovers_.push_back(process.get());
  processes_[process->pid] = std::move(process);
  tallies_[name].most_alive = 1;
}

std::unique_ptr<Instance> FakeSpawner::TakeLeftover(const std::string& name) {
  absl::MutexLock lock(&mu_);
  const auto found = std::find_if(leftovers_.begin(), leftovers_.end(),
                                  [&](const Process* left) { return left->name == name; });
  if (found == leftovers_.end()) return nullptr;
  Process& process = **found;
  leftovers_.erase(found);
  return std::make_unique<FakeInstance>(*this, process);
}

absl::optional<SpawnFailure> FakeSpawner::WouldFail(const SpawnRequest& request) {
  absl::MutexLock lock(&mu_);
  return WhyMissing(request);
}

absl::optional<SpawnFailure> FakeSpawner::WhyMissing(const SpawnRequest& request) const {
  const std::string& program = request.argv[0];
  if (missing_.count(program) == 0) return absl::nullopt;
  return SpawnFailure{"exec", ENOENT, program + ": No such file or directory"};
}

void FakeSpawner::SetMissing(const std::string& path, bool missing) {
  absl::MutexLock lock(&mu_);
  if (missing) {
    missing_.insert(path);
  } else {
    missing_.erase(path);
  }
}

void FakeSpawner::Forget(const std::string& name) {
  absl::MutexLock lock(&mu_);
  forgotten_.push_back(name);
}

void FakeSpawner::SetProgram(const FakeProgram& program) {
  absl::MutexLock lock(&mu_);
  program_ = program;
}

void FakeSpawner::FailNextSpawn(const SpawnFailure& failure) {
  absl::MutexLock lock(&mu_);
  failures_.push_back(failure);
}

bool FakeSpawner::End(const std::string& name, const EndOfProcess& end) {
  absl::MutexLock lock(&mu_);
  Process* process = LiveOf(name);
  if (process == nullptr) return false;
  EndLocked(*process, end);
  return true;
}

bool FakeSpawner::WriteReady(const std::string& name, const std::string& text) {
  absl::MutexLock lock(&mu_);
  const Process* process = LiveOf(name);
  return process != nullptr && process->ready_fd.ok() &&
         write(process->ready_fd.get(), text.data(), text.size()) == text.size();
}

bool FakeSpawner::CloseReady(const std::string& name) {
  absl::MutexLock lock(&mu_);
  Process* process = LiveOf(name);
  if (process == nullptr || !process->ready_fd.ok()) return false;
  process->ready_fd.Reset();
  return true;
}

void FakeSpawner::SetNextPid(pid_t pid) {
  absl::MutexLock lock(&mu_);
  next_pid_ = pid;
}

void FakeSpawner::EndChildren(const std::string& name) {
  absl::MutexLock lock(&mu_);
  for (auto& [pid, process] : processes_) {
    if (process->name == name) process->children_alive = false;
  }
}

void FakeSpawner::Unhang() {
  absl::MutexLock lock(&mu_);
  for (auto& [pid, process] : processes_) {
    process->program.survives.erase(SIGKILL);
    process->program.looks_to_end_children = 0;
    process->looks_left.reset();
  }
}

pid_t FakeSpawner::LivePid(const std::string& name) const {
  absl::MutexLock lock(&mu_);
  const Process* process = LiveOf(name);
  return process == nullptr ? 0 : process->pid;
}

int FakeSpawner::Alive(const std::string& name) const {
  absl::MutexLock lock(&mu_);
  return AliveLocked(name);
}

MonotonicTime FakeSpawner::NextEvent() const {
  absl::MutexLock lock(&mu_);
  MonotonicTime next = MonotonicTime::InfiniteFuture();
  for (const auto& [pid, process] : processes_) {
    if (process->given_up) continue;
    if (process->children_alive) next = std::min(next, process->children_end_at);
    if (process->reaped) continue;
    next = process->ended ? MonotonicTime() : std::min(next, process->ends_at);
    if (process->ended) break;
  }
  return next;
}

std::vector<SpawnRequest> FakeSpawner::requests() const {
  absl::MutexLock lock(&mu_);
  return requests_;
}

int FakeSpawner::Spawned(const std::string& name) const {
  absl::MutexLock lock(&mu_);
  return TallyOf(name).spawned;
}

int FakeSpawner::Failed(const std::string& name) const {
  absl::MutexLock lock(&mu_);
  return TallyOf(name).failed;
}

std::vector<FakeSpawner::Start> FakeSpawner::starts() const {
  absl::MutexLock lock(&mu_);
  return starts_;
}

int FakeSpawner::Reaped(const std::string& name) const {
  absl::MutexLock lock(&mu_);
  return TallyOf(name).reaped;
}

std::vector<FakeSpawner::SentSignal> FakeSpawner::Signals(const std::string& name) const {
  absl::MutexLock lock(&mu_);
  const Process* process = LastOf(name);
  return process == nullptr ? std::vector<SentSignal>() : process->signals;
}

int FakeSpawner::MostAliveAtOnce(const std::string& name) const {
  absl::MutexLock lock(&mu_);
  return TallyOf(name).most_alive;
}

int FakeSpawner::abandoned() const {
  absl::MutexLock lock(&mu_);
  return abandoned_;
}

std::vector<std::string> FakeSpawner::forgotten() const {
  absl::MutexLock lock(&mu_);
  return forgotten_;
}

bool FakeSpawner::AwaitSpawned(const std::string& name, int count, absl::Duration patience) const {
  const auto spawned = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return TallyOf(name).spawned >= count;
  };
  absl::MutexLock lock(&mu_);
  return mu_.AwaitWithTimeout(absl::Condition(&spawned), patience);
}

bool FakeSpawner::AwaitSignal(const std::string& name, int signal, absl::Duration patience) const {
  const auto sent = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const Process* process = LastOf(name);
    if (process == nullptr) return false;
    const std::vector<SentSignal>& signals = process->signals;
    return std::any_of(signals.begin(), signals.end(),
                       [signal](const SentSignal& s) { return s.signal == signal; });
  };
  absl::MutexLock lock(&mu_);
  return mu_.AwaitWithTimeout(absl::Condition(&sent), patience);
}

// Applies the ends that are due by now. Returns true if the main process is still alive.
bool FakeSpawner::Tick(Process& process) const {
  if (process.children_end_at <= clock_.Now().monotonic) process.children_alive = false;
  if (!process.ended && process.ends_at <= clock_.Now().monotonic) EndLocked(process, process.end);
  return !process.ended;
}

bool FakeSpawner::IsAlive(Process& process) const {
  const bool main_alive = Tick(process);
  return main_alive || process.children_alive;
}

int FakeSpawner::AliveLocked(const std::string& name) const {
  int alive = 0;
  for (const auto& [pid, process] : processes_) {
    if (process->name == name && IsAlive(*process)) ++alive;
  }
  return alive;
}

void FakeSpawner::EndLocked(Process& process, const EndOfProcess& end) const {
  process.ended = true;
  process.end = end;
  process.ready_fd.Reset();
  if (process.exit_fd.ok()) eventfd_write(process.exit_fd.get(), 1);
}

FakeSpawner::Process* FakeSpawner::LastOf(const std::string& name) const {
  const auto last = last_pids_.find(name);
  return last == last_pids_.end() ? nullptr : processes_.at(last->second).get();
}

FakeSpawner::Process* FakeSpawner::LiveOf(const std::string& name) const {
  Process* process = LastOf(name);
  return process != nullptr && Tick(*process) ? process : nullptr;
}

FakeSpawner::Tally FakeSpawner::TallyOf(const std::string& name) const {
  const auto found = tallies_.find(name);
  return found == tallies_.end() ? Tally() : found->second;
}

absl::optional<ReapedProcess> FakeSpawner::TryReap(Process& process) {
  absl::MutexLock lock(&mu_);
  if (Tick(process) || process.reaped) return absl::nullopt;
  process.reaped = true;
  process.exit_fd.Reset();
  ++tallies_[process.name].reaped;
  return ReapedProcess{process.end, ResourceUsage()};
}

absl::Status FakeSpawner::Send(Process& process, int signal, bool to_tree) {
  absl::MutexLock lock(&mu_);
  const bool main_alive = Tick(process);
  if (!(to_tree ? IsAlive(process) : main_alive)) return absl::NotFoundError("no such process");
  const FakeProgram& program = process.program;
  if (program.refuses_signals) {
    return absl::PermissionDeniedError("Operation not permitted: process 7 runs as uid 0");
  }
  const MonotonicTime now = clock_.Now().monotonic;
  process.signals.push_back({signal, to_tree, now});
  if (to_tree && signal == SIGKILL && process.children_alive && !process.looks_left.has_value()) {
    process.looks_left = program.looks_to_end_children;
    if (*process.looks_left == 0) process.children_alive = false;
  }
  if (to_tree && !IsHarmless(signal) && program.children_dying_takes.has_value()) {
    process.children_end_at =
        std::min(process.children_end_at, now + *program.children_dying_takes);
  }
  if (!main_alive || IsHarmless(signal) || program.survives.count(signal) > 0) {
    return absl::OkStatus();
  }
  EndOfProcess end = KilledBySignal{signal, false};
  if (program.code_on_signal.has_value() && signal != SIGKILL) {
    end = ExitedWithCode{*program.code_on_signal};
  }
  if (program.dying_takes <= absl::ZeroDuration()) {
    EndLocked(process, end);
  } else if (now + program.dying_takes < process.ends_at) {
    process.ends_at = now + program.dying_takes;
    process.end = end;
  }
  return absl::OkStatus();
}

absl::Status FakeSpawner::SetMain(Process& process, pid_t pid) {
  absl::MutexLock lock(&mu_);
  if (pid != process.program.successor) return absl::InvalidArgumentError("it is none of its own");
  process.pid = pid;
  return absl::OkStatus();
}

int FakeSpawner::CountAlive(Process& process) {
  absl::MutexLock lock(&mu_);
  return (Tick(process) ? 1 : 0) + (process.children_alive ? 1 : 0);
}

bool FakeSpawner::IsGone(Process& process) {
  absl::MutexLock lock(&mu_);
  Tick(process);
  if (process.looks_left.has_value() && *process.looks_left > 0 && --*process.looks_left == 0) {
    process.children_alive = false;
  }
  return process.reaped && !process.children_alive;
}

int FakeSpawner::ExitFd(const Process& process) const {
  absl::MutexLock lock(&mu_);
  return process.exit_fd.get();
}

void FakeSpawner::GiveUp(Process& process) {
  absl::MutexLock lock(&mu_);
  if (!process.reaped || IsAlive(process)) ++abandoned_;
  process.given_up = true;
}

}  // namespace hob
