#include "server/daemon/dependency.h"

#include <map>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using Condition = Dependency::Condition;
using testing::ElementsAre;

class DependencyTest : public testing::Test {
 protected:
  DaemonSnapshot& Put(const std::string& name, DaemonState state, bool wanted = true) {
    auto spec = std::make_shared<DaemonSpec>();
    spec->name = name;
    spec_[name] = spec;
    auto daemon = std::make_shared<DaemonSnapshot>();
    daemon->spec = spec;
    daemon->state = state;
    daemon->wanted = wanted;
    daemon->ready = state == DaemonState::kRunning;
    const bool is_up = state == DaemonState::kStarting || state == DaemonState::kRunning;
    daemon->pid = is_up ? 1 : 0;
    daemon->reason = "it is so";
    daemon->runs = std::make_shared<const EndedRuns>();
    daemons_[name] = daemon;
    return *daemon;
  }

  void Complete(const std::string& name, int code) {
    EndedRun run;
    run.exit.end = ExitedWithCode{code};
    Put(name, DaemonState::kExited).runs = std::make_shared<const EndedRuns>(run, EndedRuns());
    spec_[name]->restart_policy.success_exit_codes = {0};
  }

  DaemonSnapshotPtr Find(const std::string& name) const {
    const auto found = daemons_.find(name);
    return found == daemons_.end() ? nullptr : found->second;
  }

  bool Holds(Condition condition) const {
    return IsMet({"db", condition}, [this](const std::string& name) { return Find(name); });
  }
  bool Stuck(Condition condition = Condition::kReady) const {
    return IsAnyStuck({{"db", condition}}, [this](const std::string& name) { return Find(name); });
  }

  std::map<std::string, std::shared_ptr<DaemonSpec>> spec_;
  std::map<std::string, std::shared_ptr<DaemonSnapshot>> daemons_;
};

TEST_F(DependencyTest, ADaemonThatIsStartedNeedNotBeReady) {
  EXPECT_TRUE(Holds(Condition::kStarted)) << "a daemon that was removed is not waited for";
  Put("db", DaemonState::kStarting).pid = 0;
  EXPECT_FALSE(Holds(Condition::kStarted)) << "it is not spawned yet";
  Put("db", DaemonState::kStarting);
  EXPECT_TRUE(Holds(Condition::kStarted));
  EXPECT_FALSE(Holds(Condition::kReady));
  Put("db", DaemonState::kRunning);
  EXPECT_TRUE(Holds(Condition::kStarted));
  EXPECT_TRUE(Holds(Condition::kReady));
  Put("db", DaemonState::kRunning).ready = false;
  EXPECT_FALSE(Holds(Condition::kReady)) << "it says that it is stopping";
  for (const DaemonState state : {DaemonState::kStopping, DaemonState::kBackoff,
                                  DaemonState::kHalted, DaemonState::kWaiting}) {
    Put("db", state);
    EXPECT_FALSE(Holds(Condition::kStarted)) << DaemonStateName(state);
  }
}

TEST_F(DependencyTest, ADaemonThatWaitsForItsDependentsToEndIsNotUp) {
  Put("db", DaemonState::kRunning, /*wanted=*/false).awaits_dependents = true;
  EXPECT_FALSE(Holds(Condition::kStarted));
  EXPECT_FALSE(Holds(Condition::kReady));
  EXPECT_TRUE(Stuck());
}

TEST_F(DependencyTest, OnlyASuccessCompletes) {
  Put("db", DaemonState::kRunning);
  EXPECT_FALSE(Holds(Condition::kCompleted));
  EXPECT_FALSE(Stuck(Condition::kCompleted));
  Complete("db", 1);
  EXPECT_FALSE(Holds(Condition::kCompleted));
  EXPECT_TRUE(Stuck(Condition::kCompleted));
  Complete("db", 0);
  EXPECT_TRUE(Holds(Condition::kCompleted));
  EXPECT_TRUE(Stuck(Condition::kReady)) << "it will not be up by itself";
}

TEST_F(DependencyTest, ADaemonThatStartsByItselfIsNotStuck) {
  for (const DaemonState state : {DaemonState::kStarting, DaemonState::kRunning,
                                  DaemonState::kStopping, DaemonState::kBackoff}) {
    Put("db", state);
    EXPECT_FALSE(Stuck()) << DaemonStateName(state);
  }
  Put("db", DaemonState::kStopping, /*wanted=*/false);
  EXPECT_TRUE(Stuck());
  Put("db", DaemonState::kStopped, /*wanted=*/false);
  EXPECT_TRUE(Stuck());
  Put("db", DaemonState::kHalted);
  EXPECT_TRUE(Stuck());
  spec_["db"]->restart_policy.on_halt = OnHalt::kRetry;
  EXPECT_FALSE(Stuck());
}

TEST_F(DependencyTest, ADaemonThatWaitsIsAsStuckAsItsOwnDependencies) {
  Put("db", DaemonState::kWaiting);
  spec_["db"]->depends_on = {{"disk", Condition::kReady}};
  Put("disk", DaemonState::kStarting);
  EXPECT_FALSE(Stuck());
  Put("disk", DaemonState::kHalted);
  EXPECT_TRUE(Stuck());
}

TEST_F(DependencyTest, ATrialThatWaitsIsAsStuckAsItsDependencies) {
  Put("db", DaemonState::kHalted);
  spec_["db"]->restart_policy.on_halt = OnHalt::kRetry;
  spec_["db"]->depends_on = {{"disk", Condition::kReady}};
  Put("disk", DaemonState::kStopped, /*wanted=*/false);
  EXPECT_TRUE(Stuck());
  Put("disk", DaemonState::kStarting);
  EXPECT_FALSE(Stuck());
}

TEST_F(DependencyTest, AHeldDaemonThatIsDownIsStuckAndTheChainSaysSo) {
  const auto hold = std::make_shared<const Hold>(Hold{"alice", "disk swap", {}, {}});
  const auto chain = [this] {
    return DescribeChain({{"db", Condition::kReady}},
                         [this](const std::string& name) { return Find(name); });
  };
  for (const DaemonState state : {DaemonState::kBackoff, DaemonState::kHalted}) {
    Put("db", state).hold = hold;
    spec_["db"]->restart_policy.on_halt = OnHalt::kRetry;
    EXPECT_TRUE(Stuck());
    EXPECT_EQ(chain(), absl::StrCat("waits for db: ready; db is ", DaemonStateName(state),
                                    ": it is so; it is held by alice: disk swap"));
  }
  DaemonSnapshot& db = Put("db", DaemonState::kWaiting);
  db.hold = hold;
  EXPECT_FALSE(Stuck()) << "an operator's start passes the hold";
  db.awaits_release = true;
  db.reason = DescribeHold(*hold);
  EXPECT_TRUE(Stuck());
  EXPECT_EQ(chain(), "waits for db: ready; db is WAITING: held by alice: disk swap");
  Put("db", DaemonState::kStarting).hold = hold;
  EXPECT_FALSE(Stuck());
  EXPECT_EQ(chain(), "waits for db: ready; db is STARTING: it is so");
}

TEST_F(DependencyTest, DescriptionsOfLargeGraphsAndCyclesAreShort) {
  constexpr int kLayers = 40;
  for (int layer = 0; layer < kLayers; ++layer) {
    for (const char* side : {"l", "r"}) {
      const std::string name = absl::StrCat(side, layer);
      Put(name, DaemonState::kWaiting);
      const int below = (layer + 1) % kLayers;
      spec_[name]->depends_on = {{absl::StrCat("l", below), {}}, {absl::StrCat("r", below), {}}};
    }
  }
  const auto find = [this](const std::string& name) { return Find(name); };
  const std::vector<Dependency> unmet = UnmetDependencies(*spec_["l0"], find);
  EXPECT_FALSE(IsAnyStuck(unmet, find));
  EXPECT_LT(DescribeChain(unmet, find).size(), 2000);
  EXPECT_TRUE(absl::EndsWith(DescribeChain(unmet, find), "; ..."));
}

TEST_F(DependencyTest, TheChainEndsAtTheRootCause) {
  Put("app", DaemonState::kWaiting);
  spec_["app"]->depends_on = {{"db", Condition::kReady}, {"migrate", Condition::kCompleted}};
  Put("db", DaemonState::kWaiting);
  spec_["db"]->depends_on = {{"disk", Condition::kStarted}, {"log", Condition::kReady}};
  Put("disk", DaemonState::kHalted).reason = "exit code 1; 3 failures within 5s";
  Put("log", DaemonState::kRunning);
  Complete("migrate", 0);
  const auto find = [this](const std::string& name) { return Find(name); };
  const std::vector<Dependency> unmet = UnmetDependencies(*spec_["app"], find);
  EXPECT_THAT(unmet, ElementsAre(Dependency{"db", Condition::kReady}));
  EXPECT_EQ(DescribeChain(unmet, find),
            "waits for db: ready; db waits for disk: started; disk is HALTED: exit code 1; 3 "
            "failures within 5s");
  EXPECT_EQ(DescribeChain({}, find), "");
}

TEST_F(DependencyTest, OnlyALiveProcessThatCanBeEndedIsAlive) {
  EXPECT_TRUE(IsAlive(Put("db", DaemonState::kRunning)));
  EXPECT_TRUE(IsAlive(Put("db", DaemonState::kClearing)));
  EXPECT_FALSE(IsAlive(Put("db", DaemonState::kBackoff)));
  EXPECT_FALSE(IsAlive(Put("db", DaemonState::kWaiting)));
  DaemonSnapshot& hung = Put("db", DaemonState::kStopping);
  hung.unkillable = true;
  EXPECT_FALSE(IsAlive(hung));
}

}  // namespace
}  // namespace hob
