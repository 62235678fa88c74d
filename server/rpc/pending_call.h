#ifndef HOB_SERVER_RPC_PENDING_CALL_H_
#define HOB_SERVER_RPC_PENDING_CALL_H_

#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <atomic>
#include <functional>
#include <memory>

namespace hob {

// A unary call whose outcome comes later, from another thread. Whichever comes first, the outcome
// or the client's going away (cancelled, or its deadline passed), ends the call; the other one is
// ignored.
//
// Thread-safe. Lives as long as gRPC or whoever is to bring the outcome needs it.
class PendingCall : public grpc::ServerUnaryReactor {
 public:
  static std::shared_ptr<PendingCall> Create() {
    std::shared_ptr<PendingCall> call(new PendingCall());
    call->held_by_grpc_ = call;
    return call;
  }

  // Ends the call. `fill` writes the response and returns the status; it is not called when the
  // call is over, because the response is gone then.
  void Complete(const std::function<grpc::Status()>& fill) {
    if (!over_.exchange(true)) Finish(fill());
  }

 private:
  PendingCall() = default;

  void OnCancel() override {
    if (!over_.exchange(true)) Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { held_by_grpc_.reset(); }

  std::atomic<bool> over_ = false;
  std::shared_ptr<PendingCall> held_by_grpc_;
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_PENDING_CALL_H_
