// Unknown methods over a real (in-process) channel.
#include "server/rpc/unknown_methods.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "google/rpc/error_info.pb.h"
#include "google/rpc/status.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace hob {
namespace {

using ::testing::HasSubstr;

class KnownService : public grpc::health::v1::Health::CallbackService {
 public:
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest*,
                                  grpc::health::v1::HealthCheckResponse*) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

class UnknownMethodsTest : public testing::Test {
 protected:
  UnknownMethodsTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&known_);
    builder.RegisterCallbackGenericService(&unknown_);
    server_ = builder.BuildAndStart();
    stub_ = std::make_unique<grpc::GenericStub>(server_->InProcessChannel({}));
  }
  ~UnknownMethodsTest() override { server_->Shutdown(); }

  grpc::Status Call(const std::string& method) {
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const grpc::Slice request("");
    const auto call =
        stub_->PrepareUnaryCall(&context, method, grpc::ByteBuffer(&request, 1), &queue);
    grpc::ByteBuffer response;
    grpc::Status status;
    call->StartCall();
    call->Finish(&response, &status, nullptr);
    void* tag;
    bool ok;
    EXPECT_TRUE(queue.Next(&tag, &ok));
    return status;
  }

  KnownService known_;
  UnknownMethods unknown_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::GenericStub> stub_;
};

TEST_F(UnknownMethodsTest, AnUnknownMethodIsNamedAndSoIsTheVersion) {
  const grpc::Status status = Call("/hob.v1.Supervisor/Frobnicate");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(status.error_message(), HasSubstr("has no method /hob.v1.Supervisor/Frobnicate"));
  EXPECT_THAT(status.error_message(), HasSubstr("may be older than the client"));
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "UNKNOWN_METHOD");
  EXPECT_EQ(info.metadata().at("method"), "/hob.v1.Supervisor/Frobnicate");
}

TEST_F(UnknownMethodsTest, AnUnknownServiceIsNamedToo) {
  EXPECT_THAT(Call("/x.Y/Z").error_message(), HasSubstr("has no method /x.Y/Z"));
}

TEST_F(UnknownMethodsTest, KnownMethodsAreAnsweredAsBefore) {
  EXPECT_TRUE(Call("/grpc.health.v1.Health/Check").ok());
}

}  // namespace
}  // namespace hob
