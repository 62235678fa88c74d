// The service over a real (in-process) channel.
#include "server/rpc/health_service.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

DaemonSnapshotPtr Daemon(DaemonState state, bool ready) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = "web";
  auto snapshot = std::make_shared<DaemonSnapshot>();
  snapshot->spec = std::move(spec);
  snapshot->state = state;
  snapshot->ready = ready;
  return snapshot;
}

class HealthServiceTest : public ::testing::Test {
 protected:
  HealthServiceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = Health::NewStub(server_->InProcessChannel({}));
  }

  ~HealthServiceTest() override {
    notifier_.End();
    server_->Shutdown();
  }

  // "SERVING", or the code of the error as a number.
  std::string Check(const std::string& service) {
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    const grpc::Status status = stub_->Check(&context, request, &response);
    if (!status.ok()) return std::to_string(status.error_code());
    return HealthCheckResponse::ServingStatus_Name(response.status());
  }

  // A Watch that is read as it comes.
  class Follower {
   public:
    Follower(Health::Stub& stub, const std::string& service) {
      HealthCheckRequest request;
      request.set_service(service);
      reader_ = stub.Watch(&context_, request);
    }
    ~Follower() {
      context_.TryCancel();
      reader_->Finish();
    }

    std::string Next() {
      HealthCheckResponse response;
      if (!reader_->Read(&response)) return "the end";
      return HealthCheckResponse::ServingStatus_Name(response.status());
    }

   private:
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> reader_;
  };

  Registry registry_;
  ChangeNotifier notifier_{registry_};
  HealthService service_{registry_, notifier_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Health::Stub> stub_;
};

TEST_F(HealthServiceTest, AServerThatAnswersIsServing) {
  EXPECT_EQ(Check(""), "SERVING");
  EXPECT_EQ(Check("hob.v1.Supervisor"), "SERVING");
}

TEST_F(HealthServiceTest, OnlyARunningAndReadyDaemonIsServing) {
  for (DaemonState state : kAllDaemonStates) {
    for (bool ready : {false, true}) {
      registry_.Publish(Daemon(state, ready));
      EXPECT_EQ(Check("web"), state == DaemonState::kRunning && ready ? "SERVING" : "NOT_SERVING");
    }
  }
}

TEST_F(HealthServiceTest, AnUnknownServiceIsNotFound) {
  EXPECT_EQ(Check("web"), std::to_string(grpc::StatusCode::NOT_FOUND));
  EXPECT_EQ(Check("hob.v1"), std::to_string(grpc::StatusCode::NOT_FOUND));
}

TEST_F(HealthServiceTest, AServerThatShutsDownIsNotServing) {
  Follower follower(*stub_, "hob.v1.Supervisor");
  EXPECT_EQ(follower.Next(), "SERVING");
  service_.BeginShutDown();
  EXPECT_EQ(follower.Next(), "NOT_SERVING");
  EXPECT_EQ(Check(""), "NOT_SERVING");
  notifier_.End();
  EXPECT_EQ(follower.Next(), "the end");
}

TEST_F(HealthServiceTest, AWatchHearsEveryChangeOfStatusOnce) {
  Follower follower(*stub_, "web");
  EXPECT_EQ(follower.Next(), "SERVICE_UNKNOWN");
  registry_.Publish(Daemon(DaemonState::kStarting, false));
  EXPECT_EQ(follower.Next(), "NOT_SERVING");
  registry_.Publish(Daemon(DaemonState::kRunning, true));
  EXPECT_EQ(follower.Next(), "SERVING");
  registry_.Publish(Daemon(DaemonState::kRunning, true));
  registry_.Remove("web");
  EXPECT_EQ(follower.Next(), "SERVICE_UNKNOWN");
}

}  // namespace
}  // namespace hob
