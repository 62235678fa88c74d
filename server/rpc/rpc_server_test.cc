// Calls the whole gRPC server over a socket. Its only daemons are those that tests publish.
#include "server/rpc/rpc_server.h"

#include <grpcpp/create_channel_posix.h>
#include <grpcpp/generic/generic_stub.h>
#include <sys/socket.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "google/rpc/error_info.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "server/checks/testing/fake_prober.h"
#include "server/clock/simulated_clock.h"
#include "server/rpc/reactors.h"
#include "server/rpc/services.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
// The stub, not the service of the same name.
using HealthStub = grpc::health::v1::Health::Stub;

std::shared_ptr<DaemonSnapshot> Daemon(const std::string& name, const std::string& reason) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = name;
  auto snapshot = std::make_shared<DaemonSnapshot>();
  snapshot->spec = std::move(spec);
  snapshot->reason = reason;
  snapshot->runs = std::make_shared<const EndedRuns>();
  return snapshot;
}

DaemonSnapshotPtr Daemon(DaemonState state, bool ready) {
  const std::shared_ptr<DaemonSnapshot> snapshot = Daemon("web", "");
  snapshot->state = state;
  snapshot->ready = ready;
  return snapshot;
}

class RpcServerTest : public ::testing::Test {
 protected:
  RpcServerTest() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    server_->TakeConnection(UniqueFd(ends[0]));
    channel_ = grpc::CreateInsecureChannelFromFd("test", ends[1]);
    stub_ = v1::Supervisor::NewStub(channel_);
    health_ = grpc::health::v1::Health::NewStub(channel_);
  }

  ~RpcServerTest() override {
    notifier_.End();
    server_->ShutDown(std::chrono::seconds(0));
  }

  DaemonRunner::Context MakeContext() {
    DaemonRunner::Context context;
    context.registry = &registry_;
    context.waits = &waits_;
    return context;
  }

  const TestDirectory directory_;
  Registry registry_;
  ChangeNotifier notifier_{registry_};
  SimulatedClock clock_;
  Journal journal_;
  LogStore logs_{{directory_.path(), directory_.path()}};
  ChangeWaits waits_;
  const DaemonRunner::Context context_ = MakeContext();
  Supervisor supervisor_{context_, Config()};
  Reloader reloader_{{[] { return LoadedConfig(); }, nullptr, nullptr}, supervisor_, journal_};
  std::atomic<int> calls_ = 0;
  FakeProber prober_;
  Handlers handlers_{registry_, notifier_, supervisor_,          reloader_, prober_, logs_,
                     journal_,  {},        [this] { ++calls_; }, clock_};
  std::unique_ptr<RpcServer> server_ =
      std::make_unique<RpcServer>(handlers_, [] { return RpcServer::Interceptors(); });
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Supervisor::Stub> stub_;
  std::unique_ptr<HealthStub> health_;
};

// ---- Watch.

class WatchTest : public RpcServerTest {
 protected:
  // Reads a Watch call one response at a time.
  class Follower {
   public:
    Follower(v1::Supervisor::Stub& stub, const v1::WatchRequest& request)
        : reader_(stub.Watch(&context_, request)) {}
    ~Follower() {
      if (!over_) End();
    }

    // Returns the next response, such as "3 web=up", "3 -web", "3 synced" or "3 gap 7"; "the end:"
    // and the status code once the call is over.
    std::string Next() {
      if (!reader_->Read(&last_)) return absl::StrCat("the end: ", Finish().error_code());
      if (last_.has_synced()) return absl::StrCat(last_.sequence(), " synced");
      if (last_.has_gap()) return absl::StrCat(last_.sequence(), " gap ", last_.gap());
      const v1::Daemon& daemon = last_.daemon();
      if (last_.removed()) return absl::StrCat(last_.sequence(), " -", daemon.name());
      return absl::StrCat(last_.sequence(), " ", daemon.name(), "=", daemon.reason());
    }

    std::vector<std::string> Next(int count) {
      std::vector<std::string> responses;
      for (int i = 0; i < count; ++i) responses.push_back(Next());
      return responses;
    }

    const v1::WatchResponse& last() const { return last_; }

    void End() {
      context_.TryCancel();
      Finish();
    }

   private:
    grpc::Status Finish() {
      over_ = true;
      return reader_->Finish();
    }

    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> reader_;
    v1::WatchResponse last_;
    bool over_ = false;
  };

  std::unique_ptr<Follower> Follow(const std::vector<std::string>& names = {},
                                   const std::string& token = "") {
    v1::WatchRequest request;
    for (const std::string& name : names) request.add_names(name);
    request.set_resume_token(token);
    return std::make_unique<Follower>(*stub_, request);
  }
};

TEST_F(WatchTest, SendsSnapshotThenMarkerThenChanges) {
  registry_.Publish(Daemon("web", "up"));
  const auto follower = Follow();
  EXPECT_THAT(follower->Next(2), ElementsAre("1 web=up", "1 synced"));
  EXPECT_FALSE(follower->last().has_time());
  registry_.Publish(Daemon("web", "down"));
  EXPECT_EQ(follower->Next(), "2 web=down");
  EXPECT_TRUE(follower->last().has_time());
  registry_.Remove("web");
  EXPECT_EQ(follower->Next(), "3 -web");
}

TEST_F(WatchTest, GlobsSelectDaemons) {
  for (const char* name : {"api", "web-1", "web-2"}) registry_.Publish(Daemon(name, "up"));
  const auto follower = Follow({"web-[1-9]", "x"});
  EXPECT_THAT(follower->Next(3), ElementsAre("3 web-1=up", "3 web-2=up", "3 synced"));
  registry_.Publish(Daemon("api", "down"));
  registry_.Publish(Daemon("x", "up"));
  EXPECT_EQ(follower->Next(), "5 x=up");
}

TEST_F(WatchTest, ResumesFromAToken) {
  registry_.Publish(Daemon("web", "1"));
  const auto follower = Follow();
  follower->Next(2);
  registry_.Publish(Daemon("web", "2"));
  const auto again = Follow({}, follower->last().resume_token());
  EXPECT_THAT(again->Next(2), ElementsAre("2 web=2", "2 synced"));
  registry_.Publish(Daemon("web", "3"));
  EXPECT_EQ(again->Next(), "3 web=3");
}

TEST_F(WatchTest, BadTokenIsAnError) {
  EXPECT_EQ(Follow({}, "x")->Next(), absl::StrCat("the end: ", grpc::StatusCode::INVALID_ARGUMENT));
  EXPECT_EQ(Follow({}, "0123456789abcdef-5")->Next(),
            absl::StrCat("the end: ", grpc::StatusCode::OUT_OF_RANGE));
}

TEST_F(WatchTest, EndsAfterTheLastChangeWithTheServer) {
  const auto follower = Follow();
  EXPECT_EQ(follower->Next(), "0 synced");
  registry_.Publish(Daemon("web", "down"));
  notifier_.End();
  EXPECT_THAT(follower->Next(2),
              ElementsAre("1 web=down", absl::StrCat("the end: ", grpc::StatusCode::UNAVAILABLE)));
  EXPECT_THAT(Follow()->Next(3),
              ElementsAre("1 web=down", "1 synced",
                          absl::StrCat("the end: ", grpc::StatusCode::UNAVAILABLE)));
}

TEST_F(WatchTest, SettingTheWallClockMovesTimes) {
  auto daemon = std::make_shared<DaemonSnapshot>(*Daemon("web", "up"));
  daemon->start_time = absl::FromUnixSeconds(1000);
  registry_.Publish(daemon);
  const auto follower = Follow();
  follower->Next();
  EXPECT_EQ(follower->last().daemon().start_time().seconds(), 1000);
  EXPECT_EQ(follower->Next(), "1 synced");
  clock_.JumpWall(absl::Seconds(50));
  registry_.Publish(std::make_shared<DaemonSnapshot>(*daemon));
  EXPECT_EQ(follower->Next(), "2 web=up");
  EXPECT_EQ(follower->last().daemon().start_time().seconds(), 1050);
}

TEST_F(WatchTest, ClientsMayLeaveAtAnyTime) {
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([this, i] {
      for (int j = 0; j < 50; ++j) {
        const auto follower = Follow();
        follower->Next((i + j) % 5 + 1);
      }
    });
  }
  for (int i = 0; i < 5000; ++i) registry_.Publish(Daemon(absl::StrCat("d", i % 10), "changed"));
  // Publishes the changes that clients still wait for.
  std::thread publisher([this] {
    while (!notifier_.ended()) registry_.Publish(Daemon("web", "again"));
  });
  for (std::thread& client : clients) client.join();
  notifier_.End();
  publisher.join();
}

// ---- The health service.

class HealthTest : public RpcServerTest {
 protected:
  // Returns the serving status ("SERVING" etc.), or the error code as a number.
  std::string Check(const std::string& service) {
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    const grpc::Status status = health_->Check(&context, request, &response);
    if (!status.ok()) return std::to_string(status.error_code());
    return HealthCheckResponse::ServingStatus_Name(response.status());
  }

  // Reads a Watch call one response at a time.
  class Follower {
   public:
    Follower(HealthStub& stub, const std::string& service) {
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
};

TEST_F(HealthTest, AnsweringServerIsServing) {
  EXPECT_EQ(Check(""), "SERVING");
  EXPECT_EQ(Check("hob.v1.Supervisor"), "SERVING");
}

TEST_F(HealthTest, OnlyRunningAndReadyDaemonsAreServing) {
  for (DaemonState state : kAllDaemonStates) {
    for (bool ready : {false, true}) {
      registry_.Publish(Daemon(state, ready));
      EXPECT_EQ(Check("web"), state == DaemonState::kRunning && ready ? "SERVING" : "NOT_SERVING");
    }
  }
}

TEST_F(HealthTest, UnknownServiceIsNotFound) {
  EXPECT_EQ(Check("web"), std::to_string(grpc::StatusCode::NOT_FOUND));
  EXPECT_EQ(Check("hob.v1"), std::to_string(grpc::StatusCode::NOT_FOUND));
}

TEST_F(HealthTest, ServerThatShutsDownIsNotServing) {
  Follower follower(*health_, "hob.v1.Supervisor");
  EXPECT_EQ(follower.Next(), "SERVING");
  handlers_.BeginShutDown();
  EXPECT_EQ(follower.Next(), "NOT_SERVING");
  EXPECT_EQ(Check(""), "NOT_SERVING");
  notifier_.End();
  EXPECT_EQ(follower.Next(), "the end");
}

TEST_F(HealthTest, WatchReportsEveryStatusChangeOnce) {
  Follower follower(*health_, "web");
  EXPECT_EQ(follower.Next(), "SERVICE_UNKNOWN");
  registry_.Publish(Daemon(DaemonState::kStarting, false));
  EXPECT_EQ(follower.Next(), "NOT_SERVING");
  registry_.Publish(Daemon(DaemonState::kRunning, true));
  EXPECT_EQ(follower.Next(), "SERVING");
  registry_.Publish(Daemon(DaemonState::kRunning, true));
  registry_.Remove("web");
  EXPECT_EQ(follower.Next(), "SERVICE_UNKNOWN");
}

// ---- Unknown methods and malformed requests.

class BadCallTest : public RpcServerTest {
 protected:
  // Sends `bytes` as the request and returns the resulting status.
  grpc::Status Call(const std::string& method, const std::string& bytes) {
    grpc::GenericStub stub(channel_);
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const grpc::Slice slice(bytes);
    const auto call = stub.PrepareUnaryCall(&context, method, grpc::ByteBuffer(&slice, 1), &queue);
    grpc::ByteBuffer response;
    grpc::Status status;
    call->StartCall();
    call->Finish(&response, &status, nullptr);
    void* tag;
    bool ok;
    EXPECT_TRUE(queue.Next(&tag, &ok));
    return status;
  }
};

TEST_F(BadCallTest, MalformedRequestReachesNoMethod) {
  for (const char* method :
       {"grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch", "hob.v1.Supervisor/List",
        "hob.v1.Supervisor/Status", "hob.v1.Supervisor/Watch"}) {
    for (const std::string& bytes :
         {std::string("\x0a\x05we"), std::string("\x0a\x02\xff\xfe"), std::string(1000000, '\x1b'),
          std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")}) {
      const grpc::Status status = Call(absl::StrCat("/", method), bytes);
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << method;
      EXPECT_THAT(status.error_message(), HasSubstr("cannot be parsed"));
      EXPECT_THAT(status.error_details(), HasSubstr("MALFORMED_REQUEST"));
    }
  }
  EXPECT_EQ(calls_, 0);
}

TEST_F(BadCallTest, AnswersToValidRequestsAreUnchanged) {
  EXPECT_TRUE(Call("/hob.v1.Supervisor/List", "").ok());
  EXPECT_TRUE(Call("/grpc.health.v1.Health/Check", "").ok());
  EXPECT_EQ(Call("/hob.v1.Supervisor/Status", "\x0a\x03web").error_code(),
            grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Call("/hob.v1.Supervisor/Logs", "").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(calls_, 3);
}

TEST_F(BadCallTest, ErrorNamesUnknownMethodAndVersion) {
  const grpc::Status status = Call("/hob.v1.Supervisor/Frobnicate", "");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(status.error_message(), HasSubstr("has no method /hob.v1.Supervisor/Frobnicate"));
  EXPECT_THAT(status.error_message(), HasSubstr("may be older than the client"));
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "UNKNOWN_METHOD");
  EXPECT_EQ(info.metadata().at("method"), "/hob.v1.Supervisor/Frobnicate");
}

TEST_F(BadCallTest, ErrorNamesUnknownService) {
  EXPECT_THAT(Call("/x.Y/Z", "").error_message(), HasSubstr("has no method /x.Y/Z"));
  EXPECT_THAT(Call("/grpc.health.v1.Health/Other", "").error_message(), HasSubstr("Health/Other"));
}

// ---- Calls completed from another thread.

// Leaves every Stop call pending until the test completes it.
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

  // Blocks until a call arrives; hands the call to the test.
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

TEST_F(PendingCallTest, OutcomeMayComeFromAnotherThread) {
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

TEST_F(PendingCallTest, LeavingClientEndsTheCallAndTheOutcomeIsIgnored) {
  context_.TryCancel();
  client_.join();
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::CANCELLED);
  // A server that has shut down has seen the cancellation.
  server_->Shutdown();
  server_->Wait();
  call_->Complete([]() -> grpc::Status {
    ADD_FAILURE() << "the response is gone";
    return grpc::Status::OK;
  });
}

TEST_F(PendingCallTest, ReleasesAFinishedCall) {
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
