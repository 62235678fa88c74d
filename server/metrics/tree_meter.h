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

// Reads the resource usage of daemons for a scrape, within a time limit: reading one daemon takes
// some 75 microseconds, so thousands would delay the scrape. Daemons that are not reached keep
// their earlier figures and come first next time.
//
// Not thread-safe: belongs to the thread that answers scrapes.
class TreeMeter {
 public:
  struct Source {
    // Called once before the daemons of one round are read; may be empty.
    std::function<void()> begin;
    // Returns the result of TreeUsageReader::Read.
    std::function<absl::optional<TreeUsage>(const std::string& name, pid_t main)> read;
  };

  // `clock` outlives the meter. A round starts no new reading after `limit`.
  TreeMeter(Source source, const Clock& clock, absl::Duration limit);

  // Reads one round and returns the figures of each of `daemons`, which are in name order; absent
  // for daemons without a process and for those not reached yet. CPU time of one instance never
  // decreases.
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
  const absl::Duration limit_;
  std::map<std::string, Reading> readings_;
  // The next round starts at the first daemon that is not before this name.
  std::string next_;
};

}  // namespace hob

#endif  // HOB_SERVER_METRICS_TREE_METER_H_
