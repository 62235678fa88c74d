#include "server/supervisor/thread_worker.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/errors/errors.h"
#include "server/process/testing/fake_spawner.h"
#include "server/supervisor/testing/answers.h"

namespace hob {
namespace {

using Kind = Command::Kind;

class ThreadWorkerTest : public testing::Test {
 protected:
  ThreadWorkerTest() {
    context_.clock = &Clock::Real();
    context_.spawner = &spawner_;
    context_.throttle = &throttle_;
    context_.registry = &registry_;
    context_.journal = &journal_;
    spec_.name = "web";
    spec_.argv = {"/bin/web"};
  }

  std::unique_ptr<Worker> Create() {
    return ThreadWorker::Create(std::make_shared<const DaemonSpec>(spec_), context_).value();
  }

  static Answer Post(Worker& worker, Kind kind) {
    Answer answer;
    Command command;
    command.kind = kind;
    command.done = answer.Taker();
    worker.Post(std::move(command), NoRoom("too late"));
    return answer;
  }

  FakeSpawner spawner_{Clock::Real(), FakeSpawner::Wakes::kByDescriptor};
  RestartThrottle throttle_{StartBudget::Options()};
  Registry registry_;
  Journal journal_;
  DaemonRunner::Context context_;
  DaemonSpec spec_;
};

TEST_F(ThreadWorkerTest, TheDaemonIsKnownBeforeCreateReturns) {
  const std::unique_ptr<Worker> worker = Create();
  ASSERT_NE(registry_.Find("web"), nullptr);
  EXPECT_EQ(registry_.Find("web")->state, DaemonState::kStopped);
  Post(*worker, Kind::kShutDown);
}

TEST_F(ThreadWorkerTest, CommandsAreCarriedOutInTheirOrder) {
  const std::unique_ptr<Worker> worker = Create();
  const Answer start = Post(*worker, Kind::kStart);
  ASSERT_TRUE(start.Await());
  const Answer stop = Post(*worker, Kind::kStop);
  const Answer again = Post(*worker, Kind::kStart);
  const Answer end = Post(*worker, Kind::kShutDown);
  ASSERT_TRUE(end.Await());
  EXPECT_EQ(start.InAWord(), "OK");
  EXPECT_EQ(stop.InAWord(), "OK");
  ASSERT_TRUE(again.Await());
  EXPECT_THAT(again.InAWord(), testing::AnyOf("OK", "SHUTTING_DOWN"));
  EXPECT_EQ(spawner_.Alive("web"), 0);
}

TEST_F(ThreadWorkerTest, AfterTheEndWhoeverComesIsRefusedAtOnce) {
  std::unique_ptr<Worker> worker = Create();
  // Its answer comes from the thread that is about to end.
  Answer last;
  Answer late;
  Command remove;
  remove.kind = Kind::kRemove;
  remove.done = [&](const absl::StatusOr<DaemonSnapshotPtr>&) {
    Command command;
    command.done = late.Taker();
    worker->Post(std::move(command), NoRoom("not reached: the mailbox is still open"));
    last.Taker()(registry_.Find("web"));
  };
  worker->Post(std::move(remove), absl::OkStatus());
  ASSERT_TRUE(last.Await());
  ASSERT_TRUE(late.Await());
  EXPECT_EQ(late.InAWord(), "DAEMON_NOT_FOUND")
      << "it was a removal, the server does not shut down";
}

TEST_F(ThreadWorkerTest, ADeadlineWakesTheWorker) {
  spec_.start_time = absl::Milliseconds(1);
  const std::unique_ptr<Worker> worker = Create();
  const Answer start = Post(*worker, Kind::kStart);
  EXPECT_TRUE(start.Await());
  EXPECT_EQ(start.InAWord(), "OK");
  Post(*worker, Kind::kShutDown);
}

}  // namespace
}  // namespace hob
