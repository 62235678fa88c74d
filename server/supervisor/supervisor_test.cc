// Uses real worker threads on a fake kernel. Waits for answers and for events of the fake kernel,
// never for time.
#include "server/supervisor/supervisor.h"

#include <signal.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/process/testing/fake_spawner.h"
#include "server/supervisor/testing/answers.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Command::Kind;

DaemonSpec Spec(const std::string& name) {
  DaemonSpec spec;
  spec.name = name;
  spec.argv = {"/bin/" + name};
  return spec;
}

Config ConfigOf(const std::vector<DaemonSpec>& specs) {
  Config config;
  for (const DaemonSpec& spec : specs) {
    config.daemons[spec.name] = std::make_shared<const DaemonSpec>(spec);
  }
  return config;
}

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() {
    context_.clock = &Clock::Real();
    context_.spawner = &spawner_;
    context_.throttle = &throttle_;
    context_.registry = &registry_;
    context_.journal = &journal_;
    context_.waits = &waits_;
  }

  ~SupervisorTest() override {
    if (supervisor_ == nullptr) return;
    spawner_.Unhang();
    BeginShutDown();
    supervisor_->KillAll();
    EXPECT_TRUE(all_gone_->WaitForNotificationWithTimeout(absl::Seconds(30)));
    supervisor_ = nullptr;
    EXPECT_EQ(spawner_.abandoned(), 0);
  }

  void BeginShutDown() {
    supervisor_->BeginShutDown([this](bool all_gone) {
      ended_whole_ = all_gone;
      all_gone_->Notify();
    });
  }

  void Populate(const std::vector<DaemonSpec>& specs) {
    supervisor_ = std::make_unique<Supervisor>(context_, ConfigOf(specs));
    ASSERT_TRUE(supervisor_->Populate().ok());
  }

  void Boot(const std::vector<DaemonSpec>& specs) {
    Populate(specs);
    supervisor_->Boot();
    for (const DaemonSpec& spec : specs) {
      if (spec.autostart) {
        ASSERT_TRUE(spawner_.AwaitSpawned(spec.name, 1));
      }
    }
  }

  Answer Post(const std::string& name, Kind kind) {
    return Post(name, Command(kind, Caller::Server()));
  }
  Answer Post(const std::string& name, Command command) {
    Answer answer;
    command.done = answer.Taker();
    supervisor_->Post(name, std::move(command));
    return answer;
  }
  std::string Do(const std::string& name, Kind kind) {
    const Answer answer = Post(name, kind);
    return answer.Await() ? answer.InAWord() : "no answer";
  }

  std::vector<std::string> KnownNames() {
    std::vector<std::string> names;
    for (const DaemonSnapshotPtr& daemon : registry_.All()) names.push_back(daemon->name());
    return names;
  }
  DaemonState StateOf(const std::string& name) { return registry_.Find(name)->state; }

  FakeProgram Deaf() {
    FakeProgram program;
    program.survives = {SIGTERM};
    return program;
  }

  // The argument of the shutdown's `done`.
  bool ended_whole_ = false;
  // Shared with `done`, so that it outlives the supervisor and its last call.
  const std::shared_ptr<absl::Notification> all_gone_ = std::make_shared<absl::Notification>();
  FakeSpawner spawner_{Clock::Real(), FakeSpawner::Wakes::kByDescriptor};
  RestartThrottle throttle_{StartBudget::Options()};
  Registry registry_;
  Journal journal_;
  ChangeWaits waits_;
  DaemonRunner::Context context_;
  std::unique_ptr<Supervisor> supervisor_;
};

TEST_F(SupervisorTest, PopulateMakesEveryDaemonKnownAndStartsNone) {
  Populate({Spec("db"), Spec("web")});
  EXPECT_THAT(KnownNames(), ElementsAre("db", "web"));
  EXPECT_EQ(StateOf("web"), DaemonState::kStopped);
  EXPECT_THAT(spawner_.requests(), IsEmpty());
  EXPECT_EQ(supervisor_->generation(), 1);
}

TEST_F(SupervisorTest, BootStartsWhatIsToStartByItself) {
  DaemonSpec manual = Spec("manual");
  manual.autostart = false;
  Boot({Spec("db"), manual, Spec("web")});
  EXPECT_EQ(Do("manual", Kind::kStop), "OK");
  EXPECT_EQ(spawner_.Spawned("manual"), 0);
  EXPECT_EQ(registry_.Find("manual")->reason, "not started: autostart = no");
}

TEST_F(SupervisorTest, ACrashWakesTheWorkerWhichRestarts) {
  Boot({Spec("web")});
  ASSERT_EQ(Do("web", Kind::kStart), "OK");
  ASSERT_TRUE(spawner_.End("web", ExitedWithCode{1}));
  ASSERT_TRUE(spawner_.AwaitSpawned("web", 2));
  EXPECT_EQ(Do("web", Kind::kStart), "OK");
  EXPECT_EQ(registry_.Find("web")->counts.restarts, 1);
}

TEST_F(SupervisorTest, CommandsReachTheirDaemonAndAnswer) {
  Boot({Spec("db"), Spec("web")});
  EXPECT_EQ(Do("web", Kind::kStop), "OK");
  EXPECT_EQ(StateOf("web"), DaemonState::kStopped);
  EXPECT_EQ(Do("web", Kind::kStart), "OK");
  EXPECT_EQ(Do("web", Kind::kRestart), "OK");
  EXPECT_EQ(spawner_.Spawned("web"), 3);
  EXPECT_EQ(spawner_.Spawned("db"), 1);
  EXPECT_EQ(spawner_.MostAliveAtOnce("web"), 1);
}

TEST_F(SupervisorTest, CommandsOfManyThreadsAreEachAnsweredOnce) {
  Boot({Spec("web")});
  constexpr int kThreads = 4;
  constexpr int kCommands = 50;
  std::vector<std::vector<Answer>> answers(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &mine = answers[t]] {
      const Kind kinds[] = {Kind::kStart, Kind::kStop, Kind::kRestart};
      for (int i = 0; i < kCommands; ++i) mine.push_back(Post("web", kinds[(t + i) % 3]));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<Answer>& mine : answers) {
    for (const Answer& answer : mine) {
      ASSERT_TRUE(answer.Await());
      EXPECT_EQ(answer.count(), 1);
      EXPECT_THAT(answer.InAWord(), testing::AnyOf("OK", "OVERTAKEN"));
    }
  }
  EXPECT_EQ(spawner_.MostAliveAtOnce("web"), 1);
}

TEST_F(SupervisorTest, AnUnknownNameIsAnsweredWithNearNames) {
  Populate({Spec("db"), Spec("web"), Spec("web2")});
  const Answer answer = Post("wev", Kind::kStart);
  ASSERT_TRUE(answer.Await());
  EXPECT_EQ(answer.InAWord(), "DAEMON_NOT_FOUND");
  EXPECT_EQ(GetErrorReason(answer.status()).metadata.at("near"), "web web2");
  EXPECT_EQ(GetErrorReason(supervisor_->WhyNotFound("postgres")).metadata.at("near"), "");
}

TEST_F(SupervisorTest, ADaemonThatIsNotFoundIsNotSuggestedInItsOwnPlace) {
  Populate({Spec("web"), Spec("web2")});
  EXPECT_EQ(GetErrorReason(supervisor_->WhyNotFound("web")).metadata.at("near"), "web2");
}

// Reload.

TEST_F(SupervisorTest, ApplyAddsRemovesRestartsUpdatesAndLeavesAlone) {
  Boot({Spec("gone"), Spec("restarted"), Spec("updated"), Spec("same")});
  ASSERT_EQ(Do("restarted", Kind::kStart), "OK");
  ASSERT_EQ(Do("updated", Kind::kStart), "OK");
  ASSERT_EQ(Do("same", Kind::kStart), "OK");
  const pid_t updated_pid = registry_.Find("updated")->pid;
  const pid_t same_pid = registry_.Find("same")->pid;

  DaemonSpec restarted = Spec("restarted");
  restarted.argv.push_back("--new");
  DaemonSpec updated = Spec("updated");
  updated.settings = std::make_shared<const DaemonSettings>(DaemonSettings{{"max_retries", "9"}});
  updated.restart_policy.max_retries = 9;
  DaemonSpec manual = Spec("manual");
  manual.autostart = false;
  const absl::StatusOr<AppliedPlan> applied =
      supervisor_->Apply(ConfigOf({restarted, updated, Spec("same"), Spec("fresh"), manual}));
  ASSERT_TRUE(applied.ok()) << applied.status();

  EXPECT_THAT(KnownNames(), ElementsAre("fresh", "manual", "restarted", "same", "updated"));
  EXPECT_EQ(spawner_.Spawned("fresh"), 1);
  EXPECT_EQ(spawner_.Spawned("manual"), 0);
  EXPECT_EQ(spawner_.Spawned("restarted"), 2);
  EXPECT_EQ(spawner_.Alive("gone"), 0);
  EXPECT_THAT(spawner_.forgotten(), ElementsAre("gone"));
  EXPECT_EQ(registry_.Find("updated")->pid, updated_pid);
  EXPECT_EQ(registry_.Find("updated")->spec->restart_policy.max_retries, 9);
  EXPECT_EQ(registry_.Find("same")->pid, same_pid);
  EXPECT_EQ(supervisor_->generation(), 2);
  EXPECT_EQ(Do("gone", Kind::kStart), "DAEMON_NOT_FOUND");
  EXPECT_EQ(Do("fresh", Kind::kStart), "OK");
}

TEST_F(SupervisorTest, ApplySaysWhichStartsFailed) {
  Boot({Spec("kept"), Spec("updated")});
  ASSERT_EQ(Do("kept", Kind::kStart), "OK");
  const pid_t pid = registry_.Find("kept")->pid;
  DaemonSpec kept = Spec("kept");
  kept.argv = {"/bin/wrong"};
  DaemonSpec updated = Spec("updated");
  updated.settings = std::make_shared<const DaemonSettings>(DaemonSettings{{"max_retries", "9"}});
  spawner_.SetMissing("/bin/wrong", true);
  spawner_.SetMissing("/bin/fresh", true);
  const absl::StatusOr<AppliedPlan> applied =
      supervisor_->Apply(ConfigOf({kept, updated, Spec("fresh"), Spec("good")}));
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(supervisor_->generation(), 2);
  EXPECT_EQ(applied->outcomes.at("kept").failure,
            "'kept' was not restarted: exec: /bin/wrong: No such file or directory; it is still "
            "running with its former configuration");
  EXPECT_EQ(applied->outcomes.at("kept").state, DaemonState::kRunning);
  EXPECT_EQ(registry_.Find("kept")->pid, pid);
  EXPECT_EQ(applied->outcomes.at("fresh").failure,
            "'fresh' did not come up: exec: /bin/fresh: No such file or directory");
  EXPECT_EQ(applied->outcomes.at("good").failure, "");
  EXPECT_EQ(applied->outcomes.at("good").state, DaemonState::kRunning);
  EXPECT_EQ(applied->outcomes.at("updated").failure, "");
}

TEST_F(SupervisorTest, AnUpdateTellsOfNoFailureThatCameBefore) {
  spawner_.SetMissing("/bin/web", true);
  Populate({Spec("web")});
  ASSERT_EQ(Do("web", Kind::kStart), "START_FAILED");
  DaemonSpec updated = Spec("web");
  updated.settings = std::make_shared<const DaemonSettings>(DaemonSettings{{"max_retries", "9"}});
  const absl::StatusOr<AppliedPlan> applied = supervisor_->Apply(ConfigOf({updated}));
  ASSERT_EQ(applied->plan.daemons[0].action, PlanAction::kUpdate);
  EXPECT_EQ(applied->outcomes.at("web").failure, "");
}

TEST_F(SupervisorTest, TheNextReloadTriesWhatCouldNotBeStarted) {
  Boot({Spec("web")});
  ASSERT_EQ(Do("web", Kind::kStart), "OK");
  DaemonSpec changed = Spec("web");
  changed.argv = {"/bin/other"};
  spawner_.SetMissing("/bin/other", true);
  ASSERT_TRUE(supervisor_->Apply(ConfigOf({changed})).ok());
  EXPECT_EQ(spawner_.Spawned("web"), 1);
  const Plan plan = supervisor_->PlanFor(ConfigOf({changed}));
  EXPECT_EQ(plan.daemons[0].action, PlanAction::kRestart);
  EXPECT_THAT(plan.daemons[0].keys, ElementsAre("command"));
  spawner_.SetMissing("/bin/other", false);
  const absl::StatusOr<AppliedPlan> applied = supervisor_->Apply(ConfigOf({changed}));
  EXPECT_EQ(applied->outcomes.at("web").failure, "");
  EXPECT_EQ(spawner_.requests().back().argv[0], "/bin/other");
  EXPECT_EQ(supervisor_->PlanFor(ConfigOf({changed})).daemons[0].action, PlanAction::kUnchanged);
}

TEST_F(SupervisorTest, FilesThatAreRestoredLeaveWhatRunsAloneAndMakeItForgetWhatCouldNotStart) {
  Boot({Spec("web")});
  ASSERT_EQ(Do("web", Kind::kStart), "OK");
  DaemonSpec changed = Spec("web");
  changed.argv = {"/bin/other"};
  spawner_.SetMissing("/bin/other", true);
  ASSERT_TRUE(supervisor_->Apply(ConfigOf({changed})).ok());
  const absl::StatusOr<AppliedPlan> applied = supervisor_->Apply(ConfigOf({Spec("web")}));
  EXPECT_EQ(applied->plan.daemons[0].action, PlanAction::kUnchanged);
  EXPECT_EQ(spawner_.Spawned("web"), 1);
  spawner_.SetMissing("/bin/other", false);
  ASSERT_EQ(Do("web", Kind::kRestart), "OK");
  EXPECT_EQ(spawner_.requests().back().argv[0], "/bin/web");
}

TEST_F(SupervisorTest, WhatAnOperatorHasPutInForceSinceIsNotRestartedAgain) {
  Boot({Spec("web")});
  ASSERT_EQ(Do("web", Kind::kStart), "OK");
  DaemonSpec changed = Spec("web");
  changed.argv = {"/bin/other"};
  spawner_.SetMissing("/bin/other", true);
  ASSERT_TRUE(supervisor_->Apply(ConfigOf({changed})).ok());
  spawner_.SetMissing("/bin/other", false);
  ASSERT_EQ(Do("web", Kind::kRestart), "OK");
  const absl::StatusOr<AppliedPlan> applied = supervisor_->Apply(ConfigOf({changed}));
  EXPECT_EQ(applied->plan.daemons[0].action, PlanAction::kUnchanged);
  EXPECT_EQ(spawner_.Spawned("web"), 2);
}

class RollingTest : public SupervisorTest {
 protected:
  // Returns `count` instances of the set `w` that run the program `path`.
  static std::vector<DaemonSpec> Set(int count, const std::string& path = "/bin/w") {
    std::vector<DaemonSpec> specs;
    for (int i = 1; i <= count; ++i) {
      DaemonSpec spec = Spec(absl::StrCat("w@", i));
      spec.argv = {path};
      spec.instance_of = "w";
      spec.instance = i;
      specs.push_back(std::move(spec));
    }
    return specs;
  }

  // Boots `specs` and waits until all are up.
  void BootUp(const std::vector<DaemonSpec>& specs) {
    Boot(specs);
    for (const DaemonSpec& spec : specs) ASSERT_EQ(Do(spec.name, Kind::kStart), "OK");
  }

  // Rolls the set or daemon `name` to its end. Returns the error's reason, or "OK".
  std::string Roll(const std::string& name, bool outdated_only = false) {
    const absl::StatusOr<std::shared_ptr<const ::hob::Roll>> begun =
        supervisor_->BeginRoll(name, Caller::Server(), outdated_only, nullptr);
    if (!begun.ok()) return GetErrorReason(begun.status()).reason;
    return EndOf(**begun);
  }

  // Waits for the end of a roll. Returns the error's reason, or "OK".
  static std::string EndOf(const ::hob::Roll& roll) {
    while (!roll.over()) std::this_thread::yield();
    const absl::Status end = *roll.ProgressAfter(0).end;
    return end.ok() ? "OK" : GetErrorReason(end).reason;
  }

  std::string ProgramOf(const std::string& name) { return registry_.Find(name)->spec->argv[0]; }
  // Waits until the instance runs with the generation of the configuration.
  void AwaitGeneration(const std::string& name, int64_t generation) {
    while (true) {
      const DaemonSnapshotPtr daemon = registry_.Find(name);
      if (daemon->running_generation == generation && daemon->ready) return;
      std::this_thread::yield();
    }
  }
};

TEST_F(RollingTest, ReplacesEachInstance) {
  BootUp(Set(3));
  EXPECT_EQ(Roll("w"), "OK");
  for (const char* name : {"w@1", "w@2", "w@3"}) EXPECT_EQ(spawner_.Spawned(name), 2);
  EXPECT_EQ(Roll("w@2"), "OK");
  EXPECT_EQ(spawner_.Spawned("w@2"), 3);
  EXPECT_EQ(spawner_.Spawned("w@1"), 2);
}

TEST_F(RollingTest, ARollOfOneInstanceCountsTheOthersToo) {
  spawner_.SetProgram(Deaf());
  BootUp(Set(2));
  const auto first = *supervisor_->BeginRoll("w@1", Caller::Server(), false, nullptr);
  // Answered after the roll's command.
  ASSERT_EQ(Do("w@1", Kind::kRelease), "OK");
  const auto second = *supervisor_->BeginRoll("w@2", Caller::Server(), false, nullptr);
  EXPECT_EQ(EndOf(*first), "OVERTAKEN");
  ASSERT_EQ(Do("w@2", Kind::kRelease), "OK");
  EXPECT_EQ(StateOf("w@1"), DaemonState::kStopping);
  EXPECT_EQ(StateOf("w@2"), DaemonState::kRunning);
  EXPECT_FALSE(second->over());
}

TEST_F(RollingTest, ARequestForOneDaemonNamesTheInstances) {
  BootUp(Set(2));
  EXPECT_EQ(Roll("v"), "DAEMON_NOT_FOUND");
  const Answer stop = Post("w", Kind::kStop);
  EXPECT_EQ(stop.status().message(), "'w' is a set of instances: name one of w@1 to w@2");
  EXPECT_EQ(Post("w@3", Kind::kStop).status().message(),
            "there is no daemon 'w@3'; did you mean w@1 or w@2?");
  EXPECT_EQ(Post("v", Kind::kStop).status().message(), "there is no daemon 'v'; did you mean w?");
}

TEST_F(RollingTest, AReloadThatNeedsNewProcessesRolls) {
  BootUp(Set(2));
  const absl::StatusOr<AppliedPlan> applied = supervisor_->Apply(ConfigOf(Set(2, "/bin/new")));
  ASSERT_TRUE(applied.ok());
  EXPECT_EQ(applied->plan.daemons[0].action, PlanAction::kRoll);
  AwaitGeneration("w@2", 2);
  EXPECT_EQ(ProgramOf("w@1"), "/bin/new");
  EXPECT_EQ(registry_.Find("w@1")->running_generation, 2);
}

TEST_F(RollingTest, AProgramThatCannotStartLeavesAllInstancesAsTheyAreUntilTheNextReload) {
  BootUp(Set(2));
  spawner_.SetMissing("/bin/new", true);
  ASSERT_TRUE(supervisor_->Apply(ConfigOf(Set(2, "/bin/new"))).ok());
  // Answered after the roll's command.
  ASSERT_EQ(Do("w@1", Kind::kRelease), "OK");
  EXPECT_EQ(ProgramOf("w@2"), "/bin/w");
  EXPECT_EQ(registry_.Find("w@2")->latest_spec().generation, 2);
  EXPECT_EQ(registry_.Find("w@2")->running_generation, 1);
  EXPECT_EQ(Roll("w"), "ROLL_FAILED");
  EXPECT_EQ(spawner_.Spawned("w@1"), 1);
  spawner_.SetMissing("/bin/new", false);
  const absl::StatusOr<AppliedPlan> applied = supervisor_->Apply(ConfigOf(Set(2, "/bin/new")));
  EXPECT_EQ(applied->plan.daemons[1].action, PlanAction::kRoll);
  AwaitGeneration("w@2", 3);
}

TEST_F(RollingTest, OnlyOutdatedInstancesAreReplacedIfOnlyTheseAreAskedFor) {
  BootUp(Set(2));
  spawner_.SetMissing("/bin/new", true);
  ASSERT_TRUE(supervisor_->Apply(ConfigOf(Set(2, "/bin/new"))).ok());
  // Answered after the roll's command.
  ASSERT_EQ(Do("w@1", Kind::kRelease), "OK");
  spawner_.SetMissing("/bin/new", false);
  ASSERT_EQ(Do("w@1", Kind::kRestart), "OK");
  EXPECT_EQ(Roll("w", /*outdated_only=*/true), "OK");
  EXPECT_EQ(ProgramOf("w@2"), "/bin/new");
  EXPECT_EQ(spawner_.Spawned("w@1"), 2);
  EXPECT_EQ(Roll("w", /*outdated_only=*/true), "OK");
  EXPECT_EQ(spawner_.Spawned("w@2"), 2);
}

TEST_F(RollingTest, ALaterRollOrHoldOrReloadEndsARoll) {
  spawner_.SetProgram(Deaf());
  BootUp(Set(2));
  const auto begin = [this] {
    return *supervisor_->BeginRoll("w", Caller::Server(), false, nullptr);
  };
  const auto first = begin();
  const auto second = begin();
  EXPECT_EQ(EndOf(*first), "OVERTAKEN");
  Command hold(Kind::kHold, Caller::Server());
  hold.hold = std::make_shared<const Hold>();
  Post("w@2", std::move(hold)).Await();
  EXPECT_EQ(EndOf(*second), "OVERTAKEN");
  Do("w@2", Kind::kRelease);
  const auto third = begin();
  std::vector<DaemonSpec> changed = Set(2);
  changed[1].argv.push_back("new");
  ASSERT_TRUE(supervisor_->Apply(ConfigOf(changed)).ok());
  EXPECT_EQ(EndOf(*third), "OVERTAKEN");
  const auto fourth = begin();
  BeginShutDown();
  EXPECT_EQ(EndOf(*fourth), "SHUTTING_DOWN");
}

TEST_F(RollingTest, AnInstanceThatDependsOnWhatIsRemovedDoesNotWaitForItsTurn) {
  std::vector<DaemonSpec> specs = Set(2);
  for (DaemonSpec& spec : specs) spec.depends_on = {{"db", Dependency::Condition::kReady}};
  specs.push_back(Spec("db"));
  BootUp(specs);
  const absl::StatusOr<AppliedPlan> applied = supervisor_->Apply(ConfigOf(Set(2, "/bin/new")));
  ASSERT_TRUE(applied.ok());
  EXPECT_EQ(applied->plan.daemons[1].name, "w@1");
  EXPECT_EQ(applied->plan.daemons[1].action, PlanAction::kRestart);
  // A start that waits for the end of `db` is answered before it happens.
  AwaitGeneration("w@1", 2);
  AwaitGeneration("w@2", 2);
}

class HoldTest : public SupervisorTest {
 protected:
  HoldTest() { context_.holds = &holds_; }

  static std::shared_ptr<const Hold> MakeHold() {
    return std::make_shared<const Hold>(Hold{"alice", "disk swap", {}, {}});
  }
  void PlaceHold(const std::string& name) {
    Command command(Kind::kHold, Caller::Server());
    command.hold = MakeHold();
    const Answer answer = Post(name, std::move(command));
    ASSERT_TRUE(answer.Await());
    ASSERT_EQ(answer.InAWord(), "OK");
  }
  static DaemonSpec Needs(DaemonSpec spec, const std::string& other) {
    spec.depends_on = {{other, Dependency::Condition::kReady}};
    return spec;
  }
  std::string Cascade(const std::string& name, Kind kind) {
    Command command(kind, Caller::Server());
    command.cascade = true;
    const Answer answer = Post(name, std::move(command));
    EXPECT_TRUE(answer.Await());
    return answer.InAWord();
  }

  HoldStore holds_{"", "", Clock::Real()};
};

TEST_F(HoldTest, AReloadLeavesAHeldDaemonAloneUntilItsNextStart) {
  Boot({Spec("web")});
  ASSERT_EQ(Do("web", Kind::kStart), "OK");
  PlaceHold("web");
  DaemonSpec changed = Spec("web");
  changed.argv = {"/bin/other"};
  EXPECT_TRUE(supervisor_->PlanFor(ConfigOf({changed})).daemons[0].held);
  const absl::StatusOr<AppliedPlan> applied = supervisor_->Apply(ConfigOf({changed}));
  EXPECT_EQ(applied->plan.daemons[0].action, PlanAction::kRestart);
  EXPECT_TRUE(applied->plan.daemons[0].held);
  EXPECT_EQ(applied->outcomes.at("web").failure, "");
  EXPECT_EQ(spawner_.Spawned("web"), 1);
  // The daemon still differs from the files.
  EXPECT_EQ(supervisor_->PlanFor(ConfigOf({changed})).daemons[0].action, PlanAction::kRestart);
  ASSERT_EQ(Do("web", Kind::kRestart), "OK");
  EXPECT_EQ(spawner_.requests().back().argv[0], "/bin/other");
  EXPECT_EQ(supervisor_->PlanFor(ConfigOf({changed})).daemons[0].action, PlanAction::kUnchanged);
}

TEST_F(HoldTest, ACommandToADaemonLeavesHeldRelativesAlone) {
  DaemonSpec db = Spec("db");
  db.autostart = false;
  DaemonSpec app = Needs(Spec("app"), "db");
  app.autostart = false;
  Boot({app, db});
  PlaceHold("db");
  EXPECT_EQ(Cascade("app", Kind::kStart), "BLOCKED");
  EXPECT_EQ(spawner_.Spawned("db"), 0);
  ASSERT_EQ(Do("db", Kind::kStart), "OK");
  ASSERT_EQ(Do("app", Kind::kStart), "OK");
  PlaceHold("app");
  EXPECT_EQ(Cascade("db", Kind::kStop), "OK");
  EXPECT_EQ(spawner_.Alive("db"), 0);
  EXPECT_EQ(spawner_.Alive("app"), 1);
}

TEST_F(HoldTest, APartnerDoesNotWaitForAHeldDaemon) {
  DaemonSpec app = Needs(Spec("app"), "db");
  app.depends_on[0].restarts_with = true;
  Boot({app, Spec("db")});
  ASSERT_EQ(Do("app", Kind::kStart), "OK");
  PlaceHold("app");
  EXPECT_EQ(Do("db", Kind::kRestart), "OK");
  EXPECT_EQ(spawner_.Spawned("db"), 2);
  EXPECT_EQ(spawner_.Spawned("app"), 1);
}

TEST_F(HoldTest, RemovalEndsTheHold) {
  Boot({Spec("web")});
  PlaceHold("web");
  ASSERT_TRUE(supervisor_->Apply(ConfigOf({})).ok());
  EXPECT_EQ(spawner_.Alive("web"), 0);
  ASSERT_TRUE(supervisor_->Apply(ConfigOf({Spec("web")})).ok());
  EXPECT_TRUE(spawner_.AwaitSpawned("web", 2));
}

TEST_F(HoldTest, TheNextServerHoldsTheDaemonsThatItKnows) {
  EXPECT_TRUE(holds_.Put("web", MakeHold()).ok());
  EXPECT_TRUE(holds_.Put("gone", MakeHold()).ok());
  Populate({Spec("db"), Spec("web")});
  EXPECT_EQ(holds_.Find("gone"), nullptr);
  supervisor_->Boot();
  ASSERT_TRUE(spawner_.AwaitSpawned("db", 1));
  const Answer answer = Post("web", Command(Kind::kReopenLogs, Caller::Server()));
  ASSERT_TRUE(answer.Await());
  EXPECT_EQ(answer.daemon().hold->owner, "alice");
  EXPECT_EQ(spawner_.Spawned("web"), 0);
}

TEST_F(SupervisorTest, WhatIsNewStartsAfterWhatIsGoneHasEnded) {
  spawner_.SetProgram(Deaf());
  DaemonSpec patient = Spec("gone");
  patient.stop_timeout = absl::InfiniteDuration();
  Boot({patient});
  std::thread reload([this] { EXPECT_TRUE(supervisor_->Apply(ConfigOf({Spec("fresh")})).ok()); });
  EXPECT_TRUE(spawner_.AwaitSignal("gone", SIGTERM));
  EXPECT_EQ(spawner_.Spawned("fresh"), 0);
  spawner_.SetProgram(FakeProgram());
  spawner_.End("gone", ExitedWithCode{0});
  reload.join();
  EXPECT_EQ(spawner_.Spawned("fresh"), 1);
}

TEST_F(SupervisorTest, WhatIsListedTakesCommandsThoughTheReloadThatAddedItStillWaits) {
  spawner_.SetProgram(Deaf());
  DaemonSpec patient = Spec("gone");
  patient.stop_timeout = absl::InfiniteDuration();
  Boot({patient});
  std::thread reload([this] {
    EXPECT_TRUE(supervisor_->Apply(ConfigOf({Spec("db"), Spec("web")})).ok());
  });
  EXPECT_TRUE(spawner_.AwaitSignal("gone", SIGTERM));
  spawner_.SetProgram(FakeProgram());
  ASSERT_THAT(KnownNames(), ElementsAre("db", "gone", "web"));
  EXPECT_EQ(Do("db", Kind::kStart), "OK");
  EXPECT_EQ(Do("web", Kind::kStop), "OK");
  spawner_.End("gone", ExitedWithCode{0});
  reload.join();
  EXPECT_EQ(spawner_.Spawned("db"), 1);
  EXPECT_EQ(spawner_.Spawned("web"), 0) << "what the operator stopped stays stopped";
}

TEST_F(SupervisorTest, APlanChangesNothing) {
  Boot({Spec("web")});
  const Plan plan = supervisor_->PlanFor(ConfigOf({Spec("db")}));
  ASSERT_EQ(plan.daemons.size(), 2);
  EXPECT_EQ(plan.daemons[0].action, PlanAction::kAdd);
  EXPECT_EQ(plan.daemons[1].action, PlanAction::kRemove);
  EXPECT_THAT(KnownNames(), ElementsAre("web"));
  EXPECT_EQ(supervisor_->generation(), 1);
}

TEST_F(SupervisorTest, WhatTheOperatorStoppedStaysStoppedOverAReload) {
  Boot({Spec("web")});
  ASSERT_EQ(Do("web", Kind::kStop), "OK");
  DaemonSpec changed = Spec("web");
  changed.argv.push_back("--new");
  ASSERT_TRUE(supervisor_->Apply(ConfigOf({changed})).ok());
  EXPECT_EQ(StateOf("web"), DaemonState::kStopped);
  ASSERT_EQ(Do("web", Kind::kStart), "OK");
  EXPECT_THAT(spawner_.requests().back().argv, ElementsAre("/bin/web", "--new"));
}

TEST_F(SupervisorTest, ARemovedDaemonMayComeBack) {
  Boot({Spec("web")});
  ASSERT_TRUE(supervisor_->Apply(ConfigOf({})).ok());
  EXPECT_THAT(KnownNames(), IsEmpty());
  ASSERT_TRUE(supervisor_->Apply(ConfigOf({Spec("web")})).ok());
  EXPECT_THAT(KnownNames(), ElementsAre("web"));
  EXPECT_EQ(spawner_.Spawned("web"), 2);
  EXPECT_EQ(registry_.Find("web")->counts.exits, 0) << "it is another daemon of that name";
}

TEST_F(SupervisorTest, CommandsForADaemonThatIsBeingRemovedAreNotBlamedOnAShutDown) {
  spawner_.SetProgram(Deaf());
  DaemonSpec patient = Spec("web");
  patient.stop_timeout = absl::InfiniteDuration();
  Boot({patient});
  std::thread reload([this] { EXPECT_TRUE(supervisor_->Apply(ConfigOf({})).ok()); });
  ASSERT_TRUE(spawner_.AwaitSignal("web", SIGTERM));
  EXPECT_EQ(Do("web", Kind::kStart), "DAEMON_NOT_FOUND");
  spawner_.End("web", ExitedWithCode{0});
  reload.join();
  EXPECT_EQ(Do("web", Kind::kStart), "DAEMON_NOT_FOUND");
}

// Processes that survive KILL.

class HangingTest : public SupervisorTest {
 protected:
  // Boots "web", which survives TERM and KILL, and is killed immediately when it is stopped.
  HangingTest() {
    FakeProgram program;
    program.survives = {SIGTERM, SIGKILL};
    spawner_.SetProgram(program);
    DaemonSpec web = Spec("web");
    web.stop_timeout = absl::ZeroDuration();
    Boot({web});
    spawner_.SetProgram(FakeProgram());
  }
};

TEST_F(HangingTest, AReloadDoesNotWaitForIt) {
  ASSERT_TRUE(supervisor_->Apply(ConfigOf({Spec("db")})).ok());
  EXPECT_EQ(spawner_.Spawned("db"), 1);
  EXPECT_THAT(KnownNames(), ElementsAre("db", "web"));
  EXPECT_TRUE(registry_.Find("web")->unkillable);
  EXPECT_EQ(Do("web", Kind::kStart), "DAEMON_NOT_FOUND");

  const auto again = supervisor_->Apply(ConfigOf({Spec("db"), Spec("web"), Spec("fresh")}));
  EXPECT_EQ(GetErrorReason(again.status()).reason, "UNKILLABLE");
  EXPECT_THAT(KnownNames(), ElementsAre("db", "web")) << "nothing was changed";

  spawner_.Unhang();
  while (registry_.Find("web") != nullptr) std::this_thread::yield();
  // The thread of "web" may need a few more steps to end.
  while (!supervisor_->Apply(ConfigOf({Spec("db"), Spec("web")})).ok()) std::this_thread::yield();
  EXPECT_EQ(spawner_.Spawned("web"), 2);
  EXPECT_EQ(spawner_.MostAliveAtOnce("web"), 1);
}

TEST_F(HangingTest, AShutDownEndsWithoutItAndSaysSo) {
  BeginShutDown();
  EXPECT_TRUE(all_gone_->WaitForNotificationWithTimeout(absl::Seconds(30)));
  EXPECT_FALSE(ended_whole_);
  supervisor_ = nullptr;
  EXPECT_EQ(spawner_.abandoned(), 1);
}

// Simulates a spawn that never returns, for example from an unresponsive file system.

class HangingSpawner : public Spawner {
 public:
  explicit HangingSpawner(Spawner& spawner) : spawner_(spawner) {}

  SpawnResult Spawn(const SpawnRequest& request) override {
    if (request.name == "hangs") {
      entered.Notify();
      released.WaitForNotification();
    }
    return spawner_.Spawn(request);
  }

  absl::Notification entered;
  absl::Notification released;

 private:
  Spawner& spawner_;
};

TEST_F(SupervisorTest, ASpawnThatHangsHoldsNobodyElseUp) {
  HangingSpawner hanging(spawner_);
  context_.spawner = &hanging;
  Populate({Spec("hangs"), Spec("web")});
  supervisor_->Boot();
  hanging.entered.WaitForNotification();
  // Otherwise a restart that overtakes the boot would be the first start.
  ASSERT_TRUE(spawner_.AwaitSpawned("web", 1));
  EXPECT_EQ(Do("web", Kind::kRestart), "OK");
  EXPECT_TRUE(spawner_.End("web", ExitedWithCode{1}));
  EXPECT_TRUE(spawner_.AwaitSpawned("web", 3));
  EXPECT_THAT(KnownNames(), ElementsAre("hangs", "web"));
  EXPECT_EQ(StateOf("hangs"), DaemonState::kStarting);
  hanging.released.Notify();
  EXPECT_TRUE(spawner_.AwaitSpawned("hangs", 1));
  BeginShutDown();
  EXPECT_TRUE(all_gone_->WaitForNotificationWithTimeout(absl::Seconds(30)));
  supervisor_ = nullptr;
}

// Shutdown.

TEST_F(SupervisorTest, ShutDownStopsAllInParallelAndThenSaysSo) {
  spawner_.SetProgram(Deaf());
  Boot({Spec("db"), Spec("web")});
  BeginShutDown();
  EXPECT_TRUE(spawner_.AwaitSignal("db", SIGTERM));
  EXPECT_TRUE(spawner_.AwaitSignal("web", SIGTERM));
  EXPECT_FALSE(all_gone_->HasBeenNotified());
  EXPECT_EQ(Do("web", Kind::kStart), "SHUTTING_DOWN");
  EXPECT_EQ(Do("nobody", Kind::kStart), "SHUTTING_DOWN");
  spawner_.End("db", ExitedWithCode{0});
  spawner_.End("web", ExitedWithCode{0});
  EXPECT_TRUE(all_gone_->WaitForNotificationWithTimeout(absl::Seconds(30)));
  EXPECT_EQ(StateOf("web"), DaemonState::kStopped);
}

TEST_F(SupervisorTest, ShutDownOfNothingIsOverAtOnce) {
  Populate({});
  BeginShutDown();
  EXPECT_TRUE(all_gone_->HasBeenNotified());
}

TEST_F(SupervisorTest, ASecondShutDownChangesNothing) {
  Boot({Spec("web")});
  BeginShutDown();
  supervisor_->BeginShutDown([](bool) { ADD_FAILURE() << "its done is not called"; });
  EXPECT_TRUE(all_gone_->WaitForNotificationWithTimeout(absl::Seconds(30)));
}

TEST_F(SupervisorTest, KillAllEndsWhatIgnoresTheStopSignal) {
  spawner_.SetProgram(Deaf());
  DaemonSpec patient = Spec("web");
  patient.stop_timeout = absl::InfiniteDuration();
  Boot({patient});
  BeginShutDown();
  ASSERT_TRUE(spawner_.AwaitSignal("web", SIGTERM));
  supervisor_->KillAll();
  EXPECT_TRUE(all_gone_->WaitForNotificationWithTimeout(absl::Seconds(30)));
  EXPECT_TRUE(spawner_.AwaitSignal("web", SIGKILL));
}

TEST_F(SupervisorTest, AShutDownDuringAReloadEndsIt) {
  spawner_.SetProgram(Deaf());
  DaemonSpec patient = Spec("gone");
  patient.stop_timeout = absl::InfiniteDuration();
  Boot({patient, Spec("web")});
  absl::Status outcome;
  std::thread reload([&] {
    outcome = supervisor_->Apply(ConfigOf({Spec("web"), Spec("fresh")})).status();
  });
  ASSERT_TRUE(spawner_.AwaitSignal("gone", SIGTERM));
  BeginShutDown();
  supervisor_->KillAll();
  reload.join();
  EXPECT_EQ(outcome.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(spawner_.Spawned("fresh"), 0);
  EXPECT_TRUE(all_gone_->WaitForNotificationWithTimeout(absl::Seconds(30)));
  EXPECT_EQ(StateOf("fresh"), DaemonState::kStopped) << "it was known already, and ended with all";

  // The same holds for a reload that waited behind this one.
  EXPECT_EQ(supervisor_->Apply(ConfigOf({Spec("web"), Spec("fresh")})).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace hob
