// Uses real configuration files and real worker threads on a fake kernel.
#include "server/supervisor/reloader.h"

#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/errors/errors.h"
#include "server/process/testing/fake_spawner.h"

namespace hob {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Records the answer to a reload. Thread-safe.
class Outcome {
 public:
  Reloader::Done Taker() {
    return [shared = shared_](const absl::StatusOr<Reloader::Outcome>& outcome) {
      absl::MutexLock lock(&shared->mu);
      ++shared->count;
      shared->outcome = outcome;
    };
  }

  absl::StatusOr<Reloader::Outcome> Await() {
    absl::MutexLock lock(&shared_->mu);
    EXPECT_TRUE(shared_->mu.AwaitWithTimeout(absl::Condition(shared_.get(), &Shared::HasCome),
                                             absl::Seconds(30)));
    EXPECT_EQ(shared_->count, 1);
    return shared_->outcome;
  }

 private:
  struct Shared {
    bool HasCome() const { return count > 0; }

    absl::Mutex mu;
    int count = 0;
    absl::StatusOr<Reloader::Outcome> outcome;
  };

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

class ReloaderTest : public testing::Test {
 protected:
  ReloaderTest() {
    context_.clock = &Clock::Real();
    context_.spawner = &spawner_;
    context_.throttle = &throttle_;
    context_.registry = &registry_;
    context_.journal = &journal_;
    context_.waits = &waits_;
    Write("[os_daemons]\nweb = /bin/true\n");
    LoadedConfig loaded = LoadConfig({path_});
    EXPECT_TRUE(loaded.ok()) << loaded.errors.front().ToString();
    supervisor_ = std::make_unique<Supervisor>(context_, std::move(loaded.config));
    EXPECT_TRUE(supervisor_->Populate().ok());
    Reloader::Options options;
    options.load = [this] { return LoadConfig({path_}); };
    options.begins = [this] { ++begun_; };
    options.ends = [this] { ++ended_; };
    reloader_ = std::make_unique<Reloader>(std::move(options), *supervisor_, journal_);
    reloader_->Start();
  }

  ~ReloaderTest() override {
    BeginShutDown();
    supervisor_->KillAll();
    EXPECT_TRUE(all_gone_->WaitForNotificationWithTimeout(absl::Seconds(30)));
    reloader_ = nullptr;
    supervisor_ = nullptr;
    unlink(path_.c_str());
  }

  // May be called more than once.
  void BeginShutDown() {
    supervisor_->BeginShutDown([gone = all_gone_](bool) { gone->Notify(); });
  }

  void Write(const std::string& text) { std::ofstream(path_) << text; }

  absl::StatusOr<Reloader::Outcome> Reload(bool dry_run) {
    Outcome outcome;
    reloader_->Request(dry_run, outcome.Taker());
    return outcome.Await();
  }

  const std::string path_ = testing::TempDir() + "/reloader.ini";
  const std::shared_ptr<absl::Notification> all_gone_ = std::make_shared<absl::Notification>();
  FakeSpawner spawner_{Clock::Real(), FakeSpawner::Wakes::kByDescriptor};
  RestartThrottle throttle_{StartBudget::Options()};
  Registry registry_;
  Journal journal_;
  ChangeWaits waits_;
  DaemonRunner::Context context_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<Reloader> reloader_;
  // Written by the reloader's thread; read only after an outcome has arrived.
  int begun_ = 0;
  int ended_ = 0;
};

TEST_F(ReloaderTest, AReloadCarriesTheDifferenceOut) {
  Write("[os_daemons]\nweb = /bin/true\ndb = /bin/true\n");
  const absl::StatusOr<Reloader::Outcome> outcome = Reload(/*dry_run=*/false);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->generation, 2);
  ASSERT_THAT(outcome->plan.daemons, SizeIs(2));
  EXPECT_EQ(outcome->plan.daemons[0].action, PlanAction::kAdd);
  EXPECT_EQ(outcome->plan.daemons[1].action, PlanAction::kUnchanged);
  EXPECT_THAT(outcome->errors, IsEmpty());
  EXPECT_EQ(spawner_.Spawned("db"), 1) << "it answers when every start was tried";
  EXPECT_EQ(begun_, 1);
  EXPECT_EQ(ended_, 1);
}

TEST_F(ReloaderTest, WarningsAreToldWithThePlanAndKeepNothingFromTakingEffect) {
  Write("[os_daemons]\nweb = /bin/true\ndb = /bin/treu\n");
  for (const bool dry_run : {true, false}) {
    const absl::StatusOr<Reloader::Outcome> outcome = Reload(dry_run);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    ASSERT_THAT(outcome->warnings, SizeIs(1));
    EXPECT_EQ(outcome->warnings[0].line, 3);
    EXPECT_THAT(outcome->warnings[0].message, HasSubstr("/bin/treu"));
    EXPECT_EQ(outcome->generation, dry_run ? 1 : 2);
  }
}

TEST_F(ReloaderTest, FailedStartsAreToldWithTheOutcome) {
  spawner_.SetMissing("/bin/true", true);
  Write("[os_daemons]\nweb = /bin/true\ndb = /bin/true\n");
  const absl::StatusOr<Reloader::Outcome> outcome = Reload(/*dry_run=*/false);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(outcome->outcomes.at("db").failure, HasSubstr("/bin/true: No such file"));
  EXPECT_TRUE(reloader_->record().last_succeeded) << "the configuration was taken";
}

TEST_F(ReloaderTest, OneErrorLeavesEverythingAsItIs) {
  Write("[os_daemons]\nweb = /bin/true\ndb = /bin/true\n[daemon:db]\nnice = very\nnise = 1\n");
  const absl::StatusOr<Reloader::Outcome> outcome = Reload(/*dry_run=*/false);
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorReason(outcome.status()).reason, "INVALID_CONFIG");
  EXPECT_EQ(GetErrorReason(outcome.status()).metadata.at("errors"), "2");
  EXPECT_THAT(std::string(outcome.status().message()), HasSubstr(path_ + ":5: "));
  EXPECT_THAT(registry_.All(), SizeIs(1));
  EXPECT_EQ(supervisor_->generation(), 1);
  EXPECT_EQ(ended_, 1);
}

TEST_F(ReloaderTest, TheRecordTellsHowReloadsEndedAndNothingOfDryRuns) {
  EXPECT_TRUE(Reload(/*dry_run=*/true).ok());
  EXPECT_TRUE(reloader_->record().last_succeeded) << "there was none";
  EXPECT_FALSE(reloader_->record().last_time.has_value());
  EXPECT_TRUE(Reload(/*dry_run=*/false).ok());
  const absl::optional<absl::Time> success = reloader_->record().last_time;
  EXPECT_TRUE(success.has_value());
  Write("nonsense\n");
  EXPECT_FALSE(Reload(/*dry_run=*/false).ok());
  const Reloader::Record record = reloader_->record();
  EXPECT_EQ(record.succeeded, 1);
  EXPECT_EQ(record.failed, 1);
  EXPECT_FALSE(record.last_succeeded);
  EXPECT_EQ(record.last_success_time, success);
  EXPECT_GE(*record.last_time, *success);
}

TEST_F(ReloaderTest, ADryRunSaysWhatWouldBeDoneAndDoesNothing) {
  Write("[os_daemons]\ndb = /bin/true\n");
  const absl::StatusOr<Reloader::Outcome> outcome = Reload(/*dry_run=*/true);
  ASSERT_TRUE(outcome.ok());
  ASSERT_THAT(outcome->plan.daemons, SizeIs(2));
  EXPECT_EQ(outcome->plan.daemons[1].action, PlanAction::kRemove);
  EXPECT_EQ(outcome->generation, 1);
  EXPECT_NE(registry_.Find("web"), nullptr);
  EXPECT_EQ(registry_.Find("db"), nullptr);
  EXPECT_EQ(begun_, 0) << "nobody is told of a reload that is none";
}

TEST_F(ReloaderTest, ADryRunAnswersOKWithAllErrors) {
  Write("[os_daemons]\nweb = true\nnonsense\n");
  const absl::StatusOr<Reloader::Outcome> outcome = Reload(/*dry_run=*/true);
  ASSERT_TRUE(outcome.ok());
  ASSERT_THAT(outcome->errors, SizeIs(2));
  EXPECT_EQ(outcome->errors[0].line, 2);
  EXPECT_EQ(outcome->errors[1].line, 3);
  EXPECT_THAT(outcome->plan.daemons, IsEmpty());
}

// A daemon that survives TERM keeps a reload under way.
class SlowReloaderTest : public ReloaderTest {
 protected:
  SlowReloaderTest() {
    FakeProgram program;
    program.survives = {SIGTERM};
    spawner_.SetProgram(program);
    supervisor_->Boot();
    EXPECT_TRUE(spawner_.AwaitSpawned("web", 1));
    spawner_.SetProgram(FakeProgram());
    Write("[os_daemons]\ndb = /bin/true\n");
    reloader_->Request(/*dry_run=*/false, first_.Taker());
    EXPECT_TRUE(spawner_.AwaitSignal("web", SIGTERM));
  }

  Outcome first_;
};

TEST_F(SlowReloaderTest, WhatIsAskedForMeanwhileIsCarriedOutAsOne) {
  std::vector<Outcome> others(20);
  for (Outcome& other : others) reloader_->Request(/*dry_run=*/false, other.Taker());
  spawner_.End("web", ExitedWithCode{0});
  EXPECT_EQ(first_.Await()->generation, 2);
  for (Outcome& other : others) EXPECT_EQ(other.Await()->generation, 3);
  EXPECT_EQ(begun_, 2);
}

TEST_F(SlowReloaderTest, AShutDownAnswersAllWhoWait) {
  Outcome second;
  reloader_->Request(/*dry_run=*/false, second.Taker());
  BeginShutDown();
  spawner_.End("web", ExitedWithCode{0});
  reloader_ = nullptr;
  EXPECT_EQ(GetErrorReason(first_.Await().status()).reason, "SHUTTING_DOWN");
  EXPECT_EQ(GetErrorReason(second.Await().status()).reason, "SHUTTING_DOWN");
  EXPECT_EQ(spawner_.Spawned("db"), 0);
}

}  // namespace
}  // namespace hob
