#ifndef HOB_SERVER_METRICS_DAEMON_TEXT_H_
#define HOB_SERVER_METRICS_DAEMON_TEXT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "server/daemon/daemon_snapshot.h"
#include "server/output/log_store.h"
#include "server/process/tree/tree_usage.h"

namespace hob {

// The data for one page: the snapshots of one moment in name order, and the figures counted outside
// them.
struct DaemonFigures {
  std::vector<DaemonSnapshotPtr> daemons;
  // Resource usage of each of `daemons`, in the same order.
  std::vector<absl::optional<TreeUsage>> usages;
  // Bytes written, by name; a daemon may be missing.
  std::map<std::string, LogStore::Written> written;
};

// Appends the metrics of all daemons in Prometheus' text format, version 0.0.4: each family with
// its help, its type and a line for each daemon that has a value. All figures except `usages` and
// `written` come from the snapshots, so that counters and states are consistent.
//
// Does not use prometheus-cpp's serializer, which takes about 1.2 us a line including its input:
// 5,000 daemons have some 120,000 lines.
void AppendDaemonText(const DaemonFigures& figures, std::string& text);

}  // namespace hob

#endif  // HOB_SERVER_METRICS_DAEMON_TEXT_H_
