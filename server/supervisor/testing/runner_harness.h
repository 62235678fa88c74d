#ifndef HOB_SERVER_SUPERVISOR_TESTING_RUNNER_HARNESS_H_
#define HOB_SERVER_SUPERVISOR_TESTING_RUNNER_HARNESS_H_

#include <memory>
#include <string>
#include <vector>

#include "server/clock/simulated_clock.h"
#include "server/daemon/daemon_snapshot.h"
#include "server/journal/journal.h"
#include "server/process/testing/fake_spawner.h"
#include "server/registry/registry.h"
#include "server/supervisor/command.h"
#include "server/supervisor/daemon_runner.h"
#include "server/supervisor/testing/answers.h"
#include "server/throttle/restart_throttle.h"

namespace hob {

// The daemon "web" with the defaults of the contract.
DaemonSpec WebSpec();
// The same, which counts as up after 2 s.
DaemonSpec SlowToComeUp();
// The same, which waits 10 s before a restart, and is given up after 3 failures within a minute.
DaemonSpec Patient();

// Returns a program that takes so long to end.
FakeProgram SlowToEnd(absl::Duration dying_takes);
// Returns a program that no TERM ends.
FakeProgram Deaf();

// A runner of the daemon "web" with everything that it needs, driven on the test's own thread: a
// worker without the thread.
class RunnerHarness {
 public:
  explicit RunnerHarness(const DaemonSpec& spec = WebSpec(),
                         const StartBudget::Options& budget = {});

  // Hands a command over, and steps until nothing is due.
  Answer Do(Command::Kind kind) { return Do(Make(kind)); }
  Answer Do(Command command);
  Answer Do(Command::Kind kind, const DaemonSpec& spec);
  // The same without a step: as when more than one command is in the mailbox.
  Answer Post(Command command);
  Answer Post(Command::Kind kind) { return Post(Make(kind)); }

  static Command Make(Command::Kind kind);
  static Command Make(Command::Kind kind, const DaemonSpec& spec);

  // The main process ends, and the runner notices.
  void End(const EndOfProcess& end);
  void Exit(int code) { End(ExitedWithCode{code}); }

  // Steps until nothing is due.
  void Settle();
  // Lets time pass, from one event to the next, and lets the runner and the processes act at each.
  void Advance(absl::Duration by);

  // What readers see.
  const DaemonSnapshot& now();
  DaemonState state() { return now().state; }
  // The states in which the steps left the daemon, from "STOPPED" on, without repeats:
  // "STOPPED RUNNING STOPPING STOPPED".
  const std::string& path() const { return path_; }
  // Forgets the path but for the present state.
  void BeginPath() { path_ = last_; }

  // The signals that the last instance got, as "15 18": all of them were sent to the whole tree.
  std::string Signals() const;

  SimulatedClock clock;
  FakeSpawner spawner{clock};
  RestartThrottle throttle;
  Registry registry;
  DaemonRunner::Context context;
  std::unique_ptr<DaemonRunner> runner;

 private:
  void Look();

  // What was seen last; kept alive for now().
  DaemonSnapshotPtr seen_;
  std::string last_;
  std::string path_;
};

// Brings a daemon of the default policy to HALTED.
void Halt(RunnerHarness& web);

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_TESTING_RUNNER_HARNESS_H_
