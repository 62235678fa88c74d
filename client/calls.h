// Many calls at once.
#ifndef HOB_CLIENT_CALLS_H_
#define HOB_CLIENT_CALLS_H_

#include <functional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"
#include "hob/v1/supervisor.grpc.pb.h"

namespace hob {
namespace client {

// How a call ended.
template <typename Response>
struct Outcome {
  grpc::Status status;
  // Meaningful only when the status is OK.
  Response response;
};

// A method of the service in its callback form.
template <typename Request, typename Response>
using Method = void (v1::Supervisor::StubInterface::async_interface::*)(
    grpc::ClientContext*, const Request*, Response*, std::function<void(grpc::Status)>);

// Called with how many calls have ended so far; never at once with itself.
using Progress = std::function<void(int done)>;

// Counts the calls that have ended. Thread-safe.
class CallCounter {
 public:
  void OneEnded() ABSL_LOCKS_EXCLUDED(mutex_);
  // Blocks until `total` calls have ended; meanwhile calls `progress` on this thread whenever the
  // count has changed.
  void WaitFor(int total, const Progress& progress) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;
  int ended_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Makes one call for each of `requests`, all at the same time, and blocks until all have ended,
// each at most for `timeout`. The outcomes are in the order of the requests.
template <typename Request, typename Response>
std::vector<Outcome<Response>> CallForEach(v1::Supervisor::StubInterface& server,
                                           Method<Request, Response> method,
                                           const std::vector<Request>& requests,
                                           absl::Duration timeout, const Progress& progress) {
  std::vector<Outcome<Response>> outcomes(requests.size());
  std::vector<grpc::ClientContext> contexts(requests.size());
  CallCounter counter;
  for (size_t i = 0; i < requests.size(); ++i) {
    contexts[i].set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    Outcome<Response>* const outcome = &outcomes[i];
    (server.async()->*method)(&contexts[i], &requests[i], &outcome->response,
                              [outcome, &counter](const grpc::Status& status) {
                                outcome->status = status;
                                counter.OneEnded();
                              });
  }
  counter.WaitFor(static_cast<int>(requests.size()), progress);
  return outcomes;
}

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_CALLS_H_
