#include "client/supervisor_client.h"

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "client/address.h"
#include "client/connection.h"
#include "client/interrupt.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/create_channel_posix.h"
#include "grpcpp/support/channel_arguments.h"
#include "hob/v1/supervisor.grpc.pb.h"

namespace hob {
namespace client {

namespace {

// Lets another thread end calls. Thread-safe.
class Cancellation {
 public:
  // The context stays registered until Remove.
  void Add(grpc::ClientContext* context) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    contexts_.insert(context);
    if (cancelled_) context->TryCancel();
  }

  void Remove(grpc::ClientContext* context) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    contexts_.erase(context);
  }

  // Ends the calls of all registered contexts, and of those that are added later.
  void Cancel() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
    for (grpc::ClientContext* const context : contexts_) context->TryCancel();
  }

 private:
  absl::Mutex mutex_;
  absl::flat_hash_set<grpc::ClientContext*> contexts_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

// An open connection. gRPC does not reconnect a broken one.
struct SupervisorClient::Link {
  explicit Link(const Connection& connection);

  const std::string address;
  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<v1::Supervisor::Stub> stub;
  // True if the server has answered a call.
  bool has_answered = false;
  Cancellation restarts;
};

namespace {

using Calls = v1::Supervisor::StubInterface::async_interface;
using Stub = v1::Supervisor::Stub;

constexpr absl::Duration kReconnectTimeout = absl::Seconds(10);
constexpr absl::Duration kFirstPause = absl::Milliseconds(10);
constexpr absl::Duration kLongestPause = absl::Milliseconds(500);

// The largest page that the API allows.
constexpr int kPageSize = 5000;
constexpr int kReadAtOnce = 128 << 10;

std::shared_ptr<grpc::Channel> MakeChannel(const Connection& connection) {
  grpc::ChannelArguments arguments;
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
  // A page of 5,000 daemons may be larger than gRPC's own limit of 4 MB.
  arguments.SetMaxReceiveMessageSize(-1);
  // A list of 1,000 daemons takes 100 KiB; by default gRPC reads 8 KiB at a time.
  arguments.SetInt(GRPC_ARG_TCP_READ_CHUNK_SIZE, kReadAtOnce);
  return grpc::CreateCustomInsecureChannelFromFd(connection.address, connection.descriptor,
                                                 arguments);
}

// True if the server failed the call, in which case the error has details; false if gRPC itself
// did, or for OK.
bool IsFromServer(const grpc::Status& status) { return !status.error_details().empty(); }

// True if the connection broke before the answer: gRPC cannot tell whether the server has seen the
// call.
bool IsBrokenConnection(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE && !IsFromServer(status);
}

absl::Status ToStatus(const grpc::Status& status) {
  const absl::StatusCode code = static_cast<absl::StatusCode>(status.error_code());
  if (!IsFromServer(status)) {
    switch (status.error_code()) {
      case grpc::StatusCode::UNAVAILABLE:
        return absl::Status(code, absl::StrCat("the server broke off the connection (",
                                               status.error_message(), ")"));
      case grpc::StatusCode::CANCELLED:
        // The server cancelled the call: the client ignores the status of its own cancellations.
        return absl::UnavailableError(
            "the server ended the call before its answer: it is shutting "
            "down");
      case grpc::StatusCode::DEADLINE_EXCEEDED:
        return absl::Status(code, "the server did not answer in time");
      case grpc::StatusCode::UNIMPLEMENTED:
        return absl::Status(code, "the server does not know this call: it is older than this hob");
      default:
        break;
    }
  }
  return absl::Status(code, status.error_message());
}

void SetTimeout(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

// Counts the calls that have ended. Thread-safe.
class CallCounter {
 public:
  void OneEnded() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    ++ended_;
  }

  // Blocks until `total` calls have ended; calls `progress` on this thread at each change of the
  // count.
  void WaitFor(int total, const Progress& progress) ABSL_LOCKS_EXCLUDED(mutex_) {
    int told = 0;
    while (told < total) {
      {
        absl::MutexLock lock(&mutex_);
        const auto more_ended = [this, told]()
                                    ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ended_ > told; };
        mutex_.Await(absl::Condition(&more_ended));
        told = ended_;
      }
      progress(told);
    }
  }

 private:
  absl::Mutex mutex_;
  int ended_ ABSL_GUARDED_BY(mutex_) = 0;
};

// A method of the service in its callback form.
template <typename Request, typename Response>
using Method = void (Calls::*)(grpc::ClientContext*, const Request*, Response*,
                               std::function<void(grpc::Status)>);

// How one of several calls ended, in gRPC's terms.
template <typename Response>
struct Reply {
  grpc::Status status;
  Response response;
};

// Makes one call for each of `requests`, all at the same time; the replies are in their order.
// `cancellation` may end the calls; null without it.
template <typename Request, typename Response>
std::vector<Reply<Response>> CallAll(Stub& stub, Method<Request, Response> method,
                                     const std::vector<Request>& requests, absl::Duration timeout,
                                     const Progress& progress,
                                     Cancellation* cancellation = nullptr) {
  std::vector<Reply<Response>> replies(requests.size());
  std::vector<grpc::ClientContext> contexts(requests.size());
  CallCounter counter;
  for (size_t i = 0; i < requests.size(); ++i) {
    SetTimeout(contexts[i], timeout);
    if (cancellation != nullptr) cancellation->Add(&contexts[i]);
    Reply<Response>* const reply = &replies[i];
    (stub.async()->*method)(&contexts[i], &requests[i], &reply->response,
                            [reply, &counter](const grpc::Status& status) {
                              reply->status = status;
                              counter.OneEnded();
                            });
  }
  counter.WaitFor(static_cast<int>(requests.size()), progress);
  if (cancellation != nullptr) {
    for (grpc::ClientContext& context : contexts) cancellation->Remove(&context);
  }
  return replies;
}

template <typename Response>
std::vector<Outcome<Response>> ToOutcomes(std::vector<Reply<Response>> replies) {
  std::vector<Outcome<Response>> outcomes;
  for (Reply<Response>& reply : replies) {
    outcomes.push_back(
        {ToStatus(reply.status), IsBrokenConnection(reply.status), std::move(reply.response)});
  }
  return outcomes;
}

grpc::Status ListPages(Stub& stub, v1::ListRequest request, v1::ListResponse& all) {
  all.Clear();
  do {
    grpc::ClientContext context;
    SetTimeout(context, kReadTimeout);
    v1::ListResponse page;
    const grpc::Status status = stub.List(&context, request, &page);
    if (!status.ok()) return status;
    request.set_page_token(page.next_page_token());
    if (all.daemons().empty()) {
      // Most lists have one page, and a copy would take as long as the read.
      all.Swap(&page);
    } else {
      all.MergeFrom(page);
    }
  } while (!request.page_token().empty());
  all.clear_next_page_token();
  return grpc::Status::OK;
}

grpc::Status CallHealthService(const std::shared_ptr<grpc::Channel>& channel,
                               const std::string& service,
                               grpc::health::v1::HealthCheckResponse* response) {
  grpc::ClientContext context;
  SetTimeout(context, kReadTimeout);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  return grpc::health::v1::Health::NewStub(channel)->Check(&context, request, response);
}

// Calls `show` with each response until the stream ends or `show` returns false. Returns gRPC's
// status.
template <typename Response>
grpc::Status ReadAll(grpc::ClientContext& context, grpc::ClientReader<Response>& reader,
                     const std::function<bool(const Response&)>& show) {
  Response response;
  while (reader.Read(&response)) {
    if (show(response)) continue;
    context.TryCancel();
    break;
  }
  return reader.Finish();
}

template <typename Request, typename Response>
absl::Status Follow(Stub& stub,
                    std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(
                        grpc::ClientContext*, const Request&),
                    const Request& request, const std::function<bool(const Response&)>& show) {
  grpc::ClientContext context;
  const Interrupt interrupt([&context] { context.TryCancel(); });
  const std::unique_ptr<grpc::ClientReader<Response>> reader = (stub.*method)(&context, request);
  const grpc::Status status = ReadAll(context, *reader, show);
  return interrupt.came() ? absl::OkStatus() : ToStatus(status);
}

}  // namespace

SupervisorClient::Link::Link(const Connection& connection)
    : address(connection.address),
      channel(MakeChannel(connection)),
      stub(v1::Supervisor::NewStub(channel)) {}

SupervisorClient::SupervisorClient(absl::optional<std::string> address, Variables variables)
    : address_(std::move(address)), variables_(std::move(variables)) {}

SupervisorClient::~SupervisorClient() = default;

absl::Status SupervisorClient::ConnectIfNeeded() {
  if (link_ != nullptr) return absl::OkStatus();
  const absl::StatusOr<std::vector<Address>> addresses = AddressesToTry(address_, variables_);
  if (!addresses.ok()) return addresses.status();
  const absl::StatusOr<Connection> connection = Connect(*addresses);
  if (!connection.ok()) return connection.status();
  link_ = std::make_unique<Link>(*connection);
  return absl::OkStatus();
}

template <typename Call>
absl::Status SupervisorClient::Read(const Call& call) {
  const absl::Time give_up = absl::Now() + kReconnectTimeout;
  absl::Duration pause = kFirstPause;
  while (true) {
    if (absl::Status status = ConnectIfNeeded(); !status.ok()) return status;
    const grpc::Status status = call(*link_);
    if (!IsBrokenConnection(status)) {
      link_->has_answered = true;
      return ToStatus(status);
    }
    link_.reset();
    if (absl::Now() + pause > give_up) return ToStatus(status);
    absl::SleepFor(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}

absl::StatusOr<v1::ListResponse> SupervisorClient::List(
    const std::vector<std::string>& patterns, const std::vector<v1::Daemon::State>& states) {
  v1::ListRequest request;
  for (const std::string& pattern : patterns) request.add_names(pattern);
  for (const v1::Daemon::State state : states) request.add_states(state);
  request.set_page_size(kPageSize);
  v1::ListResponse all;
  const absl::Status status =
      Read([&](const Link& link) { return ListPages(*link.stub, request, all); });
  if (!status.ok()) return status;
  return all;
}

absl::StatusOr<std::vector<v1::StatusResponse>> SupervisorClient::Status(
    const std::vector<std::string>& names) {
  std::vector<v1::StatusRequest> requests(names.size());
  for (size_t i = 0; i < requests.size(); ++i) requests[i].set_name(names[i]);
  std::vector<v1::StatusResponse> responses;
  const absl::Status status = Read([&](const Link& link) {
    responses.clear();
    auto replies = CallAll<v1::StatusRequest, v1::StatusResponse>(
        *link.stub, &Calls::Status, requests, kReadTimeout, [](int) {});
    for (Reply<v1::StatusResponse>& reply : replies) {
      if (!reply.status.ok()) return reply.status;
      responses.push_back(std::move(reply.response));
    }
    return grpc::Status::OK;
  });
  if (!status.ok()) return status;
  return responses;
}

absl::StatusOr<v1::InfoResponse> SupervisorClient::Info() {
  v1::InfoResponse info;
  const absl::Status status = Read([&info](const Link& link) {
    grpc::ClientContext context;
    SetTimeout(context, kReadTimeout);
    return link.stub->Info(&context, v1::InfoRequest(), &info);
  });
  if (!status.ok()) return status;
  return info;
}

absl::StatusOr<grpc::health::v1::HealthCheckResponse> SupervisorClient::CheckHealth(
    const std::string& service) {
  grpc::health::v1::HealthCheckResponse response;
  const absl::Status status =
      Read([&](const Link& link) { return CallHealthService(link.channel, service, &response); });
  if (!status.ok()) return status;
  return response;
}

absl::Status SupervisorClient::Greet() {
  if (link_ != nullptr && link_->has_answered) return absl::OkStatus();
  return Read([](const Link& link) {
    grpc::health::v1::HealthCheckResponse response;
    const grpc::Status status = CallHealthService(link.channel, "", &response);
    // Any answer from the server will do.
    return IsFromServer(status) ? grpc::Status::OK : status;
  });
}

std::vector<Outcome<v1::StartResponse>> SupervisorClient::CallForEach(
    const std::vector<v1::StartRequest>& requests, absl::Duration timeout,
    const Progress& progress) {
  return ToOutcomes(CallAll(*link_->stub,
                            Method<v1::StartRequest, v1::StartResponse>(&Calls::Start), requests,
                            timeout, progress));
}

std::vector<Outcome<v1::StopResponse>> SupervisorClient::CallForEach(
    const std::vector<v1::StopRequest>& requests, absl::Duration timeout,
    const Progress& progress) {
  return ToOutcomes(CallAll(*link_->stub, Method<v1::StopRequest, v1::StopResponse>(&Calls::Stop),
                            requests, timeout, progress));
}

std::vector<Outcome<v1::RestartResponse>> SupervisorClient::CallForEach(
    const std::vector<v1::RestartRequest>& requests, absl::Duration timeout,
    const Progress& progress) {
  return ToOutcomes(CallAll(*link_->stub,
                            Method<v1::RestartRequest, v1::RestartResponse>(&Calls::Restart),
                            requests, timeout, progress, &link_->restarts));
}

std::vector<Outcome<v1::SignalResponse>> SupervisorClient::CallForEach(
    const std::vector<v1::SignalRequest>& requests, absl::Duration timeout,
    const Progress& progress) {
  return ToOutcomes(CallAll(*link_->stub,
                            Method<v1::SignalRequest, v1::SignalResponse>(&Calls::Signal), requests,
                            timeout, progress));
}

std::vector<Outcome<v1::HoldResponse>> SupervisorClient::CallForEach(
    const std::vector<v1::HoldRequest>& requests, absl::Duration timeout,
    const Progress& progress) {
  return ToOutcomes(CallAll(*link_->stub, Method<v1::HoldRequest, v1::HoldResponse>(&Calls::Hold),
                            requests, timeout, progress));
}

std::vector<Outcome<v1::ReleaseResponse>> SupervisorClient::CallForEach(
    const std::vector<v1::ReleaseRequest>& requests, absl::Duration timeout,
    const Progress& progress) {
  return ToOutcomes(CallAll(*link_->stub,
                            Method<v1::ReleaseRequest, v1::ReleaseResponse>(&Calls::Release),
                            requests, timeout, progress));
}

absl::Status SupervisorClient::Roll(const v1::RollRequest& request, absl::Time deadline,
                                    const std::function<bool(const v1::RollResponse&)>& show) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(deadline));
  link_->restarts.Add(&context);
  const std::unique_ptr<grpc::ClientReader<v1::RollResponse>> reader =
      link_->stub->Roll(&context, request);
  const grpc::Status status = ReadAll(context, *reader, show);
  link_->restarts.Remove(&context);
  return ToStatus(status);
}

void SupervisorClient::CancelRestarts() { link_->restarts.Cancel(); }

absl::StatusOr<v1::ReloadResponse> SupervisorClient::Reload(bool dry_run,
                                                            const std::string& reason) {
  grpc::ClientContext context;
  v1::ReloadRequest request;
  request.set_dry_run(dry_run);
  request.set_reason(reason);
  v1::ReloadResponse response;
  const grpc::Status status = link_->stub->Reload(&context, request, &response);
  if (!status.ok()) return ToStatus(status);
  return response;
}

absl::Status SupervisorClient::Watch(const v1::WatchRequest& request,
                                     const std::function<bool(const v1::WatchResponse&)>& show) {
  return Follow<v1::WatchRequest, v1::WatchResponse>(*link_->stub, &Stub::Watch, request, show);
}

absl::Status SupervisorClient::Logs(const v1::LogsRequest& request,
                                    const std::function<bool(const v1::LogsResponse&)>& show) {
  return Follow<v1::LogsRequest, v1::LogsResponse>(*link_->stub, &Stub::Logs, request, show);
}

std::string SupervisorClient::address() const { return link_ == nullptr ? "" : link_->address; }

}  // namespace client
}  // namespace hob
