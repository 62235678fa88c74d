#include "server/rpc/pending_call.h"

#include <grpcpp/grpcpp.h>

#include <thread>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "hob/v1/supervisor.grpc.pb.h"

namespace hob {
namespace {

// Leaves the end of each call of Stop to the test.
class Service : public v1::Supervisor::CallbackService {
 public:
  grpc::ServerUnaryReactor* Stop(grpc::CallbackServerContext*, const v1::StopRequest*,
                                 v1::StopResponse* response) override {
    std::shared_ptr<PendingCall> call = PendingCall::Create();
    PendingCall* const reactor = call.get();
    absl::MutexLock lock(&mu_);
    call_ = std::move(call);
    response_ = response;
    return reactor;
  }

  // Blocks until a call has come; the test holds it then.
  std::shared_ptr<PendingCall> AwaitCall(v1::StopResponse** response) {
    const auto has_come = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return call_ != nullptr; };
    absl::MutexLock lock(&mu_);
    EXPECT_TRUE(mu_.AwaitWithTimeout(absl::Condition(&has_come), absl::Seconds(30)));
    *response = response_;
    return std::move(call_);
  }

 private:
  absl::Mutex mu_;
  std::shared_ptr<PendingCall> call_ ABSL_GUARDED_BY(mu_);
  v1::StopResponse* response_ ABSL_GUARDED_BY(mu_) = nullptr;
};

class PendingCallTest : public testing::Test {
 protected:
  PendingCallTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::Supervisor::NewStub(server_->InProcessChannel({}));
    client_ = std::thread([this] {
      v1::StopRequest request;
      status_ = stub_->Stop(&context_, request, &answer_);
    });
    call_ = service_.AwaitCall(&response_);
  }

  ~PendingCallTest() override {
    if (client_.joinable()) client_.join();
    server_->Shutdown();
  }

  Service service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::Supervisor::Stub> stub_;
  grpc::ClientContext context_;
  grpc::Status status_;
  v1::StopResponse answer_;
  std::thread client_;
  std::shared_ptr<PendingCall> call_;
  v1::StopResponse* response_ = nullptr;
};

TEST_F(PendingCallTest, TheOutcomeMayComeFromAnotherThread) {
  std::thread worker([this] {
    call_->Complete([this] {
      response_->mutable_daemon()->set_name("web");
      return grpc::Status::OK;
    });
  });
  worker.join();
  client_.join();
  EXPECT_TRUE(status_.ok());
  EXPECT_EQ(answer_.daemon().name(), "web");
}

TEST_F(PendingCallTest, OnlyTheFirstOutcomeCounts) {
  call_->Complete([] { return grpc::Status(grpc::StatusCode::ABORTED, "first"); });
  call_->Complete([]() -> grpc::Status {
    ADD_FAILURE() << "the response is gone";
    return grpc::Status::OK;
  });
  client_.join();
  EXPECT_EQ(status_.error_message(), "first");
}

TEST_F(PendingCallTest, AClientThatGoesAwayEndsTheCallAndTheOutcomeIsIgnored) {
  context_.TryCancel();
  client_.join();
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::CANCELLED);
  // Once the server has shut down, it knows of the cancellation.
  server_->Shutdown();
  server_->Wait();
  call_->Complete([]() -> grpc::Status {
    ADD_FAILURE() << "the response is gone";
    return grpc::Status::OK;
  });
}

TEST_F(PendingCallTest, ACallThatIsOverIsHeldByNobodyElse) {
  const std::weak_ptr<PendingCall> watched = call_;
  call_->Complete([] { return grpc::Status::OK; });
  client_.join();
  server_->Shutdown();
  server_->Wait();
  EXPECT_EQ(watched.use_count(), 1);
  call_ = nullptr;
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace hob
