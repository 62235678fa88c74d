// Makes real calls to a real gRPC server in the test's own process.
#include "server/metrics/call_meter.h"

#include <grpcpp/grpcpp.h>
#include <prometheus/text_serializer.h>

#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "server/clock/simulated_clock.h"

namespace hob {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::HasSubstr;
using testing::Not;

constexpr char kCheck[] = "method=\"Check\",service=\"grpc.health.v1.Health\"";
constexpr char kWatch[] = "method=\"Watch\",service=\"grpc.health.v1.Health\"";

// A Watch that sends one response and stays open until cancelled.
class OneWord : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  OneWord() { StartWrite(&word_); }
  void OnCancel() override { Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

 private:
  HealthCheckResponse word_;
};

// Fails a Check that names a service with NOT_FOUND; any other Check takes two seconds.
class FakeHealth : public Health::CallbackService {
 public:
  explicit FakeHealth(SimulatedClock& clock) : clock_(clock) {}

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const HealthCheckRequest* request,
                                  HealthCheckResponse*) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    if (request->service().empty()) {
      clock_.Advance(absl::Seconds(2));
      reactor->Finish(grpc::Status::OK);
    } else {
      reactor->Finish(grpc::Status(grpc::StatusCode::NOT_FOUND, "nobody"));
    }
    return reactor;
  }

  grpc::ServerWriteReactor<HealthCheckResponse>* Watch(grpc::CallbackServerContext*,
                                                       const HealthCheckRequest*) override {
    return new OneWord();
  }

 private:
  SimulatedClock& clock_;
};

class CallMeterTest : public testing::Test {
 protected:
  CallMeterTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> meters;
    meters.push_back(meter_.MakeInterceptors());
    builder.experimental().SetInterceptorCreators(std::move(meters));
    server_ = builder.BuildAndStart();
    stub_ = Health::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
  }

  void Check(const std::string& service) {
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    stub_->Check(&context, request, &response);
  }

  // Shuts the server down, which ends every call.
  void End() {
    server_->Shutdown();
    server_->Wait();
    server_ = nullptr;
  }

  std::string Text() const { return prometheus::TextSerializer().Serialize(meter_.Collect()); }

  static std::string Line(const std::string& name, const std::string& labels, int value) {
    return name + "{" + labels + "} " + std::to_string(value) + "\n";
  }

  SimulatedClock clock_;
  CallMeter meter_{clock_};
  FakeHealth service_{clock_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Health::Stub> stub_;
};

TEST_F(CallMeterTest, CountsAndTimesCallsByMethodAndCode) {
  Check("");
  Check("web");
  Check("db");
  End();
  const std::string text = Text();
  const std::string check = kCheck;
  EXPECT_THAT(text, HasSubstr(Line("hob_rpc_handled_total", "code=\"OK\"," + check, 1)));
  EXPECT_THAT(text, HasSubstr(Line("hob_rpc_handled_total", "code=\"NOT_FOUND\"," + check, 2)));
  EXPECT_THAT(text, HasSubstr(Line("hob_rpc_duration_seconds_count", check, 3)));
  EXPECT_THAT(text, HasSubstr(Line("hob_rpc_duration_seconds_sum", check, 2)));
  EXPECT_THAT(text, HasSubstr(Line("hob_rpc_in_flight", check, 0)));
}

TEST_F(CallMeterTest, StreamIsInFlightUntilItsClientLeavesAndHasNoDuration) {
  grpc::ClientContext context;
  const auto reader = stub_->Watch(&context, HealthCheckRequest());
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_THAT(Text(), HasSubstr(Line("hob_rpc_in_flight", kWatch, 1)));
  context.TryCancel();
  reader->Finish();
  End();
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr(Line("hob_rpc_in_flight", kWatch, 0)));
  EXPECT_THAT(text, HasSubstr(Line("hob_rpc_handled_total",
                                   std::string("code=\"CANCELLED\",") + kWatch, 1)));
  EXPECT_THAT(text, Not(HasSubstr(std::string("hob_rpc_duration_seconds_count{") + kWatch)));
}

TEST_F(CallMeterTest, UncalledMethodsHaveNoMetrics) { EXPECT_THAT(Text(), Not(HasSubstr("{"))); }

TEST(StatusCodeNameTest, NamesAreCanonical) {
  EXPECT_EQ(StatusCodeName(grpc::StatusCode::OK), "OK");
  EXPECT_EQ(StatusCodeName(grpc::StatusCode::FAILED_PRECONDITION), "FAILED_PRECONDITION");
  EXPECT_EQ(StatusCodeName(grpc::StatusCode::UNAUTHENTICATED), "UNAUTHENTICATED");
}

}  // namespace
}  // namespace hob
