#ifndef HOB_SERVER_SUPERVISOR_TESTING_RUNNER_HARNESS_H_
#define HOB_SERVER_SUPERVISOR_TESTING_RUNNER_HARNESS_H_

#include <memory>
#include <string>
#include <vector>

#include "server/checks/testing/fake_prober.h"
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

// Returns the daemon "web" with the default settings.
DaemonSpec WebSpec();
// Returns WebSpec, except that it counts as up after 2 s.
DaemonSpec SlowToComeUp();
// Returns WebSpec, except that it waits 10 s before a restart, and is given up after 3 failures
// within a minute.
DaemonSpec Patient();

// Returns a program that takes `dying_takes` to end.
FakeProgram SlowToEnd(absl::Duration dying_takes);
// Returns a program that ignores TERM.
FakeProgram Deaf();

// Runs a DaemonRunner for the daemon "web" on the test's own thread, with everything that the
// runner needs.
class RunnerHarness {
 public:
  explicit RunnerHarness(const DaemonSpec& spec = WebSpec(),
                         const StartBudget::Options& budget = {});

  // Handles a command, and steps until nothing is due.
  Answer Do(Command::Kind kind) { return Do(Make(kind)); }
  Answer Do(Command command);
  Answer Do(Command::Kind kind, const DaemonSpec& spec);
  // Handles a command without a step, as if the mailbox held more than one command.
  Answer Post(Command command);
  Answer Post(Command::Kind kind) { return Post(Make(kind)); }

  static Command Make(Command::Kind kind);
  static Command Make(Command::Kind kind, const DaemonSpec& spec);

  // Gives a verdict of the check, and steps until nothing is due.
  void Tell(DaemonHealth health, const std::string& message = "so");

  // Publishes another daemon, and steps until nothing is due.
  void PublishOther(const std::string& name, DaemonState state, bool wanted = true);

  // Ends the main process, and steps until nothing is due.
  void End(const EndOfProcess& end);
  void Exit(int code) { End(ExitedWithCode{code}); }

  // Steps until nothing is due.
  void Settle();
  // Advances the clock from event to event, and steps at each until nothing is due.
  void Advance(absl::Duration by);

  // Returns the snapshot that readers see; the last one after a removal.
  const DaemonSnapshot& now();
  DaemonState state() { return now().state; }
  // Returns the states after each step, from "STOPPED" on, without repeats: "STOPPED RUNNING
  // STOPPING STOPPED".
  const std::string& path() const { return path_; }
  // Resets the path to the present state.
  void BeginPath() { path_ = last_; }

  // Returns the signals sent to the last instance, as "15 18". Expects that each went to all
  // processes.
  std::string Signals() const;

  SimulatedClock clock;
  FakeSpawner spawner{clock};
  RestartThrottle throttle;
  Registry registry;
  ChangeWaits waits;
  FakeProber prober;
  DaemonRunner::Context context;
  std::unique_ptr<DaemonRunner> runner;

 private:
  void Look();

  // The latest snapshot; kept alive for now().
  DaemonSnapshotPtr seen_;
  std::string last_;
  std::string path_;
};

using DeparturePtr = std::shared_ptr<const Departure>;

// Publishes a daemon that is up, and announces its end.
DeparturePtr Announce(RunnerHarness& web, const std::string& name);

// Returns a kStop that waits for an announced end.
Command StopAfter(const std::string& name, const DeparturePtr& departure);

// Brings a daemon with the default policy to HALTED.
void Halt(RunnerHarness& web);

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_TESTING_RUNNER_HARNESS_H_
