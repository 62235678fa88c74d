#ifndef HOB_SERVER_RPC_CHANGE_STREAM_H_
#define HOB_SERVER_RPC_CHANGE_STREAM_H_

#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/errors/errors.h"
#include "server/registry/change_notifier.h"
#include "server/rpc/status.h"

namespace hob {

// A call that is answered with one response after another for as long as something changes: one
// write is in flight at a time, and while there is nothing to say the call waits in the notifier. A
// slow client holds up nobody and costs no memory. The call ends when its client goes away, and
// with Unavailable (SHUTTING_DOWN) when the notifier has ended and nothing is left to say.
//
// Make it as a shared_ptr and call Begin once. It keeps itself until gRPC is done with it.
template <typename Response>
class ChangeStream : public grpc::ServerWriteReactor<Response>,
                     public ChangeNotifier::Waiter,
                     public std::enable_shared_from_this<ChangeStream<Response>> {
 public:
  // `notifier` outlives the call.
  explicit ChangeStream(ChangeNotifier& notifier) : notifier_(notifier) {}

  // Keeps the call alive; before gRPC gets it.
  void Hold() { held_by_grpc_ = this->shared_from_this(); }

  // Says what there is to say.
  void Begin() ABSL_LOCKS_EXCLUDED(mu_) { Continue(); }

  // Looks whether there is something to say, on any thread.
  void Wake() override ABSL_LOCKS_EXCLUDED(mu_) {
    {
      absl::MutexLock lock(&mu_);
      if (!idle_) {
        woken_ = true;
        return;
      }
      idle_ = false;
    }
    Continue();
  }

 protected:
  // Fills `response`, which is empty; false when there is nothing to say before the next change
  // after sequence(). One call at a time; never blocks.
  virtual bool Next(Response& response) = 0;
  virtual int64_t sequence() const = 0;
  ChangeNotifier& notifier() { return notifier_; }

 private:
  // Whoever calls it is the only one that acts for the call: it is neither idle nor writing.
  void Continue() ABSL_LOCKS_EXCLUDED(mu_) {
    do {
      response_.Clear();
      if (Next(response_)) return this->StartWrite(&response_);
      if (notifier_.ended()) return this->Finish(ToGrpcStatus(ShuttingDown()));
    } while (!BecomesIdle());
  }

  // False: there may be more to say by now.
  bool BecomesIdle() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    if (cancelled_) {
      this->Finish(grpc::Status::CANCELLED);
      return true;
    }
    if (woken_) {
      woken_ = false;
      return false;
    }
    idle_ = true;
    notifier_.WakeAfter(sequence(), this->shared_from_this());
    return true;
  }

  void OnWriteDone(bool ok) override {
    if (ok) return Continue();
    this->Finish(grpc::Status::CANCELLED);
  }

  void OnCancel() override ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    cancelled_ = true;
    if (!idle_) return;
    idle_ = false;
    notifier_.Forget(this->shared_from_this());
    this->Finish(grpc::Status::CANCELLED);
  }

  void OnDone() override { held_by_grpc_.reset(); }

  ChangeNotifier& notifier_;
  Response response_;
  std::shared_ptr<ChangeStream> held_by_grpc_;

  absl::Mutex mu_;
  // Waits in the notifier; whoever takes this back acts for the call.
  bool idle_ ABSL_GUARDED_BY(mu_) = false;
  // Woken while it was busy.
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_CHANGE_STREAM_H_
