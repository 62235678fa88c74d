#ifndef HOB_SERVER_METRICS_TREE_METER_H_
#define HOB_SERVER_METRICS_TREE_METER_H_

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/daemon/daemon_snapshot.h"
#include "server/process/tree/tree_usage.h"

namespace hob {

// What daemons use, read for a scrape within a bound of time: a look at one daemon takes some 75
// microseconds, so that thousands of them would hold the scrape up. Whoever is not reached keeps
// the figures of an earlier look and comes first at the next one.
//
// Not thread-safe: belongs to who answers scrapes.
class TreeMeter {
 public:
  struct Source {
    // Called once before the daemons of one look are read; may be empty.
    std::function<void()> begin;
    // What TreeUsageReader::Read returns.
    std::function<absl::optional<TreeUsage>(const std::string& name, pid_t main)> read;
  };

  // `clock` outlives it. One look begins no new reading after `bound`.
  TreeMeter(Source source, const Clock& clock, absl::Duration bound);

  // The figures of each of `daemons`, which are in name order; absent for those without a process
  // and for those that were not reached yet. Processor time of one instance never goes back.
  std::vector<absl::optional<TreeUsage>> Look(const std::vector<DaemonSnapshotPtr>& daemons);

 private:
  struct Reading {
    pid_t main = 0;
    absl::optional<TreeUsage> usage;
  };

  void ReadOne(const DaemonSnapshot& daemon);
  void ForgetAllBut(const std::vector<DaemonSnapshotPtr>& daemons);

  const Source source_;
  const Clock& clock_;
  const absl::Duration bound_;
  std::map<std::string, Reading> readings_;
  // The next look begins at the first daemon that is not before it.
  std::string next_;
};

}  // namespace hob

#endif  // HOB_SERVER_METRICS_TREE_METER_H_
