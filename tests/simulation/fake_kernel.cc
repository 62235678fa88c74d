#include "tests/simulation/fake_kernel.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/simulation/configurations.h"

namespace hob {
namespace simulation {
namespace {

using MainEnd = ::hob::simulation::End;

constexpr MainEnd kKilled = {MainEnd::Kind::kKilled, SIGKILL};

EndOfProcess ToEndOfProcess(const MainEnd& end) {
  if (end.kind == MainEnd::Kind::kExited) return ExitedWithCode{end.value};
  return KilledBySignal{end.value, false};
}

bool IsHarmless(int signal) {
  return signal == SIGCHLD || signal == SIGURG || signal == SIGWINCH || signal == SIGUSR1;
}

template <typename Pointers, typename T>
void Erase(Pointers& pointers, const T* gone) {
  const auto found = std::find_if(pointers.begin(), pointers.end(),
                                  [gone](const auto& pointer) { return pointer.get() == gone; });
  std::swap(*found, pointers.back());
  pointers.pop_back();
}

}  // namespace

FaultRates NoFaults() {
  FaultRates fault_rates;
  fault_rates.ends = fault_rates.stubborn = fault_rates.slow_to_die = 0;
  fault_rates.readiness.never_ready = fault_rates.readiness.falls_silent = 0;
  fault_rates.hangs = fault_rates.shortage = fault_rates.broken = fault_rates.slow_spawn =
      fault_rates.hung_spawn = 0;
  fault_rates.refused = 0;
  return fault_rates;
}

// A live process, or a main process that has ended and was not reaped.
struct FakeKernel::Process {
  int pid = 0;
  Tree* tree = nullptr;
  bool is_main = false;
  bool has_ended = false;

  // The time and manner of its end; kInfinite while nothing ends it.
  Nanos ends_at = kInfinite;
  MainEnd end;
  // True if it is stopped; its remaining life, and the signal pending for it.
  bool frozen = false;
  Nanos life_left = 0;
  int pending = 0;
  bool killed = false;

  // Its script, drawn at its spawn.
  bool is_stubborn = false;
  Nanos dies_after = 0;
  int code_on_signal = -1;
  // The time that it survives KILL.
  Nanos hangs_for = 0;
  // The number of times it forks while it is killed.
  int forks = 0;
};

// An instance: a main process and its descendants.
struct FakeKernel::Tree {
  int daemon = 0;
  int main_pid = 0;
  int alive = 0;
  // True if it belongs to another user, so that the server may not signal it.
  bool is_another_users = false;
  // True once it has refused KILL.
  bool has_refused_kill = false;
  // True while the server holds it, with a descriptor open for it.
  bool held = true;
  bool main_ended = false;
  MainEnd main_end;
  bool reaped = false;
  // The time at which it wakes a sleeping worker.
  Nanos wake_at = kInfinite;
  UniqueFd ready_fd;
  Nanos ready_at = kInfinite;
  bool never_ready = false;
  Notifier notifier;
  OutputWriter output_writer;
};

namespace {

// Returns a descriptor that is never readable.
int SilentFd() {
  static const UniqueFd& fd = *new UniqueFd(eventfd(0, EFD_CLOEXEC));
  return fd.get();
}

}  // namespace

class FakeKernel::FakeInstance : public Instance {
 public:
  FakeInstance(FakeKernel& kernel, Tree& tree)
      : kernel_(kernel), tree_(tree), pid_(tree.main_pid) {}
  ~FakeInstance() override { kernel_.Drop(tree_); }

  pid_t pid() const override { return pid_; }
  int exit_fd() const override { return -1; }
  absl::optional<ReapedProcess> TryReap() override { return kernel_.TryReap(tree_); }
  absl::Status SetMain(pid_t) override { return absl::InvalidArgumentError("no process says so"); }
  absl::Status SignalMain(int signal) override { return kernel_.Signal(tree_, signal, false); }
  absl::Status SignalTree(int signal) override { return kernel_.Signal(tree_, signal, true); }
  // Called for a message just read, which this process sent for the instance or for a stranger.
  bool Contains(pid_t process) override {
    return process == getpid() ? kernel_.TakeMessage(tree_) : process == pid_ && !tree_.reaped;
  }
  int CountAlive() override { return tree_.alive; }
  bool IsGone() override { return tree_.reaped && tree_.alive == 0; }
  // Returns a descriptor that is never readable, because a wake-up reports the end of the tree.
  int tree_fd() override { return kernel_.options_.wakes_at_end_of_tree ? SilentFd() : -1; }

 private:
  FakeKernel& kernel_;
  Tree& tree_;
  const pid_t pid_;
};

FakeKernel::FakeKernel(const Options& options, Random& random, KernelWitness& witness,
                       std::function<void(int, Nanos)> while_spawning)
    : options_(options),
      random_(random),
      witness_(witness),
      while_spawning_(std::move(while_spawning)),
      descriptors_(options.descriptors) {}

FakeKernel::~FakeKernel() = default;

// Spawning.

// Finds the program's number in its only argument, as set by the simulation's settings.
absl::optional<SpawnFailure> FakeKernel::WouldFail(const SpawnRequest& request) {
  if (!missing_[std::stoi(request.argv[1])]) return absl::nullopt;
  return SpawnFailure{"exec", ENOENT, "the program is missing"};
}

absl::optional<SpawnFailure> FakeKernel::Refusal(const SpawnRequest& request) {
  const auto failure = [](const char* stage, int error_number) {
    return SpawnFailure{stage, error_number, "a simulated shortage"};
  };
  if (open_descriptors_ >= descriptors_) return failure("clone", EMFILE);
  if (random_.Chance(fault_rates_.shortage)) {
    if (random_.Chance(50)) return failure("clone", random_.Of({EAGAIN, ENOMEM, ENFILE, EMFILE}));
    // The disk of the run_dir is full.
    return failure(random_.Of({"clone", "stdout", "stderr", "notify"}),
                   random_.Of({ENOSPC, EDQUOT}));
  }
  if (FreePid() == 0) return failure("clone", EAGAIN);
  if (absl::optional<SpawnFailure> missing = WouldFail(request)) return missing;
  if (random_.Chance(fault_rates_.broken)) {
    return failure("exec", random_.Of({ENOENT, EACCES, ENOEXEC, E2BIG, ETXTBSY, ENOSPC}));
  }
  return absl::nullopt;
}

SpawnResult FakeKernel::Spawn(const SpawnRequest& request) {
  const int daemon = Configurations::DaemonOf(request.name);
  witness_.SpawnBegins(daemon);
  if (const absl::optional<SpawnFailure> refusal = Refusal(request); refusal.has_value()) {
    return Fail(daemon, refusal->stage.c_str(), refusal->error_number);
  }
  trees_.push_back(std::make_unique<Tree>());
  Tree& tree = *trees_.back();
  tree.daemon = daemon;
  ++open_descriptors_;
  // The process lives from the clone on.
  Process& main = Add(tree, /*is_main=*/true);
  tree.main_pid = main.pid;
  if (random_.Chance(fault_rates_.hung_spawn)) {
    while_spawning_(daemon, kSpawnTimeout);
    Die(main, kKilled);
    tree.reaped = true;
    tree.held = false;
    --open_descriptors_;
    RemoveEnded(tree);
    return Fail(daemon, "exec", ETIMEDOUT);
  }
  if (random_.Chance(fault_rates_.slow_spawn)) {
    while_spawning_(daemon, random_.Of<Nanos>({kMillisecond, 100 * kMillisecond, 4 * kSecond}));
  }
  Daemon& state = daemons_[daemon];
  state.tree = &tree;
  state.has_signalled_ready = state.has_closed_ready = false;
  tree.is_another_users = random_.Chance(fault_rates_.refused);
  DrawScript(main);
  DrawReadiness(request, tree);
  tree.output_writer = OutputWriter(request, now_, random_);
  const int children = random_.Chance(fault_rates_.has_children) ? 1 + random_.Below(3) : 0;
  for (int i = 0; i < children && FreePid() != 0; ++i) {
    Process& child = Add(tree, /*is_main=*/false);
    DrawScript(child);
    child.forks = random_.Chance(20) ? random_.Below(3) : 0;
  }
  witness_.Spawned(daemon, tree.main_pid);
  return std::make_unique<FakeInstance>(*this, tree);
}

SpawnFailure FakeKernel::Fail(int daemon, const char* stage, int error_number) {
  const bool at_exec = absl::string_view(stage) == "exec";
  witness_.NotSpawned(daemon, {MainEnd::Kind::kNotSpawned, error_number, at_exec});
  return SpawnFailure{stage, error_number, "a simulated shortage"};
}

int FakeKernel::FreePid() {
  for (int tried = 0; tried < options_.pids; ++tried) {
    const int pid = 2 + (last_pid_ - 2 + 1 + tried) % options_.pids;
    const bool used =
        std::any_of(processes_.begin(), processes_.end(),
                    [pid](const std::unique_ptr<Process>& process) { return process->pid == pid; });
    if (!used) return pid;
  }
  return 0;
}

FakeKernel::Process& FakeKernel::Add(Tree& tree, bool is_main) {
  processes_.push_back(std::make_unique<Process>());
  Process& process = *processes_.back();
  process.tree = &tree;
  process.is_main = is_main;
  // FreePid sees this process with pid 0.
  process.pid = last_pid_ = FreePid();
  ++tree.alive;
  ++daemons_[tree.daemon].alive;
  return process;
}

void FakeKernel::DrawScript(Process& process) {
  if (random_.Chance(fault_rates_.ends)) {
    process.ends_at = now_ + 1 + static_cast<Nanos>(random_.Fraction() * fault_rates_.longest_life);
    if (random_.Chance(20)) process.ends_at = now_;
  }
  const int code = random_.Chance(fault_rates_.succeeds) ? 0 : random_.Of({1, 2, 255});
  process.end = random_.Chance(20) ? MainEnd{MainEnd::Kind::kKilled, SIGSEGV}
                                   : MainEnd{MainEnd::Kind::kExited, code};
  process.is_stubborn = random_.Chance(fault_rates_.stubborn);
  if (random_.Chance(fault_rates_.slow_to_die)) {
    process.dies_after =
        random_.Of<Nanos>({kMillisecond, 90 * kMillisecond, 2 * kSecond, 8 * kSecond});
  }
  if (random_.Chance(30)) process.code_on_signal = random_.Of({0, 0, 1});
  if (random_.Chance(fault_rates_.hangs)) {
    process.hangs_for = random_.Of<Nanos>({kSecond, 7 * kSecond, kInfinite});
  }
}

void FakeKernel::DrawReadiness(const SpawnRequest& request, Tree& tree) {
  tree.notifier = Notifier(request, fault_rates_.readiness, now_, random_);
  const auto ready =
      std::find_if(request.descriptors.begin(), request.descriptors.end(),
                   [](const PassedDescriptor& passed) { return passed.stage == "ready_fd"; });
  if (ready == request.descriptors.end()) return;
  tree.ready_fd.Reset(fcntl(ready->fd, F_DUPFD_CLOEXEC, 0));
  tree.never_ready = random_.Chance(fault_rates_.readiness.never_ready);
  tree.ready_at = now_;
  if (random_.Chance(fault_rates_.readiness.late_ready)) {
    tree.ready_at += random_.Of<Nanos>({kMillisecond, 500 * kMillisecond, 3 * kSecond});
  }
  if (tree.never_ready && random_.Chance(50)) tree.ready_at = kInfinite;
}

// Lives and ends of processes.

void FakeKernel::Deliver(Process& process, int signal) {
  if (process.has_ended) return;
  if (signal == SIGCONT) {
    if (!process.frozen) return;
    process.frozen = false;
    process.ends_at = process.life_left >= kInfinite ? kInfinite : now_ + process.life_left;
    if (process.pending != 0) Deliver(process, std::exchange(process.pending, 0));
    return;
  }
  if (signal == SIGKILL) {
    process.killed = true;
    process.frozen = false;
    process.end = kKilled;
    process.ends_at = process.hangs_for >= kInfinite
                          ? kInfinite
                          : std::min(process.ends_at, now_ + process.hangs_for);
    if (process.hangs_for == 0) Die(process, kKilled);
    return;
  }
  if (process.killed || IsHarmless(signal)) return;
  if (signal == SIGSTOP) {
    if (process.frozen) return;
    process.frozen = true;
    process.life_left = process.ends_at >= kInfinite ? kInfinite : process.ends_at - now_;
    process.ends_at = kInfinite;
    return;
  }
  if (process.frozen) {
    process.pending = signal;
    return;
  }
  if (process.is_stubborn) return;
  MainEnd end = {MainEnd::Kind::kKilled, signal};
  if (process.code_on_signal >= 0) end = {MainEnd::Kind::kExited, process.code_on_signal};
  if (process.dies_after == 0) return Die(process, end);
  if (now_ + process.dies_after < process.ends_at) {
    process.ends_at = now_ + process.dies_after;
    process.end = end;
  }
}

void FakeKernel::Die(Process& process, const MainEnd& end) {
  Tree& tree = *process.tree;
  process.has_ended = true;
  process.ends_at = kInfinite;
  --tree.alive;
  --daemons_[tree.daemon].alive;
  if (process.is_main) {
    const bool speaks = end.kind == MainEnd::Kind::kExited && !IsMute(tree);
    Daemon& daemon = daemons_[tree.daemon];
    daemon.has_written |= speaks && tree.output_writer.WriteLast(now_, daemon.written);
    tree.output_writer = OutputWriter();
    tree.main_ended = true;
    tree.main_end = end;
    tree.ready_fd.Reset();
    tree.ready_at = kInfinite;
    tree.notifier = Notifier();
    WakeWorker(tree);
  } else if (tree.alive == 0 && options_.wakes_at_end_of_tree) {
    WakeWorker(tree);
  }
}

void FakeKernel::WakeWorker(Tree& tree) {
  if (options_.wake_every == 0) {
    daemons_[tree.daemon].has_wakeup = true;
    return;
  }
  const Nanos due = (now_ / options_.wake_every + 1) * options_.wake_every;
  tree.wake_at = std::min(tree.wake_at, due);
}

void FakeKernel::SignalReady(Tree& tree) {
  Daemon& daemon = daemons_[tree.daemon];
  tree.ready_at = kInfinite;
  daemon.has_wakeup = true;
  if (tree.never_ready) {
    tree.ready_fd.Reset();
    daemon.has_closed_ready = true;
    return;
  }
  if (write(tree.ready_fd.get(), "\n", 1) == 1) daemon.has_signalled_ready = true;
}

bool FakeKernel::IsMute(const Tree& tree) const {
  return std::any_of(
      processes_.begin(), processes_.end(), [&tree](const std::unique_ptr<Process>& process) {
        return process->tree == &tree && process->is_main && (process->frozen || process->killed);
      });
}

void FakeKernel::NoteMessages(Tree& tree) {
  Daemon& daemon = daemons_[tree.daemon];
  daemon.has_wakeup = true;
  if (daemon.tree == &tree) daemon.has_signalled_ready = tree.notifier.has_signalled_ready();
}

bool FakeKernel::SendMessage(int daemon, const NotifyMessage& message, bool is_own) {
  Tree* const tree = daemons_[daemon].tree;
  if (tree == nullptr || tree->main_ended || (is_own && IsMute(*tree))) return false;
  if (!tree->notifier.Send(message, is_own)) return false;
  NoteMessages(*tree);
  return true;
}

bool FakeKernel::TakeMessage(Tree& tree) {
  const absl::optional<NotifyMessage> message = tree.notifier.Received();
  if (message.has_value()) witness_.Received(tree.daemon, *message);
  return message.has_value();
}

void FakeKernel::RemoveEnded(Tree& tree) {
  // The main process stays until it is reaped; others go at once.
  for (size_t i = 0; i < processes_.size();) {
    const Process& process = *processes_[i];
    if (process.tree == &tree && process.has_ended && (!process.is_main || tree.reaped)) {
      Erase(processes_, &process);
    } else {
      ++i;
    }
  }
  if (tree.held || tree.alive > 0) return;
  if (daemons_[tree.daemon].tree == &tree) daemons_[tree.daemon].tree = nullptr;
  Erase(trees_, &tree);
}

void FakeKernel::Heal() {
  for (const std::unique_ptr<Tree>& tree : trees_) tree->is_another_users = false;
  std::fill(std::begin(missing_), std::end(missing_), false);
  for (size_t i = 0; i < processes_.size(); ++i) {
    Process& process = *processes_[i];
    if (process.has_ended) continue;
    process.hangs_for = 0;
    process.is_stubborn = false;
    process.forks = 0;
    if (process.killed) {
      process.ends_at = now_;
    } else if (process.frozen) {
      Deliver(process, SIGCONT);
    }
  }
  AdvanceTo(now_);
}

void FakeKernel::KillLeftovers() {
  Heal();
  for (const std::unique_ptr<Process>& process : processes_) Deliver(*process, SIGKILL);
  while (!trees_.empty() && !trees_.back()->held && trees_.back()->alive == 0) {
    RemoveEnded(*trees_.back());
  }
}

FakeKernel::Process* FakeKernel::RandomProcess(int daemon) {
  std::vector<Process*> all;
  for (const std::unique_ptr<Process>& process : processes_) {
    if (process->tree->daemon == daemon && !process->has_ended) all.push_back(process.get());
  }
  if (all.empty() || daemons_[daemon].tree == nullptr) return nullptr;
  return all[random_.Below(all.size())];
}

void FakeKernel::EndOne(int daemon, const MainEnd& end) {
  Process* const process = RandomProcess(daemon);
  if (process == nullptr || process->frozen || process->killed) return;
  Tree& tree = *process->tree;
  Die(*process, end);
  RemoveEnded(tree);
}

void FakeKernel::EndAllOf(int daemon) {
  for (const std::unique_ptr<Process>& process : processes_) {
    if (process->tree->daemon != daemon || process->has_ended) continue;
    process->frozen = false;
    process->end = {MainEnd::Kind::kExited, 0};
    process->ends_at = now_;
  }
  AdvanceTo(now_);
}

void FakeKernel::FreezeOne(int daemon, bool frozen) {
  if (Process* const process = RandomProcess(daemon); process != nullptr) {
    Deliver(*process, frozen ? SIGSTOP : SIGCONT);
  }
}

void FakeKernel::AdvanceTo(Nanos now) {
  while (true) {
    const Nanos next = NextEvent();
    if (next > now) break;
    now_ = std::max(now_, next);
    for (size_t i = 0; i < processes_.size(); ++i) {
      Process& process = *processes_[i];
      if (process.ends_at > now_) continue;
      Tree& tree = *process.tree;
      Die(process, process.end);
      RemoveEnded(tree);
      // The order of the processes has changed; the others follow in the next round.
      break;
    }
    for (const std::unique_ptr<Tree>& tree : trees_) {
      if (tree->ready_at <= now_) SignalReady(*tree);
      if (tree->notifier.next() <= now_ && tree->notifier.SendUntil(now_, IsMute(*tree))) {
        NoteMessages(*tree);
      }
      if (tree->output_writer.next() <= now_) {
        Daemon& daemon = daemons_[tree->daemon];
        daemon.has_written |= tree->output_writer.WriteUntil(now_, IsMute(*tree), daemon.written);
      }
      if (tree->wake_at > now_) continue;
      tree->wake_at = kInfinite;
      daemons_[tree->daemon].has_wakeup = true;
    }
  }
  now_ = now;
}

Nanos FakeKernel::NextEvent() const {
  Nanos next = kInfinite;
  for (const std::unique_ptr<Process>& process : processes_) {
    next = std::min(next, process->ends_at);
  }
  for (const std::unique_ptr<Tree>& tree : trees_) {
    next = std::min(
        {next, tree->ready_at, tree->notifier.next(), tree->output_writer.next(), tree->wake_at});
  }
  return next;
}

// For FakeInstance.

absl::optional<ReapedProcess> FakeKernel::TryReap(Tree& tree) {
  if (!tree.main_ended || tree.reaped) return absl::nullopt;
  tree.reaped = true;
  RemoveEnded(tree);
  witness_.Reaped(tree.daemon, tree.main_end);
  return ReapedProcess{ToEndOfProcess(tree.main_end), ResourceUsage()};
}

absl::Status FakeKernel::Signal(Tree& tree, int signal, bool to_tree) {
  if (to_tree ? tree.alive == 0 : tree.main_ended) return absl::NotFoundError("no such process");
  witness_.Signalled(tree.daemon, signal, to_tree);
  if (random_.Chance(fault_rates_.refused))
    return absl::ResourceExhaustedError("a simulated shortage");
  if (tree.is_another_users) {
    tree.has_refused_kill |= signal == SIGKILL;
    return absl::PermissionDeniedError("Operation not permitted");
  }
  std::vector<Process*> reached;
  for (const std::unique_ptr<Process>& process : processes_) {
    if (process->tree == &tree && !process->has_ended && (to_tree || process->is_main)) {
      reached.push_back(process.get());
    }
  }
  for (Process* process : reached) {
    const bool forks =
        signal == SIGKILL && process->forks > 0 && !process->killed && FreePid() != 0;
    const int forks_left = process->forks - 1;
    Deliver(*process, signal);
    if (!forks) continue;
    // The process forks after the kernel has walked the tree.
    Process& child = Add(tree, /*is_main=*/false);
    child.forks = forks_left;
  }
  RemoveEnded(tree);
  return absl::OkStatus();
}

void FakeKernel::Drop(Tree& tree) {
  --open_descriptors_;
  tree.held = false;
  const bool clean = tree.reaped && tree.alive == 0;
  witness_.Dropped(tree.daemon, clean);
  // The next owner of the leftovers reaps them.
  tree.reaped = true;
  RemoveEnded(tree);
}

// The state of the kernel.

int FakeKernel::AliveInAll() const {
  int alive = 0;
  for (const Daemon& daemon : daemons_) alive += daemon.alive;
  return alive;
}

int FakeKernel::MainPid(int daemon) const {
  const Tree* const tree = daemons_[daemon].tree;
  return tree == nullptr || tree->main_ended ? 0 : tree->main_pid;
}

int FakeKernel::UnreadMessages(int daemon) const {
  const Tree* const tree = daemons_[daemon].tree;
  return tree == nullptr ? 0 : tree->notifier.unread();
}

bool FakeKernel::HasRefusedKill(int daemon) const {
  const Tree* const tree = daemons_[daemon].tree;
  return tree != nullptr && tree->has_refused_kill;
}

bool FakeKernel::HasZombie(int daemon) const {
  const Tree* const tree = daemons_[daemon].tree;
  return tree != nullptr && tree->main_ended && !tree->reaped;
}

int FakeKernel::zombies() const {
  int zombies = 0;
  for (const std::unique_ptr<Process>& process : processes_) zombies += process->has_ended;
  return zombies;
}

}  // namespace simulation
}  // namespace hob
