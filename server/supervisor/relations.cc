#include "server/supervisor/relations.h"

#include <algorithm>
#include <set>
#include <utility>

#include "server/daemon/daemon_name.h"
#include "server/daemon/dependency.h"

namespace hob {
namespace {

std::vector<std::string> NamesOf(const std::vector<AwaitedDeparture>& departures) {
  std::vector<std::string> names;
  for (const AwaitedDeparture& departure : departures) names.push_back(departure.daemon);
  return names;
}

// Returns the first of the dependencies on each set, and all dependencies on single daemons.
std::vector<Dependency> FirstOfEachSet(const std::vector<Dependency>& dependencies) {
  std::vector<Dependency> firsts;
  std::set<std::string> sets;
  for (const Dependency& dependency : dependencies) {
    const std::string set(ConfiguredName(dependency.daemon));
    if (set == dependency.daemon || sets.insert(set).second) firsts.push_back(dependency);
  }
  return firsts;
}

}  // namespace

Relations::Relations(std::string name, const Registry& registry, ChangeWaits& waits)
    : name_(std::move(name)), registry_(registry), waits_(waits) {}

void Relations::StartAfter(std::vector<AwaitedDeparture> departures) {
  starts_after_ = std::move(departures);
}

Relations::Obstacles Relations::FindObstacles(const DaemonSpec& spec) {
  partners_.clear();
  if (spec.depends_on.empty() && starts_after_.empty()) return {};
  const auto find = [this](const std::string& name) { return Find(name); };
  is_start_due_ = true;
  Obstacles obstacles;
  do {
    obstacles.unmet = FirstOfEachSet(UnmetDependencies(spec, find));
    awaited_ = obstacles.unmet;
    Await(spec);
    // Looks again now that it is registered, so that no change is missed.
  } while (std::any_of(awaited_.begin(), awaited_.end(),
                       [&find](const Dependency& dependency) { return IsMet(dependency, find); }));
  RemoveOver(starts_after_);
  obstacles.ending = NamesOf(starts_after_);
  if (!obstacles.none()) return obstacles;
  is_start_due_ = false;
  FindEndedPartner(spec);
  // A partner may have ended since the look at the dependencies.
  for (const Dependency& dependency : spec.depends_on) {
    const bool is_noted = std::any_of(partners_.begin(), partners_.end(), [&](const Partner& p) {
      return p.daemon == dependency.daemon;
    });
    const bool is_known = dependency.restarts_with && Find(dependency.daemon) != nullptr;
    if (is_known && !is_noted) obstacles.unmet.push_back(dependency);
  }
  if (!obstacles.none()) {
    is_start_due_ = true;
    awaited_ = obstacles.unmet;
    Await(spec);
  }
  return obstacles;
}

void Relations::StartCancelled(const DaemonSpec& spec) {
  starts_after_.clear();
  is_start_due_ = false;
  Await(spec);
}

void Relations::HoldStop(std::string reason, std::vector<AwaitedDeparture> ends_after) {
  stop_reason_ = std::move(reason);
  ends_after_ = std::move(ends_after);
}

std::vector<std::string> Relations::MustEndFirst(const DaemonSpec& spec) {
  FindFollowers(spec);
  // Registered before it looks, so that no change is missed.
  Await(spec);
  RemoveOver(ends_after_);
  std::vector<std::string> names = NamesOf(ends_after_);
  for (const std::string& follower : followers_) {
    const DaemonSnapshotPtr daemon = Find(follower);
    const bool is_over = daemon == nullptr || !IsAlive(*daemon) ||
                         !RestartsWith(*daemon->spec, name_) ||
                         // A held daemon is not ended along with others.
                         (daemon->hold != nullptr && IsUp(*daemon));
    const bool is_listed = std::find(names.begin(), names.end(), follower) != names.end();
    if (!is_over && !is_listed) names.push_back(follower);
  }
  return names;
}

std::string Relations::ReleaseStop(const DaemonSpec& spec) {
  ends_after_.clear();
  followers_.clear();
  Await(spec);
  return std::exchange(stop_reason_, "");
}

std::string Relations::CancelStop(const DaemonSpec& spec) {
  departures_.clear();
  return ReleaseStop(spec);
}

void Relations::Announce(std::shared_ptr<const Departure> departure) {
  departures_.push_back(std::move(departure));
}

void Relations::Gone(const DaemonSpec& spec) {
  departures_.clear();
  partners_.clear();
  ReleaseStop(spec);
}

std::string Relations::FindEndedPartner(const DaemonSpec& spec) {
  Await(spec);
  std::vector<Partner> known = std::exchange(partners_, {});
  std::string ended;
  for (const Dependency& dependency : spec.depends_on) {
    if (!dependency.restarts_with) continue;
    const std::string& name = dependency.daemon;
    const DaemonSnapshotPtr daemon = Find(name);
    const auto partner = std::find_if(known.begin(), known.end(),
                                      [&](const Partner& p) { return p.daemon == name; });
    if (partner != known.end()) {
      const bool is_same =
          daemon != nullptr && IsUp(*daemon) && daemon->counts.exits == partner->exits;
      if (!is_same) ended = name;
      partners_.push_back(*partner);
    } else if (daemon != nullptr && IsUp(*daemon)) {
      partners_.push_back({name, daemon->counts.exits});
    } else if (daemon != nullptr && daemon->awaits_dependents) {
      ended = name;
    }
  }
  return ended;
}

void Relations::NotePartnersAnew(const DaemonSpec& spec) {
  partners_.clear();
  FindEndedPartner(spec);
}

Relations::State Relations::state() const {
  return {NamesOf(ends_after_), stop_reason_, NamesOf(starts_after_), partners_};
}

void Relations::Await(const DaemonSpec& spec) {
  std::set<std::string> others(followers_.begin(), followers_.end());
  for (const AwaitedDeparture& other : ends_after_) others.insert(other.daemon);
  for (const Dependency& dependency : spec.depends_on) {
    if (dependency.restarts_with) others.insert(dependency.daemon);
  }
  if (is_start_due_) {
    for (const Dependency& dependency : awaited_) others.insert(dependency.daemon);
    for (const AwaitedDeparture& other : starts_after_) others.insert(other.daemon);
  }
  waits_.Await(name_, std::move(others));
}

void Relations::FindFollowers(const DaemonSpec& spec) {
  const auto find = [this](const std::string& name) { return Find(name); };
  for (const std::string& name : waits_.WaitingFor(name_)) {
    const bool is_known = std::find(followers_.begin(), followers_.end(), name) != followers_.end();
    const DaemonSnapshotPtr daemon = Find(name);
    if (is_known || daemon == nullptr || !RestartsWith(*daemon->spec, name_)) continue;
    // Daemons on different generations of the configuration may depend on each other in a cycle.
    if (!DependsOn(spec, name, find)) followers_.push_back(name);
  }
}

void Relations::RemoveOver(std::vector<AwaitedDeparture>& departures) const {
  const auto is_over = [this](const AwaitedDeparture& awaited) {
    const DaemonSnapshotPtr daemon = Find(awaited.daemon);
    return awaited.departure.expired() || daemon == nullptr || daemon->unkillable;
  };
  departures.erase(std::remove_if(departures.begin(), departures.end(), is_over), departures.end());
}

}  // namespace hob
