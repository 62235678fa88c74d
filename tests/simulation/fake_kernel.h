#ifndef HOB_TESTS_SIMULATION_FAKE_KERNEL_H_
#define HOB_TESTS_SIMULATION_FAKE_KERNEL_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/posix/unique_fd.h"
#include "server/process/process.h"
#include "tests/simulation/kernel_witness.h"
#include "tests/simulation/notifier.h"
#include "tests/simulation/output_writer.h"
#include "tests/simulation/random.h"
#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// The rates of misbehaviour of processes and the machine, per hundred spawns, and its durations. A
// plain value.
struct FaultRates {
  // The main process ends by itself after some time.
  int ends = 50;
  // The longest time until that end.
  Nanos longest_life = 10 * kSecond;
  // It ends with a success code, if it ends by itself.
  int succeeds = 20;
  // Signals other than KILL do not end it; they end it late.
  int stubborn = 10;
  int slow_to_die = 30;
  // Readiness by messages, or by a newline to a descriptor, which the process may also close
  // without one.
  ReadinessFaults readiness;
  // It starts others, some of which outlive it, ignore signals, or fork while they are killed.
  int has_children = 30;
  // It hangs in the kernel: KILL ends it after some seconds, or only after Heal.
  int hangs = 3;
  // The spawn fails: the machine is short of something, or the program is broken.
  int shortage = 5;
  int broken = 5;
  // The spawn takes long; it hangs until it is given up.
  int slow_spawn = 3;
  int hung_spawn = 1;
  // The process becomes another user's, and the server may not signal it before Heal. At the same
  // rate, a signal fails once, for a shortage of the machine.
  int refused = 0;
};

// Returns rates without faults: processes stay up, and end when told to.
FaultRates NoFaults();

// A kernel with few pids, which it reuses, and few descriptors. Its processes follow scripts drawn
// at their spawn from the fault rates at that time. It replaces the implementations of Spawner and
// Instance, which have tests with real processes.
//
// Not thread-safe: the simulation is one thread. Outlives its instances.
class FakeKernel : public Spawner {
 public:
  struct Options {
    int pids = 40;
    int descriptors = 100;
    // Workers learn of ends only at multiples of this time, several at once; immediately if 0.
    Nanos wake_every = 0;
    // True if the end of a tree wakes its worker; otherwise the worker must look for it.
    bool wakes_at_end_of_tree = true;
  };

  // The time-out after which the server gives up a spawning child.
  static constexpr Nanos kSpawnTimeout = 5 * kSecond;

  // `witness` and `random` outlive the kernel. `while_spawning` is called for a slow spawn with the
  // daemon and the duration, and returns when that time is over.
  FakeKernel(const Options& options, Random& random, KernelWitness& witness,
             std::function<void(int, Nanos)> while_spawning);
  ~FakeKernel() override;

  // The server's side. The name of daemon number N is "dN".
  SpawnResult Spawn(const SpawnRequest& request) override;
  absl::optional<SpawnFailure> WouldFail(const SpawnRequest& request) override;

  // The world's side.

  void SetFaultRates(const FaultRates& fault_rates) { fault_rates_ = fault_rates; }
  void SetDescriptors(int descriptors) { descriptors_ = descriptors; }
  // Removes or restores the program with this number.
  void SetMissing(int program, bool missing) { missing_[program] = missing; }
  bool IsMissing(int program) const { return missing_[program]; }
  // Ends all hangs, stops and refusals of signals; no program is missing any more.
  void Heal();
  // Ends the processes that an ended server left behind, as the next server does.
  void KillLeftovers();
  // Reduces what a daemon has written to the first `bytes` bytes: the rest is lost with the last
  // process that had the FIFO open (fifo(7)).
  void DiscardWritten(int daemon, int stream, int64_t bytes) {
    daemons_[daemon].written.bytes[stream].resize(bytes);
  }
  // Ends a process of the daemon's tree, if there is one.
  void EndOne(int daemon, const End& end);
  // Ends the daemon's whole tree, as if by itself.
  void EndAllOf(int daemon);
  // Stops or continues a process of the daemon's tree, as a debugger does.
  void FreezeOne(int daemon, bool frozen);
  // Sends a message from the daemon's main process, or from a stranger if not `is_own`. True if it
  // was sent.
  bool SendMessage(int daemon, const NotifyMessage& message, bool is_own);

  // Lets time pass until `now`, which never goes back.
  void AdvanceTo(Nanos now);
  // Returns the time of the next event without a request; kInfinite if there will be none.
  Nanos NextEvent() const;

  // True if the daemon's processes would have woken a worker that sleeps in ppoll(2).
  bool HasWakeup(int daemon) const { return daemons_[daemon].has_wakeup; }
  void ClearWakeup(int daemon) { daemons_[daemon].has_wakeup = false; }
  // True if the daemon has written since the last ClearWritten.
  bool HasWritten(int daemon) const { return daemons_[daemon].has_written; }
  void ClearWritten(int daemon) { daemons_[daemon].has_written = false; }

  // The state of the kernel.

  static constexpr int kMaxDaemons = 8;
  // The number of live processes of the daemon, and of all.
  int Alive(int daemon) const { return daemons_[daemon].alive; }
  int AliveInAll() const;
  // The live main process of the daemon; 0 if there is none.
  int MainPid(int daemon) const;
  // True if its main process has ended and was not reaped.
  bool HasZombie(int daemon) const;
  int zombies() const;
  // The number of descriptors open for instances.
  int open_descriptors() const { return open_descriptors_; }
  // True if the latest instance has said that it is ready, or has closed its descriptor.
  bool HasSignalledReady(int daemon) const { return daemons_[daemon].has_signalled_ready; }
  bool HasClosedReady(int daemon) const { return daemons_[daemon].has_closed_ready; }
  // True if the latest instance has refused KILL because it belongs to another user.
  bool HasRefusedKill(int daemon) const;
  // The number of messages of its live main process that the server has not read.
  int UnreadMessages(int daemon) const;
  // The bytes that its processes have ever written.
  const WrittenOutput& written(int daemon) const { return daemons_[daemon].written; }

 private:
  struct Process;
  struct Tree;
  class FakeInstance;
  struct Daemon {
    int alive = 0;
    bool has_wakeup = false;
    bool has_signalled_ready = false;
    bool has_closed_ready = false;
    bool has_written = false;
    WrittenOutput written;
    // The latest tree.
    Tree* tree = nullptr;
  };

  absl::optional<SpawnFailure> Refusal(const SpawnRequest& request);
  SpawnFailure Fail(int daemon, const char* stage, int error_number);
  // Returns 0 if there is none left.
  int FreePid();
  Process& Add(Tree& tree, bool is_main);
  void DrawScript(Process& process);
  void DrawReadiness(const SpawnRequest& request, Tree& tree);
  void Deliver(Process& process, int signal);
  void Die(Process& process, const End& end);
  void SignalReady(Tree& tree);
  void NoteMessages(Tree& tree);
  bool IsMute(const Tree& tree) const;
  bool TakeMessage(Tree& tree);
  void WakeWorker(Tree& tree);
  void RemoveEnded(Tree& tree);
  Process* RandomProcess(int daemon);

  // For FakeInstance.
  absl::optional<ReapedProcess> TryReap(Tree& tree);
  absl::Status Signal(Tree& tree, int signal, bool to_tree);
  void Drop(Tree& tree);

  const Options options_;
  Random& random_;
  KernelWitness& witness_;
  const std::function<void(int, Nanos)> while_spawning_;
  FaultRates fault_rates_;
  bool missing_[kPrograms] = {};
  int descriptors_;
  int open_descriptors_ = 0;
  Nanos now_ = 0;
  int last_pid_ = 1;
  // One for each pid in use, in no order.
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<std::unique_ptr<Tree>> trees_;
  Daemon daemons_[kMaxDaemons];
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_FAKE_KERNEL_H_
