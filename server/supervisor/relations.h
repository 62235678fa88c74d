#ifndef HOB_SERVER_SUPERVISOR_RELATIONS_H_
#define HOB_SERVER_SUPERVISOR_RELATIONS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/daemon/daemon_snapshot.h"
#include "server/daemon/daemon_spec.h"
#include "server/registry/registry.h"
#include "server/supervisor/change_waits.h"
#include "server/supervisor/departure.h"

namespace hob {

// An instance of another daemon, whose end the current instance must follow. A plain value.
struct Partner {
  std::string daemon;
  // DaemonCounts::exits of that daemon while the instance is up.
  int64_t exits = 0;
};

// Holds one daemon's relations to others: what its next start waits for, a stop that is held until
// others have ended, and its partners, whose ends it follows. Reads the registry, and has the
// daemon woken when an answer may change. Starts and ends nothing itself.
//
// `spec` is the daemon's present configuration in every call. Not thread-safe: belongs to the
// daemon's worker.
class Relations {
 public:
  // The complete state of a Relations object. A plain value.
  struct State {
    // Daemons that must end before the instance is asked to end; empty unless a stop is held.
    std::vector<std::string> ends_after;
    // The reason for that stop.
    std::string stop_reason;
    // Daemons whose former instance must be gone before the next start.
    std::vector<std::string> starts_after;
    std::vector<Partner> partners;
  };

  // The reasons why a start must wait. A plain value.
  struct Obstacles {
    // The dependencies that are not met; of those on instances of one set only the first.
    std::vector<Dependency> unmet;
    // Daemons that must end first.
    std::vector<std::string> ending;
    bool none() const { return unmet.empty() && ending.empty(); }
  };

  // Of the daemon `name`. `registry` and `waits` outlive the object.
  Relations(std::string name, const Registry& registry, ChangeWaits& waits);

  Relations(const Relations&) = delete;
  Relations& operator=(const Relations&) = delete;

  // Called when the daemon takes another configuration.
  void SpecChanged(const DaemonSpec& spec) { Await(spec); }

  // Starts.

  // Makes the next start also wait for `departures`; replaces earlier ones.
  void StartAfter(std::vector<AwaitedDeparture> departures);
  // Returns the obstacles to a start now; a change of one wakes the daemon. Without any, notes the
  // partners.
  Obstacles FindObstacles(const DaemonSpec& spec);
  // Called when the planned start is cancelled.
  void StartCancelled(const DaemonSpec& spec);

  // Stops.

  // Holds a stop, for `reason`, until the daemons of `ends_after` and those that restart with this
  // one have ended. Replaces an earlier one.
  void HoldStop(std::string reason, std::vector<AwaitedDeparture> ends_after);
  bool holds_stop() const { return !stop_reason_.empty(); }
  // Returns the daemons that the held stop waits for; their changes wake the daemon.
  std::vector<std::string> MustEndFirst(const DaemonSpec& spec);
  const std::string& stop_reason() const { return stop_reason_; }
  // Forgets the held stop, and returns its reason; empty if there was none.
  std::string ReleaseStop(const DaemonSpec& spec);
  // The same, and withdraws what Announce keeps, because the current instance stays.
  std::string CancelStop(const DaemonSpec& spec);
  // Keeps `departure` until the current instance is gone.
  void Announce(std::shared_ptr<const Departure> departure);
  // Called when the current instance is gone: announces its end, forgets held stop and partners.
  void Gone(const DaemonSpec& spec);

  // Partners.

  // Returns a partner whose instance has ended or is about to, so that the current instance must
  // end too; empty if there is none. Notes partners that have come up since.
  std::string FindEndedPartner(const DaemonSpec& spec);

  // Notes the partners that are up now, in place of earlier ones: the current instance ignores what
  // happened to those.
  void NotePartnersAnew(const DaemonSpec& spec);

  // Returns the complete state.
  State state() const;

 private:
  // Registers to be woken by changes of the daemons that matter now.
  void Await(const DaemonSpec& spec);
  // Finds the daemons that must end before this one because they restart with it.
  void FindFollowers(const DaemonSpec& spec);
  // Removes the departures that are over, and those of processes that survive KILL.
  void RemoveOver(std::vector<AwaitedDeparture>& departures) const;
  DaemonSnapshotPtr Find(const std::string& name) const { return registry_.Find(name); }

  const std::string name_;
  const Registry& registry_;
  ChangeWaits& waits_;
  // The reason of a stop that is held; empty if none is.
  std::string stop_reason_;
  std::vector<AwaitedDeparture> ends_after_;
  std::vector<std::string> followers_;
  // True if a start is due and waits for others.
  bool is_start_due_ = false;
  std::vector<AwaitedDeparture> starts_after_;
  // The dependencies that it waits for.
  std::vector<Dependency> awaited_;
  std::vector<Partner> partners_;
  // Announced ends of the current instance.
  std::vector<std::shared_ptr<const Departure>> departures_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_RELATIONS_H_
