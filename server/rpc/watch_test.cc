// Watch over a real (in-process) channel.
#include "server/rpc/watch.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/clock/simulated_clock.h"

namespace hob {
namespace {

using ::testing::ElementsAre;

DaemonSnapshotPtr Daemon(const std::string& name, const std::string& reason) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = name;
  auto snapshot = std::make_shared<DaemonSnapshot>();
  snapshot->spec = std::move(spec);
  snapshot->reason = reason;
  snapshot->runs = std::make_shared<const EndedRuns>();
  return snapshot;
}

class Service : public v1::Supervisor::CallbackService {
 public:
  Service(const Registry& registry, ChangeNotifier& notifier, const Clock& clock)
      : registry_(registry), notifier_(notifier), clock_(clock) {}

  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(grpc::CallbackServerContext*,
                                                     const v1::WatchRequest* request) override {
    return ::hob::Watch(registry_, notifier_, *request, clock_);
  }

 private:
  const Registry& registry_;
  ChangeNotifier& notifier_;
  const Clock& clock_;
};

// A Watch that is read as it comes.
class Follower {
 public:
  Follower(v1::Supervisor::Stub& stub, const v1::WatchRequest& request)
      : reader_(stub.Watch(&context_, request)) {}
  ~Follower() {
    if (!over_) End();
  }

  // "3 web=up", "3 -web", "3 synced", "3 gap 7"; the code of the status at the end.
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

class WatchTest : public ::testing::Test {
 protected:
  WatchTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::Supervisor::NewStub(server_->InProcessChannel({}));
  }

  ~WatchTest() override {
    notifier_.End();
    server_->Shutdown();
  }

  std::unique_ptr<Follower> Follow(const std::vector<std::string>& names = {},
                                   const std::string& token = "") {
    v1::WatchRequest request;
    for (const std::string& name : names) request.add_names(name);
    request.set_resume_token(token);
    return std::make_unique<Follower>(*stub_, request);
  }

  Registry registry_;
  ChangeNotifier notifier_{registry_};
  SimulatedClock clock_;
  Service service_{registry_, notifier_, clock_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::Supervisor::Stub> stub_;
};

TEST_F(WatchTest, SnapshotMarkerAndThenChangesAsTheyCome) {
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

TEST_F(WatchTest, GlobsChoose) {
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

TEST_F(WatchTest, ABadTokenIsAnError) {
  EXPECT_EQ(Follow({}, "x")->Next(), absl::StrCat("the end: ", grpc::StatusCode::INVALID_ARGUMENT));
  EXPECT_EQ(Follow({}, "0123456789abcdef-5")->Next(),
            absl::StrCat("the end: ", grpc::StatusCode::OUT_OF_RANGE));
}

TEST_F(WatchTest, TheEndOfTheServerComesAfterTheLastChange) {
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

TEST_F(WatchTest, TimesMoveWhenTheWallClockIsSet) {
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

TEST_F(WatchTest, ClientsMayGoAtAnyTime) {
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
  // What they still wait for.
  std::thread publisher([this] {
    while (!notifier_.ended()) registry_.Publish(Daemon("web", "again"));
  });
  for (std::thread& client : clients) client.join();
  notifier_.End();
  publisher.join();
}

}  // namespace
}  // namespace hob
