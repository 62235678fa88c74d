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

// The endpoint for Prometheus: accepts, answers and counts calls.
//
// Order of calls: Open, Serve. Destroyed when the gRPC server that calls() meters is gone, and
// before what `sources` points at.
class Metrics {
 public:
  // Listens on `address`, HOST:PORT on loopback; nobody is answered before Serve. Everything
  // outlives it. FailedPrecondition says what is wrong with the address and what to do.
  static absl::StatusOr<std::unique_ptr<Metrics>> Open(const std::string& address,
                                                       const MetricsPage::Sources& sources,
                                                       Journal& journal);

  // Stops accepting and hangs up on everybody.
  ~Metrics() = default;

  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Starts to answer. ResourceExhausted: there is no room for a thread.
  absl::Status Serve();

  // Stops to answer; calls are counted on. Idempotent.
  void StopServing();

  // "http://127.0.0.1:9465/metrics", with the real port instead of port 0.
  const std::string& url() const { return url_; }

  CallMeter& calls() { return calls_; }

 private:
  Metrics(const MetricsPage::Sources& sources, Journal& journal);

  CallMeter calls_{Clock::Real()};
  // Only of the server's thread once that is there.
  MetricsPage page_;
  // Outlives the listener, which hands connections on to it.
  std::unique_ptr<PageServer> server_;
  std::unique_ptr<Listener> listener_;
  std::string url_;
};

}  // namespace hob

#endif  // HOB_SERVER_METRICS_METRICS_H_
