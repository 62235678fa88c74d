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

// What is told of daemons in one answer: the snapshots of one moment in name order, and what is
// counted beside them.
struct DaemonFigures {
  std::vector<DaemonSnapshotPtr> daemons;
  // Of each of `daemons`, in their order.
  std::vector<absl::optional<TreeUsage>> usages;
  // By name; a daemon may be missing.
  std::map<std::string, LogStore::Written> written;
};

// Appends the metrics of all daemons in Prometheus' text format, version 0.0.4: every family with
// its help, its type and a line for each daemon that has the figure. All but the figures of
// `usages` and `written` come from the snapshots, so that counters and states belong together.
//
// It is written without prometheus-cpp's serializer: that takes about 1.2 us a line with what it
// has to be fed with, and 5,000 daemons have some 120,000 lines.
void AppendDaemonText(const DaemonFigures& figures, std::string& text);

}  // namespace hob

#endif  // HOB_SERVER_METRICS_DAEMON_TEXT_H_
