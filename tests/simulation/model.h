#ifndef HOB_TESTS_SIMULATION_MODEL_H_
#define HOB_TESTS_SIMULATION_MODEL_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "tests/simulation/kernel_witness.h"
#include "tests/simulation/output_model.h"
#include "tests/simulation/settings.h"
#include "tests/simulation/throttle_model.h"

namespace hob {
namespace simulation {

// What is told of a daemon to those outside, as far as the model looks at it. A plain value.
struct Sighting {
  enum class State { kStopped, kStarting, kRunning, kBackoff, kStopping, kExited, kHalted };
  State state = State::kStopped;
  bool wanted = false;
  bool ready = false;
  bool is_unkillable = false;
  int pid = 0;
  int64_t exits = 0;
  int64_t restarts = 0;
  // The number of its settings.
  int settings = 0;
  // The throttle's last decision is told.
  bool has_evidence = false;
  // When it says that the next start comes, by the wall clock; kInfinite: it does not say.
  Nanos next_start = kInfinite;
  // What it says of itself.
  std::string status;
  bool has_log_problem = false;
  // The latest run, where exits > 0.
  int run_pid = 0;
  End run_end;
  bool run_was_asked_for = false;
  bool run_was_condemned = false;
};

// The commands that workers get.
enum class Order {
  kStart,
  kStop,
  kRestart,
  kSignal,
  kBoot,
  kUpdate,
  kReplace,
  kRemove,
  kShutDown,
  kKill,
  kReopenLogs
};

// Added to the number of a signal that goes to everything of an instance.
inline constexpr int kToAll = 1000;

// What the model may ask about the world. All of it is the plain truth.
class World {
 public:
  virtual ~World() = default;
  virtual Nanos Now() const = 0;
  // The wall clock less the monotonic one.
  virtual Nanos WallOffset() const = 0;
  virtual int Alive(int daemon) const = 0;
  virtual int MainPid(int daemon) const = 0;
  // True if a start of the program with this number is certain to fail.
  virtual bool IsMissing(int program) const = 0;
  virtual bool SaidReady(int daemon) const = 0;
  virtual bool ClosedReady(int daemon) const = 0;
  // Whether the server may not signal its latest instance, and has tried KILL.
  virtual bool HasRefusedKill(int daemon) const = 0;
  // What its main process has said with sd_notify(3) and nobody has taken.
  virtual int Unheard(int daemon) const = 0;
  virtual OutputFacts Output(int daemon) const = 0;
  // An invariant is broken.
  virtual void Violation(int daemon, const std::string& what) = 0;
};

// What hob must do, written from the contract: it follows the commands that workers take and what
// they ask the kernel for, and holds against it what is published. It shares no code with hob.
//
// Daemons have numbers: that of each call was told by Created, and not yet by Finished.
class Model : public KernelWitness {
 public:
  Model(World& world, double start_rate, int start_burst)
      : world_(world), budget_(start_rate, start_burst) {}

  // A worker was made.
  void Created(int number, int settings);
  // The worker takes an order; `detail` is the signal (with kToAll where it goes to all) or the
  // number of the new settings.
  void Takes(int number, Order order, int detail);
  // It has taken the order.
  void HasTaken(int number);
  // The worker is about to act.
  void RoundBegins(int number);
  // The worker has acted. `at_rest`: it has nothing to do before it is woken.
  void RoundEnds(int number, bool at_rest);
  // The daemon has ended for good.
  void Finished(int number);
  // A change was published.
  void Sees(int number, const Sighting& sighting);

  // KernelWitness.
  void SpawnBegins(int number) override;
  void Spawned(int number, int pid) override;
  void NotSpawned(int number, const End& end) override;
  void Reaped(int number, const End& end) override;
  void Signalled(int number, int signal, bool to_tree) override;
  void Heard(int number, const Word& word) override;
  void Dropped(int number, bool clean) override;

  // Of a daemon.
  bool IsKnown(int number) const { return daemons_[number].is_known; }
  bool IsWanted(int number) const { return daemons_[number].wanted; }
  bool IsRestarting(int number) const { return daemons_[number].restarting; }
  bool IsEnding(int number) const { return daemons_[number].is_ending; }
  int SettingsOfDaemon(int number) const { return daemons_[number].settings; }
  // The settings that a reload could not put in force, because the daemon is up and their program
  // is missing; -1: none.
  int PendingSettings(int number) const { return daemons_[number].pending; }
  // True if the order, which is about to be taken, leaves the instance alone because a new one
  // cannot start.
  bool KeepsInstance(int number, Order order, int detail) const;
  int64_t exits(int number) const { return daemons_[number].exits; }
  // Spawns that succeeded.
  int64_t spawns(int number) const { return daemons_[number].spawns; }
  // KILL was sent so long ago that it does not end what is alive: that hangs in the kernel, or has
  // refused the signal.
  bool Hangs(int number) const;
  // True if it is being stopped and may never be killed.
  bool IsStoppedWithoutEnd(int number) const;
  // True if it is where it belongs when nothing is wrong for a long time.
  bool IsWell(int number) const;
  const Sighting& seen(int number) const { return daemons_[number].seen; }

 private:
  // What lets the next start come.
  struct License {
    enum class Kind { kNone, kOperator, kConfiguration, kFailure, kTrial };
    Kind kind = Kind::kNone;
    Nanos earliest = kInfinite;
    Nanos latest = kInfinite;
    // How much later it may be because hob counts in fractions.
    Nanos rounding = 0;
    // The machine's budget has granted it.
    bool granted = false;
    // It came in the course of this round, too late to be used in it.
    bool is_fresh = false;
    // Of the end that it follows: the wall clock less the monotonic one.
    Nanos wall_offset = 0;
  };
  // Why an instance is being ended.
  enum class Ending { kNot, kAskedFor, kCondemned };
  // What follows once nothing of the instance is left.
  enum class After { kVerdict, kRest, kOperatorStart, kConfiguredStart };
  // An end that has to be published.
  struct Owed {
    int pid = 0;
    End end;
    bool asked_for = false;
    bool condemned = false;
  };

  struct Daemon {
    bool is_known = false;
    bool is_ending = false;
    int settings = 0;
    int pending = -1;
    bool wanted = false;
    // An operator has said whether it is to be up, and the configuration comes too late.
    bool told_by_operator = false;
    // A restart is under way, which others join.
    bool restarting = false;
    Sighting seen;
    // Where it rests without an instance.
    Sighting::State resting = Sighting::State::kStopped;
    License license;
    ThrottleModel throttle;

    bool has_instance = false;
    bool main_ended = false;
    bool is_trial = false;
    int pid = 0;
    Nanos spawned_at = 0;
    Nanos trial_won_at = kInfinite;
    Nanos ready_deadline = kInfinite;
    // Of what it says: until when it has asked to be waited for, when its watchdog runs out, and
    // whether it says that it is stopping.
    Nanos extended_until = 0;
    Nanos silent_deadline = kInfinite;
    bool says_it_stops = false;
    std::string status;
    // The same in this round.
    bool heard_trigger = false;
    bool heard_stopping = false;
    Ending ending = Ending::kNot;
    Nanos kill_due = kInfinite;
    // When KILL was sent first, how often, and whether it was in this round.
    Nanos killed_at = kInfinite;
    int kills = 0;
    bool killed_in_this_round = false;
    After after = After::kVerdict;
    Verdict verdict;
    Nanos verdict_wall_offset = 0;

    int64_t exits = 0;
    int64_t restarts = 0;
    int64_t spawns = 0;
    std::deque<Owed> owed;
    OutputModel output;
    // Signals that were sent and are not yet accounted for; negative: that are still to be sent.
    // By number, with kToAll.
    std::map<int, int> signals;
    // KILL may be sent.
    bool may_kill = false;
  };

  void Start(Daemon& daemon);
  static void TakePending(Daemon& daemon);
  void BeginStop(Daemon& daemon);
  void ExpectStopSignals(Daemon& daemon, int signal);
  void CancelTimers(Daemon& daemon);
  void ListenToWatchdog(Daemon& daemon);
  void CheckCondemned(int number);
  void TakeVerdict(Daemon& daemon, const Verdict& verdict, Nanos wall_offset);
  static void Grant(Daemon& daemon, License::Kind kind, Nanos earliest, Nanos latest);
  void GrantNow(Daemon& daemon, License::Kind kind);

  void CheckRun(int number, const Sighting& sighting);
  void CheckState(int number, const Sighting& sighting);
  void CheckBackoff(int number, const Sighting& sighting);
  void CheckBudget(int number);
  void CheckSeen(int number);
  void CheckSignals(int number);
  // How long after KILL that is told: it depends on whether the kernel refuses the signal.
  Nanos HangsAfter(int number) const;
  void CheckAtRest(int number);
  Sighting::State Expected(const Daemon& daemon) const;
  void Check(bool holds, int number, const char* what);

  World& world_;
  BudgetModel budget_;
  static constexpr int kMaxDaemons = 8;
  Daemon daemons_[kMaxDaemons];
};

const char* NameOf(Sighting::State state);

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_MODEL_H_
