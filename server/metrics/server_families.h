// Metrics of the server itself, in prometheus-cpp's types.
#ifndef HOB_SERVER_METRICS_SERVER_FAMILIES_H_
#define HOB_SERVER_METRICS_SERVER_FAMILIES_H_

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace hob {

// Facts of the server at one moment. A plain value.
struct ServerFacts {
  std::string version;
  // "cgroup" or "session".
  std::string containment;
  // When the server started, which is when the first configuration took effect.
  absl::Time start_time;
  int64_t config_generation = 0;
  int64_t reloads_succeeded = 0;
  int64_t reloads_failed = 0;
  // True if there was none.
  bool last_reload_succeeded = true;
  // Absent if there was none.
  absl::optional<absl::Time> last_reload_time;
  absl::optional<absl::Time> last_reload_success_time;
  // Number of the last change that the daemons' metrics include, as in the change feed.
  int64_t changes = 0;
  int64_t strays_reaped = 0;
  int64_t connections_shed = 0;
  int64_t journal_lines_dropped = 0;
};

std::vector<prometheus::MetricFamily> ServerFamilies(const ServerFacts& facts);

// Returns the standard metrics of this process, whose names begin with process_. Omits those that
// cannot be read.
std::vector<prometheus::MetricFamily> ProcessFamilies(absl::Time start_time);

}  // namespace hob

#endif  // HOB_SERVER_METRICS_SERVER_FAMILIES_H_
