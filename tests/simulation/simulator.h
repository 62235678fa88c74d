#ifndef HOB_TESTS_SIMULATION_SIMULATOR_H_
#define HOB_TESTS_SIMULATION_SIMULATOR_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/optional.h"
#include "server/checks/testing/fake_prober.h"
#include "server/clock/simulated_clock.h"
#include "server/output/log_store.h"
#include "server/supervisor/hold_store.h"
#include "server/supervisor/reloader.h"
#include "server/supervisor/roll.h"
#include "tests/simulation/configurations.h"
#include "tests/simulation/directory.h"
#include "tests/simulation/fake_kernel.h"
#include "tests/simulation/log_directory.h"
#include "tests/simulation/model.h"
#include "tests/simulation/random.h"
#include "tests/simulation/run_profile.h"
#include "tests/simulation/simulated_workforce.h"
#include "tests/simulation/simulation.h"
#include "tests/simulation/watcher.h"

namespace hob {
namespace simulation {

// Simulates one run. simulator.cc has the life of servers and the order of turns,
// simulator_world.cc the actions of the world, and simulator_checks.cc the checks of changes,
// answers and requests to the kernel.
//
// Waiting is nested: while a reload waits for workers, or a worker for a slow spawn, the others
// have their turns and the world acts.
class Simulator : public Scheduler, public World, public KernelWitness {
 public:
  explicit Simulator(const Scenario& scenario);

  // Called once.
  Outcome Run();

  // Scheduler.
  bool AdmitWorker(const DaemonSpec& spec) override;
  void WorkerMade(SimulatedWorker* worker) override;
  void WorkerGone(SimulatedWorker* worker) override;
  void RunToEnd(SimulatedWorker* worker) override;
  void RunUntil(const absl::Notification& answered) override;
  void WillPost(int daemon, Command& command) override;

  // World.
  Nanos Now() const override { return now_; }
  Nanos WallOffset() const override;
  int Alive(int daemon) const override { return kernel_.Alive(daemon); }
  int MainPid(int daemon) const override { return kernel_.MainPid(daemon); }
  bool IsMissing(int program) const override { return kernel_.IsMissing(program); }
  bool HasSignalledReady(int daemon) const override { return kernel_.HasSignalledReady(daemon); }
  bool HasClosedReady(int daemon) const override { return kernel_.HasClosedReady(daemon); }
  bool HasRefusedKill(int daemon) const override { return kernel_.HasRefusedKill(daemon); }
  int UnreadMessages(int daemon) const override { return kernel_.UnreadMessages(daemon); }
  OutputFacts Output(int daemon) const override;
  bool IsChecked(int daemon) const override {
    return server_->prober.Find(Configurations::NameOf(daemon)) != nullptr;
  }
  void Violation(int daemon, const std::string& what) override;

  // KernelWitness.
  void SpawnBegins(int daemon) override;
  void Spawned(int daemon, int pid) override;
  void NotSpawned(int daemon, const End& end) override;
  void Reaped(int daemon, const End& end) override;
  void Signalled(int daemon, int signal, bool to_tree) override;
  void Received(int daemon, const NotifyMessage& message) override;
  void Dropped(int daemon, bool clean) override;

 private:
  // A command whose answer is due.
  struct Posted {
    int daemon = 0;
    Order order = Order::kStart;
    bool no_wait = false;
    Nanos timeout = kInfinite;
    Nanos posted_at = 0;
    // The daemon's exits when it was posted.
    int64_t exits = 0;
    // The daemon's spawns when the worker took it.
    int64_t spawns = 0;
    bool joined_another = false;
    // True if it also stops or starts others, whose failure may be its answer.
    bool cascade = false;
    // True if it must leave the instance alone, because a new one could not start.
    bool keeps_instance = false;
    int answers = 0;
  };

  // A server assembled as in hobd, and its model.
  struct Server {
    explicit Server(Simulator& simulator);

    Registry registry;
    RestartThrottle throttle;
    ChangeWaits waits;
    FakeProber prober;
    DaemonRunner::Context context;
    Model model;
    // Null if output is not kept.
    std::unique_ptr<LogStore> logs;
    SimulatedWorkforce workforce;
    std::unique_ptr<Supervisor> supervisor;
    std::unique_ptr<Reloader> reloads;
  };

  // The life of a server.
  void LiveOnce();
  void Begin();
  void ProveLiveness();
  void ShutDown();
  void Finish();

  // Time and turns. Time does not pass beyond `limit`.
  bool WorldMayAct() const;
  void RunStep(Nanos limit);
  void RunStepsUntil(Nanos time);
  bool IsDue(SimulatedWorker& worker);
  bool HasOutput(SimulatedWorker& worker);
  SimulatedWorker* PickDueWorker();
  void Turn(SimulatedWorker& worker);
  void Take(SimulatedWorker& worker, Command command);
  void PassTime(Nanos limit);
  void AdvanceTo(Nanos time);
  Nanos NextEvent();
  void WhileSpawning(int daemon, Nanos time);
  SimulatedWorker* WorkerOf(int daemon);
  // Ends the processes of daemons that stop with stop_timeout = infinity.
  void EndUnlimitedStops();
  // Gives all workers turns until `is_over`; reports `otherwise` if that never happens.
  void Wait(absl::FunctionRef<bool()> is_over, const char* otherwise);
  // Reports that something waits forever, and does not return.
  void FailStuck(const char* what);

  // Lets the world act. Returns false if it does not; then a worker has a turn, or time passes.
  bool Act();
  void GiveCommand();
  std::shared_ptr<const Hold> RandomHold();
  void Post(Command command, int daemon);
  void ChangeFiles();
  // Gives the set random settings and a random size, or removes it.
  void ChangeSet();
  void GiveRoll();
  void AskForReload();
  void CarryOutReloads();
  void InjectFault();
  void ToggleLogDirectory();
  bool RestoreLogs();
  void AwaitLogs();
  void SendNotifyMessage();
  void DisturbClock();
  // Gives a verdict on a daemon that is checked.
  void GiveVerdict();
  // Gives a good verdict on a daemon that is checked and has no such verdict. Returns false if
  // there is none.
  bool MakeHealthy();
  void UseWatchers();

  // Changes and answers.
  void SubscribeToChanges();
  void ReadChanges();
  void Answered(int number, const absl::StatusOr<DaemonSnapshotPtr>& outcome);
  std::string ProblemWithAnswer(const Posted& posted, const std::string& reason,
                                const absl::StatusOr<DaemonSnapshotPtr>& outcome) const;
  std::string ProblemWithSuccess(const Posted& posted, const DaemonSnapshot& daemon) const;
  LoadedConfig Load();
  std::map<int, PlanAction> ExpectedPlan(const Files& wanted) const;
  // True if the daemon depends on a removed one, directly or through others.
  bool NeedsRemoved(int daemon, const std::map<int, PlanAction>& plan) const;
  void Reloaded(bool dry_run, const absl::StatusOr<Reloader::Outcome>& outcome);
  void CheckRemovedHaveEnded();
  void CheckReloaded(const Reloader::Outcome& outcome);
  void CheckFailures(const Reloader::Outcome& outcome);
  void CheckNotReloaded(const std::string& reason);
  void CheckAllAnswered();
  // Checks that all rolls are over, unless they wait for an instance that waits.
  void CheckRolls();
  void CheckLogs();
  // Discards output that processes wrote after the server had dropped them.
  void DiscardUnreadOutput();

  Model& model() { return server_->model; }
  const Model& model() const { return server_->model; }
  int RandomSettings();
  bool is_broken() const { return outcome_.violation.has_value(); }
  // Only the first violation counts: it may cause the others.
  void Check(bool holds, const std::string& what);
  void Check(bool holds, const char* what) {
    if (!holds) Check(false, std::string(what));
  }
  // Calls `text` only if the run is traced.
  template <typename Text>
  void Trace(const Text& text) {
    if (scenario_.trace > 0) Note(text());
  }
  void Note(const std::string& text);

  const Scenario scenario_;
  const Directory directory_;
  Outcome outcome_;
  std::deque<std::string> trace_;
  Random random_;
  const RunProfile profile_;
  SimulatedClock clock_;
  Nanos now_;
  FakeKernel kernel_;
  LogDirectory log_directory_;
  std::vector<pollfd> fds_;
  int steps_ = 0;

  // Outlives every server, as a file does.
  HoldStore holds_{"", "", clock_};
  // The times at which the holds of the last server end, by daemon; Model::HoldEnds.
  std::map<int, Nanos> left_holds_;

  // The configuration files, their state at the last load, the plan for that state, and the
  // configuration in force.
  Files files_;
  Files loaded_;
  std::map<int, PlanAction> plan_;
  Files in_force_;
  int64_t generation_ = 1;
  // True if the current reload has its generation.
  bool is_counted_ = false;
  // True if the last reload failed for lack of room.
  bool no_room_ = false;
  // Daemons that the last reload must leave alone, because their new program was missing.
  std::set<int> kept_;
  // Daemons with processes that the server has left alive and that may still write.
  std::set<int> left_alive_;
  // Daemons that hung in the kernel when the last reload began, or since.
  std::set<int> hung_;
  // The number of failed spawns by daemon: in total, and at the beginning of the last reload.
  std::map<int, int64_t> failed_spawns_;
  std::map<int, int64_t> failed_spawns_before_reload_;
  // The number of the last change when the last reload began.
  int64_t before_reload_ = 0;

  std::unique_ptr<Server> server_;
  std::vector<SimulatedWorker*> workers_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::deque<Posted> posted_;
  // The number of the last change that was read.
  int64_t sequence_ = 0;
  int pending_reloads_ = 0;
  // The rolls that were commanded.
  std::vector<std::shared_ptr<const Roll>> rolls_;
  // The instances whose replacement is not answered, once for each command.
  std::multiset<int> rolling_;
  bool reloads_ = false;
  // The number of nested spawns in progress.
  int spawning_ = 0;
  bool shutting_down_ = false;
  // The answer to the shutdown: true if no process is left.
  absl::optional<bool> all_gone_;
  // True if processes of a daemon hung in the kernel when its worker ended.
  bool gave_up_ = false;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_SIMULATOR_H_
