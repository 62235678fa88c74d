// The part of class Server (server.h) that serves metrics.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/metrics/metrics.h"
#include "server/process/tree/tree_usage.h"
#include "server/server.h"
#include "server/version/version.h"

namespace hob {

absl::Status Server::OpenMetrics() {
  const std::string& address = options_.config.server.metrics_listen;
  if (address.empty()) return absl::OkStatus();
  const auto reader = std::make_shared<TreeUsageReader>(spawner_->containment());
  MetricsPage::Sources sources;
  sources.registry = &registry_;
  sources.logs = logs_.get();
  sources.trees.begin = [reader] { reader->BeginRound(); };
  sources.trees.read = [reader](const std::string& name, pid_t main) {
    return reader->Read(name, main);
  };
  sources.facts = [this] { return Facts(); };
  absl::StatusOr<std::unique_ptr<Metrics>> metrics = Metrics::Open(address, sources, journal_);
  if (!metrics.ok()) return metrics.status();
  metrics_ = *std::move(metrics);
  return absl::OkStatus();
}

ServerFacts Server::Facts() const {
  const Reloader::Record reloads = reloader_->record();
  ServerFacts facts;
  facts.version = kVersion;
  facts.containment = std::string(ContainmentModeName(spawner_->containment().mode));
  facts.start_time = start_time_ + Clock::Real().WallStep();
  facts.config_generation = supervisor_->generation();
  facts.reloads_succeeded = reloads.succeeded;
  facts.reloads_failed = reloads.failed;
  facts.last_reload_succeeded = reloads.last_succeeded;
  facts.last_reload_time = reloads.last_time;
  facts.last_reload_success_time = reloads.last_success_time;
  facts.strays_reaped = strays_.reaped();
  facts.connections_shed = listener_->shed();
  facts.journal_lines_dropped = journal_.dropped();
  return facts;
}

void Server::ServeMetrics() {
  if (metrics_ == nullptr) return;
  if (absl::Status status = metrics_->Serve(); !status.ok()) {
    // Failing here would cost the daemons their supervisor.
    journal_.Error(absl::StrCat("metrics are not served: ", status.message()));
    return;
  }
  journal_.Info(absl::StrCat("serves metrics at ", metrics_->url()));
}

}  // namespace hob
