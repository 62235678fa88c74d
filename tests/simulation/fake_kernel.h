#ifndef HOB_TESTS_SIMULATION_FAKE_KERNEL_H_
#define HOB_TESTS_SIMULATION_FAKE_KERNEL_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/posix/unique_fd.h"
#include "server/process/process.h"
#include "tests/simulation/kernel_witness.h"
#include "tests/simulation/pen.h"
#include "tests/simulation/random.h"
#include "tests/simulation/settings.h"
#include "tests/simulation/voice.h"

namespace hob {
namespace simulation {

// What processes do, and what the machine does to them: how often in a hundred spawns, and how
// long. A plain value.
struct Weather {
  // The main process ends by itself after some time.
  int ends = 50;
  // After that time at the longest.
  Nanos longest_life = 10 * kSecond;
  // It ends with a success code, where it ends by itself.
  int succeeds = 20;
  // Signals but KILL do not end it; they end it late.
  int stubborn = 10;
  int slow_to_die = 30;
  // How it says that it is ready, or does not: in place of its words it may have a newline to write
  // to a descriptor, or close it without one.
  Manners manners;
  // It starts others, some of which outlive it, ignore signals, or fork while they are killed.
  int has_children = 30;
  // It hangs in the kernel: KILL ends it after some seconds, or only when the weather changes.
  int hangs = 3;
  // The spawn fails: the machine is short of something, or the program is broken.
  int shortage = 5;
  int broken = 5;
  // The spawn takes long; it hangs until it is given up.
  int slow_spawn = 3;
  int hung_spawn = 1;
  // It becomes another user, whom the server may not signal before the weather changes. As often a
  // signal fails once, for a shortage of the machine.
  int refused = 0;
};

// Good weather: what is spawned stays up, and ends when it is told to.
Weather Sunshine();

// A kernel with a small space of pids, which are used again, and few descriptors. Its processes
// follow scripts that are drawn when they are spawned, as the weather is then. Spawner and Instance
// are the seam: what is behind it is tested with real processes.
//
// Not thread-safe: the simulation is one thread. Outlives its instances.
class FakeKernel : public Spawner {
 public:
  struct Options {
    int pids = 40;
    int descriptors = 100;
    // The end of a process is told at the next multiple of this, so that several are told at once;
    // 0: immediately.
    Nanos tell_every = 0;
    // Whether the end of a tree is told at all; where it is not, it must be looked for.
    bool tells_end_of_tree = true;
  };

  // How long a spawn may take before the child is given up.
  static constexpr Nanos kSpawnTimeout = 5 * kSecond;

  // `witness` and `random` outlive the kernel. `while_spawning` is called for a slow spawn with the
  // daemon and how long it takes, and returns when that time is over.
  FakeKernel(const Options& options, Random& random, KernelWitness& witness,
             std::function<void(int, Nanos)> while_spawning);
  ~FakeKernel() override;

  // The server's side. The name of daemon number N is "dN".
  SpawnResult Spawn(const SpawnRequest& request) override;
  absl::optional<SpawnFailure> WouldFail(const SpawnRequest& request) override;

  // The world's side.

  void SetWeather(const Weather& weather) { weather_ = weather; }
  void SetDescriptors(int descriptors) { descriptors_ = descriptors; }
  // The program with this number does not exist, or does again.
  void SetMissing(int program, bool missing) { missing_[program] = missing; }
  bool IsMissing(int program) const { return missing_[program]; }
  // Whatever hangs in the kernel, is frozen or is refused its end goes on from now on, and no
  // program is missing.
  void Heal();
  // What a server that has ended left behind ends, as the next one sees to.
  void EndWhatIsLeft();
  // What a daemon has written is its first `bytes` bytes: with the last process that had the FIFO
  // open, the rest in it is gone (fifo(7)).
  void LoseWritten(int daemon, int stream, int64_t bytes) {
    daemons_[daemon].page.bytes[stream].resize(bytes);
  }
  // A process of the daemon's tree, if there is one, ends; is stopped or continued, as by a
  // debugger.
  void EndOne(int daemon, const End& end);
  // All of the daemon's tree ends by itself, as it does at last when it has been told to.
  void EndAllOf(int daemon);
  void FreezeOne(int daemon, bool frozen);
  // The daemon's main process, if it can, says something; `is_own` false: a stranger says it.
  // Whether it could.
  bool Speak(int daemon, const Word& word, bool is_own);

  // Lets time pass until `now`. Never goes back.
  void AdvanceTo(Nanos now);
  // When something happens by itself next; kInfinite: nothing will.
  Nanos NextEvent() const;

  // Whether a worker that sleeps in ppoll(2) would be woken by what the daemon's processes did.
  bool HasNews(int daemon) const { return daemons_[daemon].news; }
  void TakeNews(int daemon) { daemons_[daemon].news = false; }
  // Whether it has written since it was said that its pipes are empty.
  bool HasWritten(int daemon) const { return daemons_[daemon].has_written; }
  void PipesAreEmpty(int daemon) { daemons_[daemon].has_written = false; }

  // What is.

  static constexpr int kMaxDaemons = 8;
  // Processes of the daemon that live.
  int Alive(int daemon) const { return daemons_[daemon].alive; }
  int AliveInAll() const;
  // The live main process of the daemon; 0 when there is none.
  int MainPid(int daemon) const;
  // Its main process has ended and was not reaped.
  bool HasZombie(int daemon) const;
  int zombies() const;
  // Descriptors that are open for instances.
  int open_descriptors() const { return open_descriptors_; }
  // What the latest instance has done to its readiness descriptor.
  bool SaidReady(int daemon) const { return daemons_[daemon].said_ready; }
  bool ClosedReady(int daemon) const { return daemons_[daemon].closed_ready; }
  // Whether it has refused KILL because it is another user's.
  bool HasRefusedKill(int daemon) const;
  // What its live main process has said and nobody has taken.
  int Unheard(int daemon) const;
  // What its processes have ever written.
  const Page& page(int daemon) const { return daemons_[daemon].page; }

 private:
  struct Process;
  struct Tree;
  class FakeInstance;
  struct Daemon {
    int alive = 0;
    bool news = false;
    bool said_ready = false;
    bool closed_ready = false;
    bool has_written = false;
    Page page;
    // The latest.
    Tree* tree = nullptr;
  };

  absl::optional<SpawnFailure> Refusal(const SpawnRequest& request);
  SpawnFailure Fail(int daemon, const char* stage, int error_number);
  // 0 when there is none left.
  int FreePid();
  Process& Add(Tree& tree, bool is_main);
  void DrawScript(Process& process);
  void DrawReadiness(const SpawnRequest& request, Tree& tree);
  void Accept(Process& process, int signal);
  void Die(Process& process, const End& end);
  void SayReady(Tree& tree);
  void NoteWords(Tree& tree);
  bool IsMute(const Tree& tree) const;
  bool TakeWord(Tree& tree);
  void Tell(Tree& tree);
  void ClearAway(Tree& tree);
  Process* OneOf(int daemon);

  // Of the instances.
  absl::optional<ReapedProcess> TryReap(Tree& tree);
  absl::Status Signal(Tree& tree, int signal, bool to_tree);
  void Drop(Tree& tree);

  const Options options_;
  Random& random_;
  KernelWitness& witness_;
  const std::function<void(int, Nanos)> while_spawning_;
  Weather weather_;
  bool missing_[kPrograms] = {};
  int descriptors_;
  int open_descriptors_ = 0;
  Nanos now_ = 0;
  int last_pid_ = 1;
  // Of the pids that are in use, in no order.
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<std::unique_ptr<Tree>> trees_;
  Daemon daemons_[kMaxDaemons];
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_FAKE_KERNEL_H_
