#include "tests/bench/callers.h"

#include <grpcpp/grpcpp.h>

#include "absl/types/optional.h"
#include "tests/bench/server_stub.h"

namespace hob {
namespace bench {
namespace {

// A call without an answer after this time counts as failed.
constexpr std::chrono::seconds kDeadline{60};

}  // namespace

// One client. It makes its next call on the thread that delivered the last answer.
class Callers::Caller {
 public:
  Caller(Callers& callers, const Options& options, bool lists)
      : callers_(callers), stub_(ConnectTo(options.address)), lists_(lists) {
    status_request_.set_name(options.daemon);
  }

  void Call() {
    context_.emplace();
    context_->set_deadline(std::chrono::system_clock::now() + kDeadline);
    const auto done = [this](const grpc::Status& status) { Done(status); };
    if (lists_) {
      stub_->async()->List(&*context_, &list_request_, &list_response_, done);
    } else {
      stub_->async()->Status(&*context_, &status_request_, &status_response_, done);
    }
  }

 private:
  void Done(const grpc::Status& status) {
    const bool first = std::exchange(first_, false);
    const absl::Status outcome(static_cast<absl::StatusCode>(status.error_code()),
                               status.error_message());
    if (callers_.Ended(outcome, first)) Call();
  }

  Callers& callers_;
  const std::unique_ptr<v1::Supervisor::Stub> stub_;
  const bool lists_;
  bool first_ = true;
  absl::optional<grpc::ClientContext> context_;
  v1::ListRequest list_request_;
  v1::ListResponse list_response_;
  v1::StatusRequest status_request_;
  v1::StatusResponse status_response_;
};

Callers::Callers(const Options& options)
    : not_yet_answered_(options.count), calling_(options.count) {
  for (int i = 0; i < options.count; ++i) {
    callers_.push_back(std::make_unique<Caller>(*this, options, /*lists=*/i % 2 == 0));
  }
  for (const auto& caller : callers_) caller->Call();
}

Callers::~Callers() = default;

void Callers::WaitUntilAllCall() {
  const auto all = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return not_yet_answered_ == 0; };
  absl::MutexLock lock(&mu_, absl::Condition(&all));
}

Callers::Outcome Callers::Stop() {
  absl::MutexLock lock(&mu_);
  stopping_ = true;
  const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return calling_ == 0; };
  mu_.Await(absl::Condition(&none));
  return outcome_;
}

bool Callers::Ended(const absl::Status& status, bool first) {
  absl::MutexLock lock(&mu_);
  if (first) --not_yet_answered_;
  ++(status.ok() ? outcome_.answered : outcome_.failed);
  outcome_.error.Update(status);
  if (stopping_) --calling_;
  return !stopping_;
}

}  // namespace bench
}  // namespace hob
