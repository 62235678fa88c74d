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

// What a scrape is answered with, in Prometheus' text format, version 0.0.4. It is made anew for
// each: from the registry's snapshots of one moment, from counters, and from what the kernel tells
// of the daemons' processes. No worker is waited for.
//
// Not thread-safe: belongs to who answers scrapes.
class MetricsPage {
 public:
  struct Sources {
    const Registry* registry = nullptr;
    const LogStore* logs = nullptr;
    TreeMeter::Source trees;
    // Facts of the server at the moment; `changes` is filled in here. Never waits.
    std::function<ServerFacts()> facts;
    // How long one scrape may read what daemons use: some 400 daemons of one process each, at 75
    // us. With the page, a scrape of 5,000 daemons stays below 100 ms.
    absl::Duration bound_for_trees = absl::Milliseconds(30);
  };

  // Everything outlives the page.
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
