#include "server/metrics/tree_meter.h"

#include <algorithm>
#include <utility>

#include "server/daemon/daemon_name.h"

namespace hob {

TreeMeter::TreeMeter(Source source, const Clock& clock, absl::Duration limit)
    : source_(std::move(source)), clock_(clock), limit_(limit) {}

std::vector<absl::optional<TreeUsage>> TreeMeter::Look(
    const std::vector<DaemonSnapshotPtr>& daemons) {
  ForgetAllBut(daemons);
  const MonotonicTime end = clock_.Now().monotonic + limit_;
  if (source_.begin) source_.begin();
  const auto first = std::lower_bound(daemons.begin(), daemons.end(), next_,
                                      [](const DaemonSnapshotPtr& daemon, const std::string& name) {
                                        return NameLess()(daemon->name(), name);
                                      });
  size_t at = first - daemons.begin();
  for (size_t count = 0; count < daemons.size(); ++count, ++at) {
    const DaemonSnapshot& daemon = *daemons[at % daemons.size()];
    if (daemon.pid == 0) continue;
    next_ = daemon.name();
    if (clock_.Now().monotonic >= end) break;
    ReadOne(daemon);
  }
  std::vector<absl::optional<TreeUsage>> usages;
  usages.reserve(daemons.size());
  for (const DaemonSnapshotPtr& daemon : daemons) {
    const auto found = readings_.find(daemon->name());
    usages.push_back(found == readings_.end() ? absl::nullopt : found->second.usage);
  }
  return usages;
}

void TreeMeter::ReadOne(const DaemonSnapshot& daemon) {
  absl::optional<TreeUsage> usage = source_.read(daemon.name(), daemon.pid);
  Reading& reading = readings_[daemon.name()];
  reading.main = daemon.pid;
  // A process that ends without being waited for takes its CPU time along; the sum then stays
  // constant for a while.
  if (usage.has_value() && usage->cpu.has_value() && reading.usage.has_value()) {
    usage->cpu = std::max(*usage->cpu, reading.usage->cpu.value_or(absl::ZeroDuration()));
  }
  reading.usage = std::move(usage);
}

void TreeMeter::ForgetAllBut(const std::vector<DaemonSnapshotPtr>& daemons) {
  std::map<std::string, Reading> kept;
  for (const DaemonSnapshotPtr& daemon : daemons) {
    const auto found = readings_.find(daemon->name());
    if (found == readings_.end() || found->second.main != daemon->pid) continue;
    kept.insert(kept.end(), readings_.extract(found));
  }
  readings_ = std::move(kept);
}

}  // namespace hob
