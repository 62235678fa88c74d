// What is told of the server itself, as prometheus-cpp takes it.
#ifndef HOB_SERVER_METRICS_SERVER_FAMILIES_H_
#define HOB_SERVER_METRICS_SERVER_FAMILIES_H_

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace hob {

// Of one moment. A plain value.
struct ServerFacts {
  std::string version;
  // "cgroup" or "session".
  std::string containment;
  // When the server started, and with it the first configuration came into force.
  absl::Time start_time;
  int64_t config_generation = 0;
  int64_t reloads_succeeded = 0;
  int64_t reloads_failed = 0;
  // True while there was none.
  bool last_reload_succeeded = true;
  // Absent while there was none.
  absl::optional<absl::Time> last_reload_time;
  absl::optional<absl::Time> last_reload_success_time;
  // The number of the last change that the daemons' metrics show; that of the change feed.
  int64_t changes = 0;
  int64_t strays_reaped = 0;
  int64_t connections_shed = 0;
  int64_t journal_lines_dropped = 0;
};

std::vector<prometheus::MetricFamily> ServerFamilies(const ServerFacts& facts);

// The standard metrics of this process, whose names begin with process_. What cannot be read is
// left out.
std::vector<prometheus::MetricFamily> ProcessFamilies(absl::Time start_time);

}  // namespace hob

#endif  // HOB_SERVER_METRICS_SERVER_FAMILIES_H_
