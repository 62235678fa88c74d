#ifndef HOB_SERVER_PROCESS_TESTING_FAKE_SPAWNER_H_
#define HOB_SERVER_PROCESS_TESTING_FAKE_SPAWNER_H_

#include <sys/types.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/process/process.h"

namespace hob {

// What a fake program does from its spawn on. A plain value; the default runs until a signal ends
// it.
struct FakeProgram {
  // How long it runs if nobody ends it, and how it ends then.
  absl::Duration lifetime = absl::InfiniteDuration();
  EndOfProcess end = ExitedWithCode{0};

  // Signals that do not end it. What ends nobody (CONT, CHLD, URG, WINCH) need not be named; a
  // program that is not even ended by KILL hangs in the kernel.
  std::set<int> survives;
  // It runs as another user, and the kernel refuses every signal.
  bool refuses_signals = false;
  // How long it takes to end after a signal.
  absl::Duration dying_takes;
  // The code with which it exits on a signal; absent, or on KILL: it dies of the signal.
  absl::optional<int> code_on_signal;

  // What it starts, alive from its spawn on and ended by nothing but KILL; and how many looks
  // (IsGone) after KILL it is still seen. Negative: for ever, until EndChildren.
  bool has_children = false;
  int looks_to_end_children = 0;
  // How long after a signal to all of the tree its children end; absent: no signal but KILL ends
  // them.
  absl::optional<absl::Duration> children_dying_takes;

  // A process that may become the main process (SetMain); 0: none.
  pid_t successor = 0;
};

// A kernel with nothing but the processes that are spawned through it. They run programs that the
// test sets, and end when the test, a signal or the clock says so; pids are not used twice. It
// counts what must never happen, so that a test can assert that it did not.
//
// Thread-safe. Outlives its instances.
class FakeSpawner : public Spawner {
 public:
  // How a thread that waits for an instance is woken.
  enum class Wakes {
    // Not at all: the test itself asks NextEvent and looks.
    kNobody,
    // exit_fd is a descriptor. For ends without delay only: no thread runs the clock.
    kByDescriptor,
  };

  // `clock` outlives the object.
  explicit FakeSpawner(const Clock& clock, Wakes wakes = Wakes::kNobody);
  ~FakeSpawner() override;

  // Spawner.
  SpawnResult Spawn(const SpawnRequest& request) override ABSL_LOCKS_EXCLUDED(mu_);
  std::unique_ptr<Instance> TakeLeftover(const std::string& name) override ABSL_LOCKS_EXCLUDED(mu_);
  absl::optional<SpawnFailure> WouldFail(const SpawnRequest& request) override
      ABSL_LOCKS_EXCLUDED(mu_);
  void Forget(const std::string& name) override ABSL_LOCKS_EXCLUDED(mu_);

  // What is to happen.

  // The program of all spawns to come.
  void SetProgram(const FakeProgram& program) ABSL_LOCKS_EXCLUDED(mu_);
  // A dead server has left a process of `name` running, which EndChildren ends and nothing else.
  // It is of the present program in that it refuses signals.
  void AddLeftover(const std::string& name) ABSL_LOCKS_EXCLUDED(mu_);
  // The next spawns fail, one for each call.
  void FailNextSpawn(const SpawnFailure& failure) ABSL_LOCKS_EXCLUDED(mu_);
  // The program at `path` does not exist, or (false) does again: spawns of it fail, and are known
  // to fail beforehand.
  void SetMissing(const std::string& path, bool missing) ABSL_LOCKS_EXCLUDED(mu_);
  // The main process of the live instance of `name` ends now. False when there is none.
  bool End(const std::string& name, const EndOfProcess& end) ABSL_LOCKS_EXCLUDED(mu_);
  // The live instance of `name` writes to its readiness descriptor, or closes it. False when it has
  // none.
  bool WriteReady(const std::string& name, const std::string& text) ABSL_LOCKS_EXCLUDED(mu_);
  bool CloseReady(const std::string& name) ABSL_LOCKS_EXCLUDED(mu_);
  // The pid of the next spawn, so that a real process can speak for it.
  void SetNextPid(pid_t pid) ABSL_LOCKS_EXCLUDED(mu_);
  // Whatever instances of `name` left behind ends now.
  void EndChildren(const std::string& name) ABSL_LOCKS_EXCLUDED(mu_);
  // All processes there are, those that hang in the kernel included, end by KILL from now on.
  void Unhang() ABSL_LOCKS_EXCLUDED(mu_);

  // What is.

  // The pid of the live main process of `name`; 0 when there is none.
  pid_t LivePid(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  // How many instances of `name` have anything alive.
  int Alive(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  // When the next process ends by itself or of a signal that takes its time; the origin of time
  // when one has ended and was not reaped yet.
  MonotonicTime NextEvent() const ABSL_LOCKS_EXCLUDED(mu_);

  // What was.

  // What was asked for, failures included, in order.
  std::vector<SpawnRequest> requests() const ABSL_LOCKS_EXCLUDED(mu_);
  // Spawns of `name` that succeeded, and those that failed.
  int Spawned(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  int Failed(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  // All attempts to spawn, in order.
  struct Start {
    MonotonicTime time;
    // It failed for a shortage of the machine.
    bool shortage = false;
  };
  std::vector<Start> starts() const ABSL_LOCKS_EXCLUDED(mu_);
  // Main processes of `name` that were reaped.
  int Reaped(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  struct SentSignal {
    int signal = 0;
    // Sent to everything rather than to the main process.
    bool to_tree = false;
    MonotonicTime time;
  };
  // The signals that were sent to the last instance of `name`.
  std::vector<SentSignal> Signals(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  // Most instances of `name` that had anything alive at the same time.
  int MostAliveAtOnce(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  // Instances that were given up while something of them was alive or not reaped.
  int abandoned() const ABSL_LOCKS_EXCLUDED(mu_);
  // What Forget was called with.
  std::vector<std::string> forgotten() const ABSL_LOCKS_EXCLUDED(mu_);

  // Blocks until `count` spawns of `name` have succeeded; false when they have not in `patience`.
  bool AwaitSpawned(const std::string& name, int count,
                    absl::Duration patience = absl::Seconds(30)) const ABSL_LOCKS_EXCLUDED(mu_);
  // The same for a signal that was sent to the last instance of `name`.
  bool AwaitSignal(const std::string& name, int signal,
                   absl::Duration patience = absl::Seconds(30)) const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Process;
  class FakeInstance;

  struct Tally {
    int spawned = 0;
    int failed = 0;
    int reaped = 0;
    int most_alive = 0;
  };

  absl::optional<SpawnFailure> WhyMissing(const SpawnRequest& request) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool Tick(Process& process) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool IsAlive(Process& process) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int AliveLocked(const std::string& name) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EndLocked(Process& process, const EndOfProcess& end) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Process* LastOf(const std::string& name) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Process* LiveOf(const std::string& name) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Tally TallyOf(const std::string& name) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Of the instances.
  absl::optional<ReapedProcess> TryReap(Process& process) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status Send(Process& process, int signal, bool to_tree) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status SetMain(Process& process, pid_t pid) ABSL_LOCKS_EXCLUDED(mu_);
  int CountAlive(Process& process) ABSL_LOCKS_EXCLUDED(mu_);
  bool IsGone(Process& process) ABSL_LOCKS_EXCLUDED(mu_);
  int ExitFd(const Process& process) const ABSL_LOCKS_EXCLUDED(mu_);
  void GiveUp(Process& process) ABSL_LOCKS_EXCLUDED(mu_);

  const Clock& clock_;
  const Wakes wakes_;

  mutable absl::Mutex mu_;
  FakeProgram program_ ABSL_GUARDED_BY(mu_);
  std::deque<SpawnFailure> failures_ ABSL_GUARDED_BY(mu_);
  std::set<std::string> missing_ ABSL_GUARDED_BY(mu_);
  // Instances that exist, and the last one of each name.
  std::map<pid_t, std::unique_ptr<Process>> processes_ ABSL_GUARDED_BY(mu_);
  // Leftovers that nobody has taken; owned by processes_.
  std::vector<Process*> leftovers_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, pid_t> last_pids_ ABSL_GUARDED_BY(mu_);
  pid_t next_pid_ ABSL_GUARDED_BY(mu_) = 101;
  std::map<std::string, Tally> tallies_ ABSL_GUARDED_BY(mu_);
  std::vector<SpawnRequest> requests_ ABSL_GUARDED_BY(mu_);
  std::vector<Start> starts_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> forgotten_ ABSL_GUARDED_BY(mu_);
  int abandoned_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TESTING_FAKE_SPAWNER_H_
