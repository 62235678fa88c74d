#include "server/metrics/metrics_page.h"

#include <prometheus/text_serializer.h>

#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "server/daemon/shown_times.h"
#include "server/metrics/daemon_text.h"

namespace hob {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

void Append(Families more, Families& families) {
  families.insert(families.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

}  // namespace

MetricsPage::MetricsPage(Sources sources, const CallMeter& calls, const Clock& clock)
    : sources_(std::move(sources)),
      calls_(calls),
      clock_(clock),
      trees_(sources_.trees, clock, sources_.tree_time_limit) {}

std::string MetricsPage::Make() {
  const std::shared_ptr<const Registry::View> view = sources_.registry->Now();
  ServerFacts facts = sources_.facts();
  facts.changes = view->sequence;
  Families families = ServerFamilies(facts);
  Append(ProcessFamilies(facts.start_time), families);
  Append(calls_.Collect(), families);
  std::string text = prometheus::TextSerializer().Serialize(families);

  DaemonFigures figures;
  figures.daemons = view->daemons;
  const absl::Duration wall_step = clock_.WallStep();
  for (DaemonSnapshotPtr& daemon : figures.daemons) {
    daemon = WithShownTimes(std::move(daemon), wall_step);
  }
  figures.usages = trees_.Look(view->daemons);
  figures.written = sources_.logs->AllWritten();
  AppendDaemonText(figures, text);
  return text;
}

}  // namespace hob
