#ifndef HOB_TESTS_SIMULATION_MODEL_H_
#define HOB_TESTS_SIMULATION_MODEL_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "tests/simulation/kernel_witness.h"
#include "tests/simulation/output_model.h"
#include "tests/simulation/settings.h"
#include "tests/simulation/throttle_model.h"

namespace hob {
namespace simulation {

// The part of a daemon's published snapshot that the model checks. A plain value.
struct Observation {
  enum class State {
    kStopped,
    kStarting,
    kRunning,
    kBackoff,
    kStopping,
    kExited,
    kHalted,
    kWaiting
  };
  enum class Health { kUnchecked, kUnknown, kHealthy, kUnhealthy };
  State state = State::kStopped;
  bool wanted = false;
  bool ready = false;
  Health health = Health::kUnchecked;
  bool is_unkillable = false;
  bool awaits_dependents = false;
  bool is_held = false;
  // True if its start waits for the end of the hold.
  bool awaits_release = false;
  int pid = 0;
  int64_t exits = 0;
  int64_t restarts = 0;
  // The number of its settings.
  int settings = 0;
  // True if the snapshot has the throttle's last decision.
  bool has_evidence = false;
  // The time of the next start, by the wall clock; kInfinite if the snapshot has none.
  Nanos next_start = kInfinite;
  // True if the reason is a stop that was asked for.
  bool is_asked_to_end = false;
  // The status text of the daemon.
  std::string status;
  bool has_log_problem = false;
  // The latest run, if exits > 0.
  int run_pid = 0;
  End run_end;
  bool run_was_requested = false;
  bool run_ended_by_hob = false;
};

// The commands of workers.
enum class Order {
  kStart,
  kStop,
  kRestart,
  kSignal,
  kHold,
  kRelease,
  kBoot,
  kUpdate,
  kReplace,
  kStage,
  kRoll,
  kRemove,
  kShutDown,
  kKill,
  kReopenLogs,
  kRecheck,
  kVerdict
};

// Details of kVerdict.
inline constexpr int kIsUnhealthy = 0;
inline constexpr int kIsHealthy = 1;
// The verdict of a check that has ended.
inline constexpr int kIsLate = 2;

// Detail of kRoll: it belongs to a reload.
inline constexpr int kIsAutomatic = 1;

// Added to the number of a signal that goes to all processes of an instance.
inline constexpr int kToAll = 1000;

// Tells the model the truth about the world.
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
  virtual bool HasSignalledReady(int daemon) const = 0;
  virtual bool HasClosedReady(int daemon) const = 0;
  // True if the server may not signal its latest instance, and has tried KILL.
  virtual bool HasRefusedKill(int daemon) const = 0;
  // The number of messages of its main process that the server has not read.
  virtual int UnreadMessages(int daemon) const = 0;
  virtual OutputFacts Output(int daemon) const = 0;
  // True if its instance is being checked.
  virtual bool IsChecked(int daemon) const = 0;
  // Reports a broken invariant.
  virtual void Violation(int daemon, const std::string& what) = 0;
};

// Predicts hob's behaviour from its documentation alone: follows the commands that workers take and
// their requests to the kernel, and checks published snapshots against them. Shares no code with
// hob.
//
// Daemons have numbers; calls about a daemon come after Created and before Finished.
class Model : public KernelWitness {
 public:
  Model(World& world, double start_rate, int start_burst)
      : world_(world), budget_(start_rate, start_burst) {}

  // A worker was made. The daemon is held if `hold_ends` is not 0.
  void Created(int number, int settings, Nanos hold_ends);
  // Sets the time at which the hold ends by itself, by the wall clock, for the kHold that is taken
  // next.
  void TakesHold(Nanos hold_ends) { next_hold_ends_ = hold_ends; }
  // Sets the daemons that must end before the instance does, and those that must be gone before the
  // next start, by the order that is taken next.
  void TakesAfter(std::set<int> ends_after, std::set<int> starts_after);
  // The worker takes an order; `detail` is the signal (plus kToAll if it goes to all), the number
  // of the new settings, or the verdict.
  void Takes(int number, Order order, int detail);
  // The worker has taken the order.
  void HasTaken(int number);
  // The worker is about to act.
  void RoundBegins(int number);
  // The worker has acted. `at_rest` if it has nothing to do before it is woken.
  void RoundEnds(int number, bool at_rest);
  // The daemon has ended for good.
  void Finished(int number);
  // A snapshot was published.
  void Observe(int number, const Observation& observation);

  // KernelWitness.
  void SpawnBegins(int number) override;
  void Spawned(int number, int pid) override;
  void NotSpawned(int number, const End& end) override;
  void Reaped(int number, const End& end) override;
  void Signalled(int number, int signal, bool to_tree) override;
  void Received(int number, const NotifyMessage& message) override;
  void Dropped(int number, bool clean) override;

  // The state of a daemon.
  bool IsKnown(int number) const { return daemons_[number].is_known; }
  bool IsWanted(int number) const { return daemons_[number].wanted; }
  // True if it is being restarted, and another restart joins that one.
  bool IsRestarting(int number) const { return Joins(daemons_[number]); }
  bool IsEnding(int number) const { return daemons_[number].is_ending; }
  int SettingsOfDaemon(int number) const { return daemons_[number].settings; }
  // The settings that a reload has not applied to the present instance; -1 if none.
  int PendingSettings(int number) const { return daemons_[number].pending; }
  // True if the daemon keeps its former settings until a later start.
  bool IsKept(int number) const {
    return daemons_[number].pending >= 0 && daemons_[number].is_kept;
  }
  // True if the order, which the worker is about to take, leaves the instance alone because a new
  // one cannot start.
  bool KeepsInstance(int number, Order order, int detail) const;
  // True if the daemon waits for others that may come up by themselves.
  bool MayWaitForEver(int number) const;
  // True if the daemon depends on one that does not come up by itself.
  bool IsStuck(int number) const;
  // The same with its pending settings, or with its settings if none are pending.
  bool IsStuckInNextInstance(int number) const;
  // The time at which its hold ends by itself, by the wall clock; 0 if it is not held.
  Nanos HoldEnds(int number) const {
    return daemons_[number].is_held ? daemons_[number].hold_ends : 0;
  }
  // True if a start of the daemon waits for the end of its hold, or will.
  bool AwaitsRelease(int number) const;
  // True if the order, which the worker is about to take, is refused for that reason.
  bool IsBlocked(int number, Order order) const;
  int64_t exits(int number) const { return daemons_[number].exits; }
  // The number of spawns that succeeded.
  int64_t spawns(int number) const { return daemons_[number].spawns; }
  // True if KILL was sent so long ago that live processes hang in the kernel, or have refused the
  // signal.
  bool Hangs(int number) const;
  // True if the daemon is stopping and may never be killed.
  bool IsStoppedWithoutEnd(int number) const;
  // True if the daemon may stay in its state after a long time without faults.
  bool HasSettled(int number) const;
  const Observation& seen(int number) const { return daemons_[number].seen; }
  // True if it is published as ready to serve, and healthy if it has a check.
  bool IsSeenReady(int number) const;
  // True if a roll does not replace it.
  bool IsLeftOut(int number) const;

 private:
  // The next start: its reason and its time.
  struct PendingStart {
    enum class Kind { kNone, kOperator, kConfiguration, kFailure, kTrial };
    Kind kind = Kind::kNone;
    Nanos earliest = kInfinite;
    Nanos latest = kInfinite;
    // The allowed delay, because hob counts in fractions of a nanosecond.
    Nanos rounding = 0;
    // True if the machine's budget has granted it.
    bool granted = false;
    // True if it is due and waits for other daemons or for the end of the hold.
    bool waits = false;
    // True if it does not wait for the end of a hold, because an operator commanded it.
    bool passes_hold = false;
    // True if it was set in this round, too late to happen in it.
    bool is_fresh = false;
    // The wall clock less the monotonic one at the end that it follows.
    Nanos wall_offset = 0;
  };
  // The reason for the current stop of an instance.
  enum class Ending { kNot, kRequested, kByHob };
  // The next step once nothing of the instance is left.
  enum class After { kVerdict, kRest, kOperatorStart, kConfiguredStart, kStartWithPartner };
  // The announced end of another daemon: the number of its instance, counted by spawns (0 if it has
  // none), and the number of orders to end that it has taken.
  struct Departure {
    int64_t spawns = 0;
    int ends_taken = 0;
  };
  // An end that must be published.
  struct UnreportedEnd {
    int pid = 0;
    End end;
    bool requested = false;
    bool ended_by_hob = false;
  };

  struct Daemon {
    bool is_known = false;
    bool is_ending = false;
    int settings = 0;
    int pending = -1;
    bool is_kept = false;
    // True if `pending` is taken once the instance has ended, for whatever reason.
    bool takes_pending_at_end = false;
    // True if only a command or a roll takes it.
    bool awaits_roll = false;
    bool wanted = false;
    bool is_held = false;
    // By the wall clock.
    Nanos hold_ends = kInfinite;
    // True if an operator has started or stopped it, which a later boot must respect.
    bool commanded = false;
    // True during a restart, which others join.
    bool restarting = false;
    Observation seen;
    // Its state without an instance.
    Observation::State resting = Observation::State::kStopped;
    PendingStart pending_start;
    // Daemons that must be gone before the next start.
    std::map<int, Departure> starts_after;
    ThrottleModel throttle;

    bool has_instance = false;
    bool main_ended = false;
    bool is_trial = false;
    int pid = 0;
    Nanos spawned_at = 0;
    Nanos trial_won_at = kInfinite;
    // The beginning and the end of the time limit for its readiness.
    Nanos ready_since = 0;
    Nanos ready_deadline = kInfinite;
    // From its messages: the end of its extended time-out, the expiry of its watchdog, and true if
    // it is stopping.
    Nanos extended_until = 0;
    Nanos silent_deadline = kInfinite;
    bool says_it_stops = false;
    std::string status;
    // The verdict of its check on the present instance, and true if it ends the instance.
    Observation::Health verdict_of_check = Observation::Health::kUnknown;
    bool is_condemned = false;
    // True if the message came in this round.
    bool received_trigger = false;
    bool received_stopping = false;
    Ending ending = Ending::kNot;
    // True if a stop waits for the end of `ends_after`.
    bool stop_is_held = false;
    // The daemon that the present instance restarts with, and the number of its ends at that time;
    // -1 if there is none.
    int partner = -1;
    int64_t partner_exits = 0;
    // By daemon.
    std::map<int, Departure> ends_after;
    Nanos kill_due = kInfinite;
    // The time of the first KILL, the number of KILLs, and true if one was sent in this round.
    Nanos killed_at = kInfinite;
    int kills = 0;
    bool killed_in_this_round = false;
    After after = After::kVerdict;
    Verdict verdict;
    Nanos verdict_wall_offset = 0;

    int64_t exits = 0;
    int64_t restarts = 0;
    int64_t spawns = 0;
    int ends_taken = 0;
    std::deque<UnreportedEnd> unreported;
    OutputModel output;
    // By number, with kToAll: the count of signals sent without a known reason; negative for
    // signals still due.
    std::map<int, int> signals;
    // True if KILL may be sent.
    bool may_kill = false;
  };

  // True if an instance is up, or starting.
  static bool IsUp(const Daemon& daemon);
  // True if the daemon is EXITED.
  static bool IsExited(const Daemon& daemon);
  // True if a restart in progress brings the latest settings.
  static bool Joins(const Daemon& daemon) {
    return daemon.restarting && (daemon.pending < 0 || !IsUp(daemon) || daemon.stop_is_held);
  }
  // True if it is published as up, or starting.
  static bool IsSeenUp(const Observation& seen);
  // True if the condition of the daemon on another one holds.
  bool IsMet(int number) const;
  bool IsMet(int number, int with_settings) const;
  bool IsStuck(int number, int with_settings) const;
  // The daemon, which is wanted, restarts with other settings.
  void Replace(int number);
  // The announced end of the present instance does not happen.
  void StaysUp(int number);
  // The hold of the daemon is over.
  void EndHold(int number);
  // True if a dependency of the daemon is not up, or a removed daemon still is, or if it is held.
  bool MustWait(int number);
  // True if the daemon has ended as announced, or cannot be ended.
  bool HasEnded(int number, const Departure& departure) const;
  std::map<int, Departure> DeparturesOf(const std::set<int>& numbers) const;
  // The daemon that it restarts with; -1 if there is none.
  int PartnerOf(int number) const;
  // True if the daemon must end because the instance that it restarts with has ended, or is about
  // to.
  bool MustFollow(int number) const;
  // Ends the instance if it must follow another one.
  void Follow(int number);
  // Notes the instance that the present one restarts with.
  void NotePartner(int number);
  // True if another instance must end before that of the daemon, because it restarts with it.
  bool HasFollowers(int number) const;
  // The held stop begins.
  void HeldStopBegins(int number);
  void Start(Daemon& daemon);
  static void TakePending(Daemon& daemon);
  // The same, unless it was staged and its program is missing.
  void TakePendingIfUsable(Daemon& daemon) const;
  void BeginStop(int number);
  void ExpectStopSignals(Daemon& daemon, int signal);
  void CancelTimers(Daemon& daemon);
  void ListenToWatchdog(Daemon& daemon);
  void TakeVerdictOfCheck(int number, int detail);
  // Returns the health that must be published.
  static Observation::Health HealthOf(const Daemon& daemon);
  void CheckHealth(int number);
  void CheckEndedByHob(int number);
  void TakeVerdict(Daemon& daemon, const Verdict& verdict, Nanos wall_offset);
  static void Schedule(Daemon& daemon, PendingStart::Kind kind, Nanos earliest, Nanos latest);
  void ScheduleNow(Daemon& daemon, PendingStart::Kind kind);

  void CheckRun(int number, const Observation& observation);
  // True if the instance has become ready.
  bool IsReady(int number) const;
  void CheckState(int number, const Observation& observation);
  void CheckBackoff(int number, const Observation& observation);
  void CheckBudget(int number);
  void CheckPublished(int number);
  void CheckSignals(int number);
  // Returns the time after the first KILL at which the daemon counts as unkillable, which is
  // shorter if the process refuses the signal.
  Nanos HangsAfter(int number) const;
  void CheckAtRest(int number);
  Observation::State Expected(const Daemon& daemon) const;
  void Check(bool holds, int number, const char* what);

  World& world_;
  BudgetModel budget_;
  // From TakesAfter.
  std::set<int> next_ends_after_;
  std::set<int> next_starts_after_;
  // From TakesHold.
  Nanos next_hold_ends_ = kInfinite;
  static constexpr int kMaxDaemons = 8;
  Daemon daemons_[kMaxDaemons];
};

const char* NameOf(Observation::State state);

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_MODEL_H_
