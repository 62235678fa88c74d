#include "server/supervisor/thread_worker.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>

#include "absl/synchronization/notification.h"
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
    context_.waits = &waits_;
    spec_.name = "web";
    spec_.argv = {"/bin/web"};
  }

  std::unique_ptr<Worker> Create() {
    return ThreadWorker::Create(std::make_shared<const DaemonSpec>(spec_), context_).value();
  }

  static Answer Post(Worker& worker, Kind kind) {
    Answer answer;
    Command command(kind, Caller::Server());
    command.done = answer.Taker();
    worker.Post(std::move(command), NoRoom("too late"));
    return answer;
  }

  FakeSpawner spawner_{Clock::Real(), FakeSpawner::Wakes::kByDescriptor};
  RestartThrottle throttle_{StartBudget::Options()};
  Registry registry_;
  Journal journal_;
  ChangeWaits waits_;
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
  // This answer comes from the thread that is about to end.
  Answer last;
  Answer late;
  Command remove(Kind::kRemove, Caller::Server());
  remove.done = [&](const absl::StatusOr<DaemonSnapshotPtr>&) {
    Command command(Kind::kStart, Caller::Server());
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

// Throws in the first spawn, as a defect of hobd or a lack of memory would.
class ThrowingSpawner : public FakeSpawner {
 public:
  using FakeSpawner::FakeSpawner;

  SpawnResult Spawn(const SpawnRequest& request) override {
    if (thrown_.HasBeenNotified()) return FakeSpawner::Spawn(request);
    thrown_.Notify();
    throw std::length_error("basic_string::resize");
  }
  void WaitUntilItThrows() const { thrown_.WaitForNotification(); }

 private:
  absl::Notification thrown_;
};

TEST_F(ThreadWorkerTest, AnExceptionEndsNeitherTheServerNorTheWorker) {
  ThrowingSpawner spawner(Clock::Real(), FakeSpawner::Wakes::kByDescriptor);
  context_.spawner = &spawner;
  const std::unique_ptr<Worker> worker = Create();
  const Answer start = Post(*worker, Kind::kStart);
  spawner.WaitUntilItThrows();
  const Answer stop = Post(*worker, Kind::kStop);
  ASSERT_TRUE(start.Await());
  ASSERT_TRUE(stop.Await());
  const Answer again = Post(*worker, Kind::kRestart);
  ASSERT_TRUE(again.Await());
  EXPECT_EQ(again.InAWord(), "OK");
  EXPECT_EQ(registry_.Find("web")->state, DaemonState::kRunning);
  const Answer end = Post(*worker, Kind::kShutDown);
  ASSERT_TRUE(end.Await());
  EXPECT_EQ(spawner.Alive("web"), 0);
}

TEST_F(ThreadWorkerTest, ADeadlineWakesTheWorker) {
  spec_.start_time = absl::Milliseconds(1);
  const std::unique_ptr<Worker> worker = Create();
  const Answer start = Post(*worker, Kind::kStart);
  EXPECT_TRUE(start.Await());
  EXPECT_EQ(start.InAWord(), "OK");
  Post(*worker, Kind::kShutDown);
}

// A worker whose thread is asleep, with nothing left to do.
class SleepingWorkerTest : public ThreadWorkerTest {
 protected:
  // Starts the daemon and waits until its thread is asleep.
  std::unique_ptr<Worker> CreateUp() {
    const std::set<std::string> before = Threads();
    std::unique_ptr<Worker> worker = Create();
    const Answer start = Post(*worker, Kind::kStart);
    EXPECT_TRUE(start.Await());
    for (const std::string& thread : Threads()) {
      while (before.count(thread) == 0 && !Sleeps(thread)) sched_yield();
    }
    return worker;
  }

 private:
  static std::set<std::string> Threads() {
    std::set<std::string> threads;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
      threads.insert(entry.path().filename());
    }
    return threads;
  }

  static bool Sleeps(const std::string& thread) {
    std::ifstream file("/proc/self/task/" + thread + "/syscall");
    int call = -1;
    return file >> call && call == SYS_ppoll;
  }
};

TEST_F(SleepingWorkerTest, ACommandPostedBeforeTheShutdownComesFirst) {
  const std::unique_ptr<Worker> worker = CreateUp();
  const Answer stop = Post(*worker, Kind::kStop);
  const Answer end = Post(*worker, Kind::kShutDown);
  ASSERT_TRUE(stop.Await());
  ASSERT_TRUE(end.Await());
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(end.InAWord(), "OK");
}

TEST_F(SleepingWorkerTest, ADeadlineOfTheShutdownWakesIt) {
  spec_.stop_timeout = absl::Milliseconds(1);
  FakeProgram stubborn;
  stubborn.survives = {SIGTERM};
  spawner_.SetProgram(stubborn);
  const std::unique_ptr<Worker> worker = CreateUp();
  const Answer end = Post(*worker, Kind::kShutDown);
  ASSERT_TRUE(end.Await()) << "it was killed when its time was up";
  EXPECT_EQ(end.InAWord(), "OK");
  EXPECT_EQ(spawner_.Alive("web"), 0);
}

TEST_F(SleepingWorkerTest, AShutdownWithNothingToStopEndsIt) {
  const std::unique_ptr<Worker> worker = CreateUp();
  ASSERT_TRUE(Post(*worker, Kind::kStop).Await());
  const Answer end = Post(*worker, Kind::kShutDown);
  ASSERT_TRUE(end.Await());
  while (!worker->HasEnded()) sched_yield();
}

}  // namespace
}  // namespace hob
