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

// The behaviour of a fake program from its spawn on. A plain value. By default it runs until a
// signal ends it.
struct FakeProgram {
  // How long the program runs unless a signal ends it, and how it ends then.
  absl::Duration lifetime = absl::InfiniteDuration();
  EndOfProcess end = ExitedWithCode{0};

  // Signals that do not end the program. Signals that never end a process (CONT, CHLD, URG, WINCH)
  // need not be listed. A program that survives KILL hangs in the kernel.
  std::set<int> survives;
  // True if the program runs as another user and the kernel refuses every signal.
  bool refuses_signals = false;
  // Time from a signal to the end of the program.
  absl::Duration dying_takes;
  // Exit code after a signal. If absent, and always after KILL, the program dies of the signal.
  absl::optional<int> code_on_signal;

  // `has_children`: the program has children, which live from its spawn on and end only by KILL.
  // `looks_to_end_children`: the number of looks (IsGone) after KILL that still see them; negative:
  // every look, until EndChildren.
  bool has_children = false;
  int looks_to_end_children = 0;
  // Time from a signal to the whole tree to the end of the children; if absent, only KILL ends
  // them.
  absl::optional<absl::Duration> children_dying_takes;

  // A process that may become the main process (SetMain); 0 if there is none.
  pid_t successor = 0;
};

// A fake kernel whose only processes are those spawned through it. They run the programs that the
// test sets, and end when the test, a signal or the clock ends them. Pids are never reused. Counts
// events that must never happen, so that tests can assert their absence.
//
// Thread-safe. Must outlive its instances.
class FakeSpawner : public Spawner {
 public:
  // How a thread that waits for an instance is woken.
  enum class Wakes {
    // No wakeup: the test itself calls NextEvent and polls.
    kNone,
    // exit_fd returns a real descriptor. Works only for ends without delay, because no thread
    // advances the clock.
    kByDescriptor,
  };

  // `clock` must outlive the object.
  explicit FakeSpawner(const Clock& clock, Wakes wakes = Wakes::kNone);
  ~FakeSpawner() override;

  // Implements Spawner.
  SpawnResult Spawn(const SpawnRequest& request) override ABSL_LOCKS_EXCLUDED(mu_);
  std::unique_ptr<Instance> TakeLeftover(const std::string& name) override ABSL_LOCKS_EXCLUDED(mu_);
  absl::optional<SpawnFailure> WouldFail(const SpawnRequest& request) override
      ABSL_LOCKS_EXCLUDED(mu_);
  void Forget(const std::string& name) override ABSL_LOCKS_EXCLUDED(mu_);

  // Script.

  // Sets the program of all future spawns.
  void SetProgram(const FakeProgram& program) ABSL_LOCKS_EXCLUDED(mu_);
  // Adds a process of `name` that a dead server left running. Only EndChildren ends it. It refuses
  // signals if the current program does.
  void AddLeftover(const std::string& name) ABSL_LOCKS_EXCLUDED(mu_);
  // Makes one future spawn fail; several calls fail as many spawns, in order.
  void FailNextSpawn(const SpawnFailure& failure) ABSL_LOCKS_EXCLUDED(mu_);
  // If `missing` is true, the program at `path` does not exist: its spawns fail, and WouldFail
  // predicts that. If false, it exists again.
  void SetMissing(const std::string& path, bool missing) ABSL_LOCKS_EXCLUDED(mu_);
  // Ends the main process of the live instance of `name` now. Returns false if there is none.
  bool End(const std::string& name, const EndOfProcess& end) ABSL_LOCKS_EXCLUDED(mu_);
  // Write `text` to, or close, the readiness descriptor of the live instance of `name`. Return
  // false if it has none.
  bool WriteReady(const std::string& name, const std::string& text) ABSL_LOCKS_EXCLUDED(mu_);
  bool CloseReady(const std::string& name) ABSL_LOCKS_EXCLUDED(mu_);
  // Sets the pid of the next spawn, so that a real process can act for it.
  void SetNextPid(pid_t pid) ABSL_LOCKS_EXCLUDED(mu_);
  // Ends the remaining processes of all instances of `name` now.
  void EndChildren(const std::string& name) ABSL_LOCKS_EXCLUDED(mu_);
  // From now on KILL ends all existing processes, including those that hang in the kernel.
  void Unhang() ABSL_LOCKS_EXCLUDED(mu_);

  // Current state.

  // Returns the pid of the live main process of `name`; 0 if there is none.
  pid_t LivePid(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  // Returns the number of instances of `name` with a live process.
  int Alive(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  // Returns the time at which the next process ends by itself or of a delayed signal; the origin of
  // time if one has ended and is not reaped yet.
  MonotonicTime NextEvent() const ABSL_LOCKS_EXCLUDED(mu_);

  // History.

  // Returns all spawn requests in order, including those that failed.
  std::vector<SpawnRequest> requests() const ABSL_LOCKS_EXCLUDED(mu_);
  // Return the number of spawns of `name` that succeeded and that failed.
  int Spawned(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  int Failed(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  // Attempts to spawn; starts() returns all of them in order.
  struct Start {
    MonotonicTime time;
    // True if the attempt failed because the machine lacked resources.
    bool shortage = false;
  };
  std::vector<Start> starts() const ABSL_LOCKS_EXCLUDED(mu_);
  // Returns the number of main processes of `name` that were reaped.
  int Reaped(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  struct SentSignal {
    int signal = 0;
    // True if sent to the whole tree, false if sent to the main process only.
    bool to_tree = false;
    MonotonicTime time;
  };
  // Returns the signals sent to the last instance of `name`.
  std::vector<SentSignal> Signals(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  // Returns the maximum number of instances of `name` that had live processes at the same time.
  int MostAliveAtOnce(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  // Returns the number of instances destroyed while a process of theirs was alive or not reaped.
  int abandoned() const ABSL_LOCKS_EXCLUDED(mu_);
  // Returns the names that Forget was called with.
  std::vector<std::string> forgotten() const ABSL_LOCKS_EXCLUDED(mu_);

  // Blocks until `count` spawns of `name` have succeeded. Returns false if they have not within
  // `patience`.
  bool AwaitSpawned(const std::string& name, int count,
                    absl::Duration patience = absl::Seconds(30)) const ABSL_LOCKS_EXCLUDED(mu_);
  // Like AwaitSpawned, for a signal sent to the last instance of `name`.
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

  // Called by the instances.
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
  // Existing instances, and the last one of each name.
  std::map<pid_t, std::unique_ptr<Process>> processes_ ABSL_GUARDED_BY(mu_);
  // Leftovers not taken yet; owned by processes_.
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
