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
#include "server/clock/simulated_clock.h"
#include "server/output/log_store.h"
#include "server/supervisor/reload_queue.h"
#include "tests/simulation/character.h"
#include "tests/simulation/configurations.h"
#include "tests/simulation/fake_kernel.h"
#include "tests/simulation/folder.h"
#include "tests/simulation/model.h"
#include "tests/simulation/paper.h"
#include "tests/simulation/random.h"
#include "tests/simulation/simulated_workforce.h"
#include "tests/simulation/simulation.h"
#include "tests/simulation/watcher.h"

namespace hob {
namespace simulation {

// Plays one run. What it does is in files of their own: simulator.cc has the life of servers, and
// whose turn it is; simulator_world.cc what the world does to them; simulator_told.cc what comes
// back, and what must be so.
//
// Waiting is nested: while a reload waits for workers, or a worker for a slow spawn, the others
// have their turns and the world goes on.
class Simulator : public Scheduler, public World, public KernelWitness {
 public:
  explicit Simulator(const Scenario& scenario);

  // To be called once.
  Outcome Run();

  // Scheduler.
  bool MakesWorker(const DaemonSpec& spec) override;
  void WorkerMade(SimulatedWorker* worker) override;
  void WorkerGone(SimulatedWorker* worker) override;
  void RunToTheEnd(SimulatedWorker* worker) override;
  void RunUntil(const absl::Notification& answered) override;

  // World.
  Nanos Now() const override { return now_; }
  Nanos WallOffset() const override;
  int Alive(int daemon) const override { return kernel_.Alive(daemon); }
  int MainPid(int daemon) const override { return kernel_.MainPid(daemon); }
  bool IsMissing(int program) const override { return kernel_.IsMissing(program); }
  bool SaidReady(int daemon) const override { return kernel_.SaidReady(daemon); }
  bool ClosedReady(int daemon) const override { return kernel_.ClosedReady(daemon); }
  bool HasRefusedKill(int daemon) const override { return kernel_.HasRefusedKill(daemon); }
  int Unheard(int daemon) const override { return kernel_.Unheard(daemon); }
  OutputFacts Output(int daemon) const override;
  void Violation(int daemon, const std::string& what) override;

  // KernelWitness.
  void SpawnBegins(int daemon) override;
  void Spawned(int daemon, int pid) override;
  void NotSpawned(int daemon, const End& end) override;
  void Reaped(int daemon, const End& end) override;
  void Signalled(int daemon, int signal, bool to_tree) override;
  void Heard(int daemon, const Word& word) override;
  void Dropped(int daemon, bool clean) override;

 private:
  // A command that somebody waits for.
  struct Posted {
    int daemon = 0;
    Order order = Order::kStart;
    bool no_wait = false;
    Nanos timeout = kInfinite;
    Nanos posted_at = 0;
    // As they were when it was posted.
    int64_t exits = 0;
    // As they were when the worker took it.
    int64_t spawns = 0;
    bool joined_another = false;
    // The instance was to be left alone, because a new one could not start.
    bool keeps_instance = false;
    int answers = 0;
  };

  // A server as hobd puts it together, and the model of it.
  struct Server {
    explicit Server(Simulator& simulator);

    Registry registry;
    RestartThrottle throttle;
    DaemonRunner::Context context;
    Model model;
    // Null where output is not kept.
    std::unique_ptr<LogStore> logs;
    SimulatedWorkforce workforce;
    std::unique_ptr<Supervisor> supervisor;
    std::unique_ptr<ReloadQueue> reloads;
  };

  // The life of a server.
  void LiveOnce();
  void Begin();
  void ProveLiveness();
  void ShutDown();
  void Finish();

  // Time and turns. No time passes beyond `limit`.
  bool WorldActs() const;
  void GoOn(Nanos limit);
  void GoOnUntil(Nanos time);
  bool IsDue(SimulatedWorker& worker);
  bool HasOutput(SimulatedWorker& worker);
  SimulatedWorker* OneThatIsDue();
  void Turn(SimulatedWorker& worker);
  void Take(SimulatedWorker& worker, Command command);
  void PassTime(Nanos limit);
  void AdvanceTo(Nanos time);
  Nanos NextEvent();
  void WhileSpawning(int daemon, Nanos time);
  SimulatedWorker* WorkerOf(int daemon);
  // What is waited for without an end, under stop_timeout = infinity, comes to its end.
  void EndWhatIsNeverKilled();
  // Everybody has turns until `is_over`.
  void Wait(absl::FunctionRef<bool()> is_over, const char* otherwise);
  // Somebody waits for ever: does not return.
  void BeStuck(const char* what);

  // The world acts. False: it is somebody's turn, or time passes.
  bool Act();
  void GiveCommand();
  void Post(Command command, int daemon);
  void ChangeFiles();
  void AskForReload();
  void CarryOutReloads();
  void DoMischief();
  void HidePaper();
  bool PaperIsGood();
  void AwaitGoodPaper();
  void SayWord();
  void Jump();
  void LookAtWatchers();

  // What comes back.
  void AwaitChange();
  void ReadChanges();
  void Answered(int number, const absl::StatusOr<DaemonSnapshotPtr>& outcome);
  std::string WhatIsWrong(const Posted& posted, const std::string& reason,
                          const absl::StatusOr<DaemonSnapshotPtr>& outcome) const;
  std::string WhatIsWrongWithSuccess(const Posted& posted, const DaemonSnapshot& daemon) const;
  LoadedConfig Load();
  std::map<int, PlanAction> ExpectedPlan(const Files& wanted) const;
  void Reloaded(bool dry_run, const absl::StatusOr<ReloadQueue::Outcome>& outcome);
  void CheckThatGoneHaveEnded();
  void CheckReloaded(const ReloadQueue::Outcome& outcome);
  void CheckFailures(const ReloadQueue::Outcome& outcome);
  void CheckNotReloaded(const std::string& reason);
  void CheckAllAnswered();
  void CheckLogs();
  // What was written when the server had let go of it, and had not ended, is gone.
  void LoseWhatNobodyRead();

  Model& model() { return server_->model; }
  const Model& model() const { return server_->model; }
  int RandomSettings();
  bool is_broken() const { return outcome_.violation.has_value(); }
  // Only the first violation counts: what follows may follow from it.
  void Check(bool holds, const std::string& what);
  void Check(bool holds, const char* what) {
    if (!holds) Check(false, std::string(what));
  }
  // `text` is only made when somebody wants to see it.
  template <typename Text>
  void Trace(const Text& text) {
    if (scenario_.trace > 0) Note(text());
  }
  void Note(const std::string& text);

  const Scenario scenario_;
  const Folder folder_;
  Outcome outcome_;
  std::deque<std::string> trace_;
  Random random_;
  const Character character_;
  SimulatedClock clock_;
  Nanos now_;
  FakeKernel kernel_;
  Paper paper_;
  std::vector<pollfd> fds_;
  int steps_ = 0;

  // What the configuration files say, what was loaded from them last and the plan that follows from
  // it, and what is in force.
  Files files_;
  Files loaded_;
  std::map<int, PlanAction> plan_;
  Files in_force_;
  int64_t generation_ = 1;
  // The reload that is under way has its generation.
  bool is_counted_ = false;
  // The last reload was told that there is no room.
  bool no_room_ = false;
  // Daemons that the last reload was to leave alone, because their new program was missing.
  std::set<int> kept_;
  // Daemons of which the server has left something alive: that may go on writing.
  std::set<int> left_alive_;
  // Daemons that hung in the kernel when it was begun, or since.
  std::set<int> hung_;
  // Spawns that failed, by daemon: in all, and when the last reload was begun.
  std::map<int, int64_t> failed_spawns_;
  std::map<int, int64_t> failed_spawns_before_reload_;
  // The number of the last change when the last reload was begun.
  int64_t before_reload_ = 0;

  std::unique_ptr<Server> server_;
  std::vector<SimulatedWorker*> workers_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::deque<Posted> posted_;
  // Of those, what is in the mailbox of each daemon's worker.
  std::map<int, std::deque<int>> in_mailbox_;
  // The number of the last change that was read.
  int64_t sequence_ = 0;
  int reloads_asked_for_ = 0;
  bool reloads_ = false;
  // Spawns that are under way, one within the other.
  int spawning_ = 0;
  bool shutting_down_ = false;
  // Everybody is down; whether nothing is left.
  absl::optional<bool> all_gone_;
  // Something of a daemon hung in the kernel when its worker ended.
  bool gave_up_ = false;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_SIMULATOR_H_
