#include "server/checks/grpc_attempt.h"

#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/sync/mutex.h"
#include "server/text/printable.h"

namespace hob {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr int kMaxMessage = 200;

Attempt::Answer AnswerOf(const grpc::Status& status, const HealthCheckResponse& response) {
  if (status.ok()) {
    const HealthCheckResponse::ServingStatus serving = response.status();
    std::string name = HealthCheckResponse::ServingStatus_Name(serving);
    if (name.empty()) name = absl::StrCat("status ", static_cast<int>(serving));
    return {serving == HealthCheckResponse::SERVING, std::move(name)};
  }
  const std::string message = status.error_message();
  return {false, absl::StrCat("gRPC status ", static_cast<int>(status.error_code()), ": ",
                              Printable(message.substr(0, message.find('\n')), kMaxMessage))};
}

// A call, kept by its callback too: gRPC needs all of it until then.
class Call : public std::enable_shared_from_this<Call> {
 public:
  Call(const CheckTarget& check, std::function<void()> wake) : wake_(std::move(wake)) {
    grpc::ChannelArguments arguments;
    // Otherwise calls would share a connection and its reconnect back-off.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    stub_ = Health::NewStub(
        grpc::CreateCustomChannel(check.address, grpc::InsecureChannelCredentials(), arguments));
    request_.set_service(check.service);
  }

  void Begin() {
    stub_->async()->Check(&context_, &request_, &response_,
                          [self = shared_from_this()](const grpc::Status& status) {
                            {
                              MutexLock lock(&self->mu_);
                              self->answer_ = AnswerOf(status, self->response_);
                            }
                            self->wake_();
                          });
  }

  void Cancel() { context_.TryCancel(); }

  absl::optional<Attempt::Answer> answer() {
    MutexLock lock(&mu_);
    return answer_;
  }

 private:
  const std::function<void()> wake_;
  std::unique_ptr<Health::Stub> stub_;
  grpc::ClientContext context_;
  HealthCheckRequest request_;
  HealthCheckResponse response_;
  Mutex mu_;
  absl::optional<Attempt::Answer> answer_ ABSL_GUARDED_BY(mu_);
};

class GrpcAttempt : public Attempt {
 public:
  explicit GrpcAttempt(std::shared_ptr<Call> call) : call_(std::move(call)) { call_->Begin(); }
  ~GrpcAttempt() override { call_->Cancel(); }

  absl::optional<Answer> Look() override { return call_->answer(); }

 private:
  const std::shared_ptr<Call> call_;
};

}  // namespace

std::unique_ptr<Attempt> BeginGrpcAttempt(const CheckTarget& check, std::function<void()> wake) {
  return std::make_unique<GrpcAttempt>(std::make_shared<Call>(check, std::move(wake)));
}

}  // namespace hob
