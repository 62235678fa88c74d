#include "server/metrics/metrics.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace hob {

absl::StatusOr<std::unique_ptr<Metrics>> Metrics::Open(const std::string& address,
                                                       const MetricsPage::Sources& sources,
                                                       Journal& journal) {
  std::unique_ptr<Metrics> metrics(new Metrics(sources, journal));
  const absl::Status opened = metrics->listener_->Open(address);
  if (!opened.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("metrics_listen: ", opened.message(),
                     "; stop the process that uses the port (ss -ltnp shows it) or choose "
                     "another one; port 0 takes any free port"));
  }
  metrics->url_ = absl::StrCat("http://", metrics->listener_->addresses().front(), "/metrics");
  return metrics;
}

Metrics::Metrics(const MetricsPage::Sources& sources, Journal& journal)
    : page_(sources, calls_), listener_(std::make_unique<Listener>(Listener::Options(), journal)) {}

absl::Status Metrics::Serve() {
  absl::StatusOr<std::unique_ptr<PageServer>> server =
      PageServer::Create(PageServer::Options(), [this] { return page_.Make(); });
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  listener_->Serve([this](UniqueFd connection) { server_->Take(std::move(connection)); });
  return absl::OkStatus();
}

void Metrics::StopServing() {
  listener_ = nullptr;
  server_ = nullptr;
}

}  // namespace hob
