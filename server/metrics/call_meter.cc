#include "server/metrics/call_meter.h"

#include <utility>

#include "server/rpc/rpc_server.h"

namespace hob {
namespace {

using grpc::experimental::InterceptionHookPoints;

// Upper bounds of the histogram of durations, in seconds: reads take less than the first, calls
// that wait for a daemon fall into the others.
const prometheus::Histogram::BucketBoundaries& DurationBounds() {
  static const auto& bounds =
      *new prometheus::Histogram::BucketBoundaries{0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 30};
  return bounds;
}

prometheus::Labels LabelsOf(const std::string& name) {
  const size_t slash = name.rfind('/');
  return {{"service", name.substr(1, slash - 1)}, {"method", name.substr(slash + 1)}};
}

}  // namespace

// One call: counted as in flight until destroyed, and as handled when its status is sent.
class CallMeter::Call : public grpc::experimental::Interceptor {
 public:
  Call(CallMeter& meter, Method& method)
      : meter_(meter), method_(method), begin_(meter.clock_.Now().monotonic) {
    method_.in_flight->Increment();
  }
  ~Call() override { method_.in_flight->Decrement(); }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      meter_.Count(method_, methods->GetSendStatus().error_code());
      if (method_.duration != nullptr) {
        const absl::Duration taken = meter_.clock_.Now().monotonic - begin_;
        method_.duration->Observe(absl::ToDoubleSeconds(taken));
      }
    }
    methods->Proceed();
  }

 private:
  CallMeter& meter_;
  Method& method_;
  const MonotonicTime begin_;
};

class CallMeter::Factory : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(CallMeter& meter) : meter_(meter) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    // Their number is unlimited.
    if (IsOfUnknownMethod(*info)) return nullptr;
    const bool has_one_answer = info->type() == grpc::experimental::ServerRpcInfo::Type::UNARY;
    return new Call(meter_, meter_.Find(info->method(), has_one_answer));
  }

 private:
  CallMeter& meter_;
};

CallMeter::CallMeter(const Clock& clock)
    : clock_(clock),
      handled_(prometheus::BuildCounter()
                   .Name("hob_rpc_handled_total")
                   .Help("Calls answered, by method and code.")
                   .Register(registry_)),
      durations_(prometheus::BuildHistogram()
                     .Name("hob_rpc_duration_seconds")
                     .Help("Duration of calls with one answer, in seconds.")
                     .Register(registry_)),
      in_flight_(prometheus::BuildGauge()
                     .Name("hob_rpc_in_flight")
                     .Help("Calls in progress; those of Watch are the watchers.")
                     .Register(registry_)) {}

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
CallMeter::MakeInterceptors() {
  return std::make_unique<Factory>(*this);
}

CallMeter::Method& CallMeter::Find(const std::string& name, bool has_one_answer) {
  absl::MutexLock lock(&mu_);
  Method& method = methods_[name];
  if (method.in_flight == nullptr) {
    method.labels = LabelsOf(name);
    method.in_flight = &in_flight_.Add(method.labels);
    if (has_one_answer) method.duration = &durations_.Add(method.labels, DurationBounds());
  }
  return method;
}

void CallMeter::Count(Method& method, grpc::StatusCode code) {
  const int index = code >= 0 && code < kStatusCodes ? code : grpc::StatusCode::UNKNOWN;
  absl::MutexLock lock(&mu_);
  prometheus::Counter*& counter = method.handled[index];
  if (counter == nullptr) {
    prometheus::Labels labels = method.labels;
    labels["code"] = std::string(StatusCodeName(static_cast<grpc::StatusCode>(index)));
    counter = &handled_.Add(labels);
  }
  counter->Increment();
}

absl::string_view StatusCodeName(grpc::StatusCode code) {
  static constexpr std::array<absl::string_view, kStatusCodes> kNames = {
      "OK",
      "CANCELLED",
      "UNKNOWN",
      "INVALID_ARGUMENT",
      "DEADLINE_EXCEEDED",
      "NOT_FOUND",
      "ALREADY_EXISTS",
      "PERMISSION_DENIED",
      "RESOURCE_EXHAUSTED",
      "FAILED_PRECONDITION",
      "ABORTED",
      "OUT_OF_RANGE",
      "UNIMPLEMENTED",
      "INTERNAL",
      "UNAVAILABLE",
      "DATA_LOSS",
      "UNAUTHENTICATED",
  };
  return kNames[code];
}

}  // namespace hob
