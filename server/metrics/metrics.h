#ifndef HOB_SERVER_METRICS_METRICS_H_
#define HOB_SERVER_METRICS_METRICS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/clock/clock.h"
#include "server/journal/journal.h"
#include "server/metrics/call_meter.h"
#include "server/metrics/metrics_page.h"
#include "server/net/listener.h"
#include "server/net/page_server.h"

namespace hob {

// The endpoint for Prometheus: accepts and answers scrapes, and counts gRPC calls.
//
// Order of calls: Open, Serve. Destroy it after the gRPC server that uses calls(), and before the
// objects that `sources` points to.
class Metrics {
 public:
  // Listens on `address`, a HOST:PORT on loopback; answers nothing before Serve. All arguments
  // outlive the object. FailedPrecondition states the problem with the address and the remedy.
  static absl::StatusOr<std::unique_ptr<Metrics>> Open(const std::string& address,
                                                       const MetricsPage::Sources& sources,
                                                       Journal& journal);

  // Stops accepting and hangs up on all clients.
  ~Metrics() = default;

  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Starts answering. ResourceExhausted if no thread can be created.
  absl::Status Serve();

  // Stops answering but continues to count calls. Idempotent.
  void StopServing();

  // Returns "http://127.0.0.1:9465/metrics", with the real port instead of port 0.
  const std::string& url() const { return url_; }

  CallMeter& calls() { return calls_; }

 private:
  Metrics(const MetricsPage::Sources& sources, Journal& journal);

  CallMeter calls_{Clock::Real()};
  // Used only by the server's thread once that is running.
  MetricsPage page_;
  // Outlives the listener, which passes connections to it.
  std::unique_ptr<PageServer> server_;
  std::unique_ptr<Listener> listener_;
  std::string url_;
};

}  // namespace hob

#endif  // HOB_SERVER_METRICS_METRICS_H_
