// Real calls of a real gRPC server in the test's own process.
#include "server/rpc/malformed_requests.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>

#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::HasSubstr;

// A Watch that fails.
class NoWatch : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  NoWatch() { Finish(grpc::Status(grpc::StatusCode::NOT_FOUND, "nobody")); }
  void OnDone() override { delete this; }
};

class FakeHealth : public Health::CallbackService {
 public:
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context, const HealthCheckRequest*,
                                  HealthCheckResponse*) override {
    ++calls;
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerWriteReactor<HealthCheckResponse>* Watch(grpc::CallbackServerContext*,
                                                       const HealthCheckRequest*) override {
    ++calls;
    return new NoWatch();
  }

  std::atomic<int> calls = 0;
};

class MalformedRequestsTest : public testing::Test {
 protected:
  MalformedRequestsTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> creators;
    creators.push_back(AnswerMalformedRequests());
    builder.experimental().SetInterceptorCreators(std::move(creators));
    server_ = builder.BuildAndStart();
    stub_ = std::make_unique<grpc::GenericStub>(server_->InProcessChannel({}));
  }
  ~MalformedRequestsTest() override { server_->Shutdown(); }

  // What a request of these bytes is answered with.
  grpc::Status Call(const std::string& method, const std::string& bytes) {
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const grpc::Slice slice(bytes);
    const auto call = stub_->PrepareUnaryCall(&context, "/grpc.health.v1.Health/" + method,
                                              grpc::ByteBuffer(&slice, 1), &queue);
    grpc::ByteBuffer response;
    grpc::Status status;
    call->StartCall();
    call->Finish(&response, &status, nullptr);
    void* tag;
    bool ok;
    EXPECT_TRUE(queue.Next(&tag, &ok));
    return status;
  }

  FakeHealth service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::GenericStub> stub_;
};

TEST_F(MalformedRequestsTest, WhatIsNoMessageIsAnsweredSoAndReachesNoMethod) {
  for (const char* method : {"Check", "Watch"}) {
    for (const std::string& bytes :
         {std::string("\x0a\x05we"), std::string("\x0a\x02\xff\xfe"), std::string(1000000, '\x1b'),
          std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")}) {
      const grpc::Status status = Call(method, bytes);
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << method;
      EXPECT_THAT(status.error_message(), HasSubstr("cannot be read"));
      EXPECT_THAT(status.error_details(), HasSubstr("MALFORMED_REQUEST"));
    }
  }
  EXPECT_EQ(service_.calls, 0);
}

TEST_F(MalformedRequestsTest, AnswersToMessagesStayWhatTheyAre) {
  EXPECT_TRUE(Call("Check", "").ok());
  EXPECT_TRUE(Call("Check", "\x0a\x03web").ok());
  EXPECT_EQ(Call("Watch", "").error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Call("Other", "").error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(service_.calls, 3);
}

}  // namespace
}  // namespace hob
