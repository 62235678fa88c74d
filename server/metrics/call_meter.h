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

// Number of canonical codes, OK included.
inline constexpr int kStatusCodes = 17;

// Returns the name of a canonical code, such as "NOT_FOUND" or "OK".
absl::string_view StatusCodeName(grpc::StatusCode code);

// Counts the calls of a gRPC server by method and code, and measures the duration of calls with one
// answer. Sees only methods that the server has, so that clients cannot create time series.
//
// Thread-safe.
class CallMeter {
 public:
  // `clock` outlives the object.
  explicit CallMeter(const Clock& clock);

  CallMeter(const CallMeter&) = delete;
  CallMeter& operator=(const CallMeter&) = delete;

  // Returns interceptors for grpc::ServerBuilder. The meter outlives the server.
  std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeInterceptors();

  // Returns hob_rpc_handled_total, hob_rpc_duration_seconds and hob_rpc_in_flight.
  std::vector<prometheus::MetricFamily> Collect() const { return registry_.Collect(); }

 private:
  class Factory;
  class Call;

  struct Method {
    prometheus::Labels labels;
    prometheus::Gauge* in_flight = nullptr;
    prometheus::Histogram* duration = nullptr;
    // Counters by code; null until the first call.
    std::array<prometheus::Counter*, kStatusCodes> handled = {};
  };

  // Returns the method named `name` ("/hob.v1.Supervisor/List"), which lives as long as the meter.
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
