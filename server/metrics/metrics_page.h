#ifndef HOB_SERVER_METRICS_METRICS_PAGE_H_
#define HOB_SERVER_METRICS_METRICS_PAGE_H_

#include <functional>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "server/clock/clock.h"
#include "server/metrics/call_meter.h"
#include "server/metrics/server_families.h"
#include "server/metrics/tree_meter.h"
#include "server/output/log_store.h"
#include "server/registry/registry.h"

namespace hob {

// Makes the answer to a scrape, in Prometheus' text format, version 0.0.4. Each page is made from
// the registry's snapshots of one moment, from counters, and from the kernel's figures on the
// daemons' processes. Never waits for a worker.
//
// Not thread-safe: belongs to the thread that answers scrapes.
class MetricsPage {
 public:
  struct Sources {
    const Registry* registry = nullptr;
    const LogStore* logs = nullptr;
    TreeMeter::Source trees;
    // Returns the current facts of the server, except `changes`, which the page fills in. Must not
    // block.
    std::function<ServerFacts()> facts;
    // Time limit for reading resource usage in one scrape: enough for some 400 daemons of one
    // process each, at 75 us. A scrape of 5,000 daemons then stays below 100 ms in total.
    absl::Duration tree_time_limit = absl::Milliseconds(30);
  };

  // All arguments outlive the page.
  MetricsPage(Sources sources, const CallMeter& calls, const Clock& clock = Clock::Real());

  std::string Make();

 private:
  const Sources sources_;
  const CallMeter& calls_;
  const Clock& clock_;
  TreeMeter trees_;
};

}  // namespace hob

#endif  // HOB_SERVER_METRICS_METRICS_PAGE_H_
