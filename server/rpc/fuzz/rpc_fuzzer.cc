// Sends requests, several at a time, to a whole server on a fake kernel. Each is answered once,
// with success or a documented error; a rejected request changes nothing; and no daemon ever has
// two instances.
//
// An input is up to eight calls. Each call is a byte for the method, a byte of flags (kGenerated,
// kCancelled), a length byte, and that many bytes: the request in wire format, or input for
// request_maker.h.
#include <google/protobuf/stubs/logging.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "bazel/fuzzing/text.h"
#include "glog/logging.h"
#include "google/rpc/error_info.pb.h"
#include "google/rpc/status.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "hob/v1/supervisor.pb.h"
#include "server/api/handlers.h"
#include "server/checks/testing/fake_prober.h"
#include "server/config/config.h"
#include "server/output/log_store.h"
#include "server/process/testing/fake_spawner.h"
#include "server/registry/change_notifier.h"
#include "server/registry/registry.h"
#include "server/rpc/fuzz/request_maker.h"
#include "server/rpc/rpc_server.h"
#include "server/supervisor/reloader.h"
#include "server/supervisor/supervisor.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using google::protobuf::Message;

constexpr char kConfig[] =
    "[os_daemons]\n"
    "web = /bin/web\n"
    "web2 = /bin/web\n"
    "[daemon:once]\n"
    "command = /bin/once\n"
    "restart = never\n"
    "[daemon:later]\n"
    "command = /bin/later\n"
    "backoff = 1h\n"
    "backoff_max = 1h\n"
    "[daemon:off]\n"
    "command = /bin/off\n"
    "autostart = no\n";
constexpr const char* kNames[] = {"later", "off", "once", "web", "web2"};
constexpr const char* kStarted[] = {"later", "once", "web", "web2"};
constexpr const char* kNotStarted = "off";

// No call takes this long, even on a busy machine.
constexpr absl::Duration kTimeout = absl::Seconds(60);
// gRPC drops a larger status.
constexpr size_t kMaxStatusBytes = 8 << 10;
constexpr size_t kMaxCalls = 8;

struct Method {
  const char* path;
  const Message& (*request)();
  // True if the method makes changes.
  bool commands = false;
  // Returns true for a request that is answered until the client ends it.
  bool (*is_endless)(const Message& request) = nullptr;
};

template <typename Request>
const Message& Default() {
  return Request::default_instance();
}

bool Always(const Message&) { return true; }

bool WhenFollowing(const Message& request) {
  return static_cast<const v1::LogsRequest&>(request).follow();
}

constexpr Method kMethods[] = {
    {"/hob.v1.Supervisor/List", Default<v1::ListRequest>},
    {"/hob.v1.Supervisor/Status", Default<v1::StatusRequest>},
    {"/hob.v1.Supervisor/Restart", Default<v1::RestartRequest>, true},
    {"/hob.v1.Supervisor/Start", Default<v1::StartRequest>, true},
    {"/hob.v1.Supervisor/Stop", Default<v1::StopRequest>, true},
    {"/hob.v1.Supervisor/Signal", Default<v1::SignalRequest>, true},
    {"/hob.v1.Supervisor/Reload", Default<v1::ReloadRequest>, true},
    {"/hob.v1.Supervisor/Info", Default<v1::InfoRequest>},
    {"/hob.v1.Supervisor/Logs", Default<v1::LogsRequest>, false, WhenFollowing},
    {"/hob.v1.Supervisor/Watch", Default<v1::WatchRequest>, false, Always},
    {"/grpc.health.v1.Health/Check", Default<grpc::health::v1::HealthCheckRequest>},
    {"/grpc.health.v1.Health/Watch", Default<grpc::health::v1::HealthCheckRequest>, false, Always},
    {"/hob.v1.Supervisor/Hold", Default<v1::HoldRequest>, true},
    {"/hob.v1.Supervisor/Release", Default<v1::ReleaseRequest>, true},
};

enum Flags : uint8_t {
  // The request is generated from the bytes.
  kGenerated = 1,
  // The client leaves at once.
  kCancelled = 2,
};

struct Request {
  const Method* method;
  bool cancelled;
  std::string bytes;
  // True if the request is answered until the client ends it.
  bool is_endless;
};

Request ReadRequest(FuzzInput& input) {
  Request request;
  request.method = &kMethods[input.TakeByte() % std::size(kMethods)];
  const uint8_t flags = input.TakeByte();
  request.cancelled = (flags & kCancelled) != 0;
  FuzzInput own(input.Take(input.TakeByte()));
  const std::unique_ptr<Message> message(request.method->request().New());
  if ((flags & kGenerated) != 0) {
    FillMessage(own, *message);
    request.bytes = message->SerializeAsString();
  } else {
    request.bytes = std::string(own.Take(std::string::npos));
  }
  const auto is_endless = request.method->is_endless;
  request.is_endless =
      is_endless != nullptr && message->ParseFromString(request.bytes) && is_endless(*message);
  return request;
}

// A client's call, from start to end.
class Call : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Call(grpc::GenericStub& stub, Request request) : made_(std::move(request)) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + kTimeout));
    stub.PrepareBidiStreamingCall(&context_, made_.method->path, grpc::StubOptions(), this);
    const grpc::Slice slice(made_.bytes);
    request_ = grpc::ByteBuffer(&slice, 1);
    StartWriteLast(&request_, grpc::WriteOptions());
    StartRead(&response_);
    StartCall();
    if (made_.cancelled) Cancel();
  }

  const Request& request() const { return made_; }
  bool cancelled() const { return cancelled_; }

  void Cancel() {
    cancelled_ = true;
    context_.TryCancel();
  }

  // Waits for an answer, or for the end if there is none.
  void AwaitAnswer() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_, absl::Condition(this, &Call::HasAnswerLocked));
  }

  // Waits for the end.
  grpc::Status Await() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_, absl::Condition(&ended_));
    CHECK_EQ(ends_, 1);
    return status_;
  }

 private:
  bool HasAnswerLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return answers_ > 0 || ended_; }

  void OnReadDone(bool ok) override ABSL_LOCKS_EXCLUDED(mu_) {
    if (!ok) return;
    {
      absl::MutexLock lock(&mu_);
      ++answers_;
    }
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    ++ends_;
    ended_ = true;
    status_ = status;
  }

  const Request made_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  bool cancelled_ = false;

  absl::Mutex mu_;
  int answers_ ABSL_GUARDED_BY(mu_) = 0;
  int ends_ ABSL_GUARDED_BY(mu_) = 0;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  grpc::Status status_ ABSL_GUARDED_BY(mu_);
};

// Counts the statuses that a server sends for each call.
class AnswerCount : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  struct Counts {
    std::atomic<int64_t> calls = 0;
    std::atomic<int64_t> ended = 0;
  };

  explicit AnswerCount(Counts& counts) : counts_(counts) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo*) override {
    return new OneCall(counts_);
  }

 private:
  class OneCall : public grpc::experimental::Interceptor {
   public:
    explicit OneCall(Counts& counts) : counts_(counts) { ++counts_.calls; }
    ~OneCall() override {
      CHECK_EQ(statuses_, 1);
      ++counts_.ended;
    }
    void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
      using Point = grpc::experimental::InterceptionHookPoints;
      if (methods->QueryInterceptionHookPoint(Point::PRE_SEND_STATUS)) ++statuses_;
      methods->Proceed();
    }

   private:
    Counts& counts_;
    std::atomic<int> statuses_ = 0;
  };

  Counts& counts_;
};

// A server, and a client connected to it as over a Unix socket.
class FuzzedServer {
 public:
  FuzzedServer() {
    // Same as in hobd.
    google::protobuf::SetLogHandler(nullptr);
    context_.clock = &Clock::Real();
    context_.spawner = &spawner_;
    context_.throttle = &throttle_;
    context_.registry = &registry_;
    context_.journal = &journal_;
    context_.waits = &waits_;
    context_.logs = &logs_;
    directory_.Write("web.log", "one\ntwo\n");
    const std::string path = directory_.Write("hob.ini", kConfig);
    LoadedConfig loaded = LoadConfig({path});
    CHECK(loaded.ok()) << loaded.errors.front().ToString();
    supervisor_ = std::make_unique<Supervisor>(context_, std::move(loaded.config));
    CHECK(supervisor_->Populate().ok());
    supervisor_->Boot();
    Reloader::Options options;
    options.load = [path] { return LoadConfig({path}); };
    reloader_ = std::make_unique<Reloader>(std::move(options), *supervisor_, journal_);
    reloader_->Start();
    Serve();
    Reset();
  }

  ~FuzzedServer() {
    stub_ = nullptr;
    notifier_.End();
    server_->ShutDown(std::chrono::seconds(0));
    CHECK_EQ(counts_.calls, counts_.ended);
  }

  std::unique_ptr<Call> Begin(Request request) {
    return std::make_unique<Call>(*stub_, std::move(request));
  }

  int64_t sequence() const { return registry_.latest_sequence(); }
  int64_t generation() const { return supervisor_->generation(); }

  // Restores the state that the configuration defines for every daemon, with no operation in
  // progress.
  void Reset() {
    PostAndWait(Command::Kind::kStop, {std::begin(kNames), std::end(kNames)});
    DrainMailboxes();
    // Queued after reloads whose clients have left.
    absl::Notification reloaded;
    reloader_->Request(/*dry_run=*/false,
                       [&reloaded](const absl::StatusOr<Reloader::Outcome>& outcome) {
                         CHECK(outcome.ok()) << outcome.status();
                         reloaded.Notify();
                       });
    reloaded.WaitForNotification();
  }

  // Returns when all earlier commands have been carried out. Changes nothing if the daemons are in
  // their initial state.
  void DrainMailboxes() {
    PostAndWait(Command::Kind::kStop, {kNotStarted});
    PostAndWait(Command::Kind::kStart, {std::begin(kStarted), std::end(kStarted)});
  }

  void CheckInvariants() {
    const std::vector<DaemonSnapshotPtr> daemons = registry_.All();
    CHECK_EQ(daemons.size(), std::size(kNames));
    for (size_t i = 0; i < daemons.size(); ++i) CHECK_EQ(daemons[i]->name(), kNames[i]);
    for (const char* name : kNames) CHECK_LE(spawner_.MostAliveAtOnce(name), 1) << name;
    CHECK_EQ(spawner_.abandoned(), 0);
  }

 private:
  // Sends a command to the daemons and waits until they have carried it out.
  void PostAndWait(Command::Kind kind, const std::vector<std::string>& names) {
    absl::BlockingCounter left(names.size());
    for (const std::string& name : names) {
      Command command(kind, Caller::Server());
      command.done = [&left, name](const absl::StatusOr<DaemonSnapshotPtr>& outcome) {
        CHECK(outcome.ok()) << name << ": " << outcome.status();
        left.DecrementCount();
      };
      supervisor_->Post(name, std::move(command));
    }
    left.Wait();
  }

  void Serve() {
    handlers_ = std::make_unique<Handlers>(
        registry_, notifier_, *supervisor_, *reloader_, prober_, logs_, journal_,
        Handlers::Facts{absl::Now(), "session", [] { return 0; }}, [] {});
    server_ = std::make_unique<RpcServer>(*handlers_, [this] {
      RpcServer::Interceptors interceptors;
      interceptors.push_back(std::make_unique<AnswerCount>(counts_));
      return interceptors;
    });
    int ends[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    server_->TakeConnection(UniqueFd(ends[0]));
    stub_ =
        std::make_unique<grpc::GenericStub>(grpc::CreateInsecureChannelFromFd("fuzzed", ends[1]));
  }

  const TestDirectory directory_;
  FakeSpawner spawner_{Clock::Real(), FakeSpawner::Wakes::kByDescriptor};
  RestartThrottle throttle_{StartBudget::Options()};
  Registry registry_;
  ChangeNotifier notifier_{registry_};
  Journal journal_;
  LogStore logs_{{directory_.path(), directory_.path()}};
  ChangeWaits waits_;
  DaemonRunner::Context context_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<Reloader> reloader_;
  FakeProber prober_;
  std::unique_ptr<Handlers> handlers_;
  AnswerCount::Counts counts_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<grpc::GenericStub> stub_;
};

// True for the errors that the API documents for a server that is not shutting down, on a machine
// with room.
bool IsKnown(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::OUT_OF_RANGE:
      return true;
    default:
      return false;
  }
}

// A deadline detected by gRPC itself carries no reason, so a call that was never answered fails
// here.
void CheckStatus(const char* method, const grpc::Status& status) {
  CHECK(IsKnown(status.error_code()))
      << method << ": " << status.error_code() << ": " << status.error_message();
  if (status.ok()) return;
  CHECK(!status.error_message().empty() && IsPrintable(status.error_message())) << method;
  CHECK_LE(status.error_message().size() + status.error_details().size(), kMaxStatusBytes);
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  CHECK(details.ParseFromString(status.error_details())) << method << status.error_message();
  CHECK_EQ(details.code(), status.error_code()) << method;
  CHECK_EQ(details.details_size(), 1) << method << status.error_message();
  CHECK(details.details(0).UnpackTo(&info)) << method;
  CHECK(!info.reason().empty() && info.domain() == "hob") << method << status.error_message();
}

// True if the call may have changed something.
bool MayHaveChanged(const Call& call, const grpc::Status& status) {
  if (!call.request().method->commands) return false;
  return status.error_code() != grpc::StatusCode::INVALID_ARGUMENT &&
         status.error_code() != grpc::StatusCode::NOT_FOUND;
}

// Ends every call; returns true if any may have changed something.
bool Finish(const std::vector<std::unique_ptr<Call>>& calls) {
  // Endless calls are cancelled once all others were answered and they have had their first
  // answer.
  for (const auto& call : calls) {
    if (!call->request().is_endless) call->Await();
  }
  for (const auto& call : calls) {
    if (!call->request().is_endless) continue;
    if (call->request().method->is_endless == Always) call->AwaitAnswer();
    call->Cancel();
  }
  bool changed = false;
  for (const auto& call : calls) {
    const grpc::Status status = call->Await();
    changed = changed || MayHaveChanged(*call, status);
    if (call->cancelled() && status.error_code() == grpc::StatusCode::CANCELLED) continue;
    CheckStatus(call->request().method->path, status);
  }
  return changed;
}

// True if the client of a command left before the answer: the server may receive the command later.
bool LeftACommand(const std::vector<std::unique_ptr<Call>>& calls) {
  return std::any_of(calls.begin(), calls.end(), [](const std::unique_ptr<Call>& call) {
    return call->cancelled() && call->request().method->commands;
  });
}

// Returns a server in its initial state. Recreates it if a command may still arrive, and now and
// then, because the fake kernel never forgets.
FuzzedServer& FreshServer(bool changed, bool left_a_command) {
  constexpr int kMaxChanges = 500;
  static std::unique_ptr<FuzzedServer>& server = *new std::unique_ptr<FuzzedServer>;
  static int changes = 0;
  if (changed) ++changes;
  if (server == nullptr || left_a_command || changes > kMaxChanges) {
    server = nullptr;
    server = std::make_unique<FuzzedServer>();
    changes = 0;
  } else if (changed) {
    server->Reset();
  }
  return *server;
}

}  // namespace
}  // namespace hob

// Other threads still hold objects of an input when it ends, so leaks are checked when the fuzzer
// ends, not after each input. Their coverage also varies from run to run, and libFuzzer's entropic
// scheduling would spend half of the time on that.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  static std::vector<std::string>& options =
      *new std::vector<std::string>{"-detect_leaks=0", "-entropic=0"};
  static std::vector<char*>& arguments = *new std::vector<char*>(*argv, *argv + *argc);
  for (std::string& option : options) arguments.push_back(&option[0]);
  *argc = arguments.size();
  arguments.push_back(nullptr);
  *argv = arguments.data();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hob::FuzzedServer& server = hob::FreshServer(/*changed=*/false, /*left_a_command=*/false);
  const int64_t sequence = server.sequence();
  const int64_t generation = server.generation();
  hob::FuzzInput input(hob::AsText(data, size));
  std::vector<std::unique_ptr<hob::Call>> calls;
  while (!input.empty() && calls.size() < hob::kMaxCalls) {
    calls.push_back(server.Begin(hob::ReadRequest(input)));
  }
  const bool changed = hob::Finish(calls);
  const bool left_a_command = hob::LeftACommand(calls);
  calls.clear();
  if (!changed) {
    server.DrainMailboxes();
    CHECK_EQ(server.sequence(), sequence);
    CHECK_EQ(server.generation(), generation);
  }
  server.CheckInvariants();
  if (changed) hob::FreshServer(/*changed=*/true, left_a_command);
  return 0;
}
