// The service over a real (in-process) channel.
#include "server/rpc/health_service.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>

#include "absl/synchronization/mutex.h"
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

HealthService::Options LongBound() {
  HealthService::Options options;
  options.liveness_bound = absl::Hours(1);
  return options;
}

class HealthServiceTest : public ::testing::Test {
 protected:
  void Serve(const HealthService::Options& options = LongBound()) {
    service_ = std::make_unique<HealthService>(
        registry_, notifier_, [this] { absl::MutexLock lock(&supervisor_); }, options);
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
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

  // Held by a test: the supervisor is stuck.
  absl::Mutex supervisor_;
  Registry registry_;
  ChangeNotifier notifier_{registry_};
  std::unique_ptr<HealthService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Health::Stub> stub_;
};

TEST_F(HealthServiceTest, AServerThatAnswersIsServing) {
  Serve();
  EXPECT_EQ(Check(""), "SERVING");
  EXPECT_EQ(Check("hob.v1.Supervisor"), "SERVING");
}

TEST_F(HealthServiceTest, OnlyARunningAndReadyDaemonIsServing) {
  Serve();
  for (DaemonState state : kAllDaemonStates) {
    for (bool ready : {false, true}) {
      registry_.Publish(Daemon(state, ready));
      EXPECT_EQ(Check("web"), state == DaemonState::kRunning && ready ? "SERVING" : "NOT_SERVING");
    }
  }
}

TEST_F(HealthServiceTest, AnUnknownServiceIsNotFound) {
  Serve();
  EXPECT_EQ(Check("web"), std::to_string(grpc::StatusCode::NOT_FOUND));
  EXPECT_EQ(Check("hob.v1"), std::to_string(grpc::StatusCode::NOT_FOUND));
}

TEST_F(HealthServiceTest, AStuckSupervisorIsNotServingUntilItAnswers) {
  HealthService::Options options;
  options.liveness_bound = absl::Milliseconds(1);
  Serve(options);
  supervisor_.Lock();
  EXPECT_EQ(Check(""), "NOT_SERVING");
  EXPECT_EQ(Check("hob.v1.Supervisor"), "NOT_SERVING");
  supervisor_.Unlock();
  while (Check("") != "SERVING") {
  }
}

TEST_F(HealthServiceTest, AWatchOfTheServerHearsThatItIsStuck) {
  HealthService::Options options;
  options.liveness_bound = absl::Milliseconds(1);
  options.watch_period = absl::Milliseconds(1);
  Serve(options);
  supervisor_.Lock();
  Follower follower(*stub_, "");
  EXPECT_EQ(follower.Next(), "NOT_SERVING");
  supervisor_.Unlock();
  EXPECT_EQ(follower.Next(), "SERVING");
}

TEST_F(HealthServiceTest, AServerThatShutsDownIsNotServing) {
  Serve();
  Follower follower(*stub_, "hob.v1.Supervisor");
  EXPECT_EQ(follower.Next(), "SERVING");
  service_->BeginShutDown();
  EXPECT_EQ(follower.Next(), "NOT_SERVING");
  EXPECT_EQ(Check(""), "NOT_SERVING");
  notifier_.End();
  EXPECT_EQ(follower.Next(), "the end");
}

TEST_F(HealthServiceTest, AWatchHearsEveryChangeOfStatusOnce) {
  Serve();
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
