#ifndef HOB_SERVER_METRICS_CALL_METER_H_
#define HOB_SERVER_METRICS_CALL_METER_H_

#include <grpcpp/support/server_interceptor.h>
#include <grpcpp/support/status.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/clock/clock.h"

namespace hob {

// The canonical codes, OK included.
inline constexpr int kStatusCodes = 17;

// "NOT_FOUND", "OK". `code` is one of the canonical ones.
absl::string_view StatusCodeName(grpc::StatusCode code);

// Counts the calls of a gRPC server by method and code, and takes the time of those that have one
// answer. Only methods that the server knows are seen: strangers cannot make up series.
//
// Thread-safe.
class CallMeter {
 public:
  // `clock` outlives it.
  explicit CallMeter(const Clock& clock);

  CallMeter(const CallMeter&) = delete;
  CallMeter& operator=(const CallMeter&) = delete;

  // What grpc::ServerBuilder takes. The meter outlives the server.
  std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeInterceptors();

  // hob_rpc_handled_total, hob_rpc_duration_seconds and hob_rpc_in_flight.
  std::vector<prometheus::MetricFamily> Collect() const { return registry_.Collect(); }

 private:
  class Factory;
  class Call;

  struct Method {
    prometheus::Labels labels;
    prometheus::Gauge* in_flight = nullptr;
    prometheus::Histogram* duration = nullptr;
    // By code; null while there was none.
    std::array<prometheus::Counter*, kStatusCodes> handled = {};
  };

  // The method of the name "/hob.v1.Supervisor/List". Lives as long as the meter.
  Method& Find(const std::string& name, bool has_one_answer) ABSL_LOCKS_EXCLUDED(mu_);
  void Count(Method& method, grpc::StatusCode code) ABSL_LOCKS_EXCLUDED(mu_);

  const Clock& clock_;
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& handled_;
  prometheus::Family<prometheus::Histogram>& durations_;
  prometheus::Family<prometheus::Gauge>& in_flight_;

  absl::Mutex mu_;
  std::map<std::string, Method> methods_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_METRICS_CALL_METER_H_
