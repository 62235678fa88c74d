// The calls of the API as functions of messages. Hides gRPC.
#ifndef HOB_CLIENT_SUPERVISOR_CLIENT_H_
#define HOB_CLIENT_SUPERVISOR_CLIENT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "grpc/health/v1/health.pb.h"
#include "hob/v1/supervisor.pb.h"

namespace hob {
namespace client {

// How one of several calls ended.
template <typename Response>
struct Outcome {
  absl::Status status;
  // True if the connection broke before the answer: the server may have carried out the call.
  bool connection_broke = false;
  // Meaningful only when the status is OK.
  Response response;
};

// Called with the number of calls that have ended so far; never concurrently with itself.
using Progress = std::function<void(int done)>;

// The deadline of a call that only reads. The server answers such a call at once; only a hung
// server takes longer.
inline constexpr absl::Duration kReadTimeout = absl::Seconds(30);

// The client's extra wait beyond the time-out, at which the server answers a waiting call.
inline constexpr absl::Duration kAnswerGrace = absl::Seconds(5);

// Holds the connection to a server; the first call opens it. A failed call returns the server's
// code and message, or, if gRPC failed the call, a sentence that explains the failure to the user.
// Every method blocks. Not thread-safe, except as noted.
class SupervisorClient {
 public:
  // Returns the environment variable of this name; absent if there is none.
  using Variables = std::function<absl::optional<std::string>(const std::string& name)>;

  // `address` is the value of --address, if given; see AddressesToTry.
  SupervisorClient(absl::optional<std::string> address, Variables variables);
  ~SupervisorClient();
  SupervisorClient(const SupervisorClient&) = delete;
  SupervisorClient& operator=(const SupervisorClient&) = delete;

  // Calls that only read. If the connection breaks before the answer, the client repeats them over
  // a new one for up to 10 s: a server short of time or descriptors hangs up on a caller that has
  // not yet sent anything. They also return the errors of AddressesToTry and Connect.

  // Returns all pages as one response, in name order and without a token. `patterns` are names and
  // globs; an empty `patterns` or `states` selects everything.
  absl::StatusOr<v1::ListResponse> List(const std::vector<std::string>& patterns,
                                        const std::vector<v1::Daemon::State>& states);
  // Returns a response for each of `names`, in their order, or the first failure.
  absl::StatusOr<std::vector<v1::StatusResponse>> Status(const std::vector<std::string>& names);
  absl::StatusOr<v1::InfoResponse> Info();
  absl::StatusOr<grpc::health::v1::HealthCheckResponse> CheckHealth(const std::string& service);

  // Prepares for a call that must not be repeated; call it before each of those below. Ensures that
  // the server has answered over this connection, by asking its health service if nothing was read
  // before. From then on the server does not hang up for want of resources. Errors as for the calls
  // that read.
  absl::Status Greet();

  // Make one call for each of `requests`, all at the same time and each with the deadline
  // `timeout`, and call `progress` on this thread whenever more have ended. The outcomes are in the
  // order of the requests.
  std::vector<Outcome<v1::StartResponse>> CallForEach(const std::vector<v1::StartRequest>& requests,
                                                      absl::Duration timeout,
                                                      const Progress& progress);
  std::vector<Outcome<v1::StopResponse>> CallForEach(const std::vector<v1::StopRequest>& requests,
                                                     absl::Duration timeout,
                                                     const Progress& progress);
  std::vector<Outcome<v1::RestartResponse>> CallForEach(
      const std::vector<v1::RestartRequest>& requests, absl::Duration timeout,
      const Progress& progress);
  std::vector<Outcome<v1::SignalResponse>> CallForEach(
      const std::vector<v1::SignalRequest>& requests, absl::Duration timeout,
      const Progress& progress);
  std::vector<Outcome<v1::HoldResponse>> CallForEach(const std::vector<v1::HoldRequest>& requests,
                                                     absl::Duration timeout,
                                                     const Progress& progress);
  std::vector<Outcome<v1::ReleaseResponse>> CallForEach(
      const std::vector<v1::ReleaseRequest>& requests, absl::Duration timeout,
      const Progress& progress);

  // Calls `show` with each step of the roll, until it ends, the deadline passes (DeadlineExceeded;
  // the roll goes on) or `show` returns false (ignore the status then). Several threads may call it
  // and CallForEach at the same time.
  absl::Status Roll(const v1::RollRequest& request, absl::Time deadline,
                    const std::function<bool(const v1::RollResponse&)>& show);

  // Ends all calls of Roll and Restart in progress and all later ones; ignore their statuses. Any
  // thread may call it after Greet.
  void CancelRestarts();

  // Has no deadline: the answer comes when removed daemons have ended, which takes as long as the
  // longest stop_timeout.
  absl::StatusOr<v1::ReloadResponse> Reload(bool dry_run, const std::string& reason);

  // Call `show` with each response until the server ends the stream, the user interrupts it
  // (Ctrl-C; returns OK), or `show` returns false (ignore the status then).
  absl::Status Watch(const v1::WatchRequest& request,
                     const std::function<bool(const v1::WatchResponse&)>& show);
  absl::Status Logs(const v1::LogsRequest& request,
                    const std::function<bool(const v1::LogsResponse&)>& show);

  // Returns the address of the server; empty before the first connection.
  std::string address() const;

 private:
  struct Link;

  absl::Status ConnectIfNeeded();
  // Makes a call that only reads: `call` takes the link and returns gRPC's status.
  template <typename Call>
  absl::Status Read(const Call& call);

  const absl::optional<std::string> address_;
  const Variables variables_;
  // Null while there is no connection.
  std::unique_ptr<Link> link_;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_SUPERVISOR_CLIENT_H_
