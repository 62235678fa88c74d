#include "server/supervisor/relations.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using Condition = Dependency::Condition;
using testing::ElementsAre;
using testing::IsEmpty;

DaemonSpec Spec(const std::string& name, std::vector<Dependency> depends_on = {}) {
  DaemonSpec spec;
  spec.name = name;
  spec.depends_on = std::move(depends_on);
  return spec;
}

Dependency Partner(const std::string& name) { return {name, Condition::kReady, true}; }

// The relations of the daemon "web".
class RelationsTest : public testing::Test {
 protected:
  // Publishes a daemon that is up, after so many ends; it knows that it must end if `awaits`.
  void PutUp(const DaemonSpec& spec, int exits = 0, bool awaits = false) {
    DaemonSnapshot daemon;
    daemon.spec = std::make_shared<const DaemonSpec>(spec);
    daemon.state = DaemonState::kRunning;
    daemon.ready = true;
    daemon.pid = 1;
    daemon.counts.exits = exits;
    daemon.awaits_dependents = awaits;
    daemon.runs = std::make_shared<const EndedRuns>();
    registry_.Publish(std::make_shared<const DaemonSnapshot>(daemon));
  }

  void PutDown(const DaemonSpec& spec) {
    DaemonSnapshot daemon;
    daemon.spec = std::make_shared<const DaemonSpec>(spec);
    daemon.runs = std::make_shared<const EndedRuns>();
    registry_.Publish(std::make_shared<const DaemonSnapshot>(daemon));
  }

  // True if a change of the daemon wakes "web".
  bool IsWokenBy(const std::string& name) const { return waits_.WaitingFor(name).count("web") > 0; }

  // Returns the daemons that a stop of `spec` waits for.
  std::vector<std::string> FirstOf(const DaemonSpec& spec) {
    relations_.HoldStop("being stopped", {});
    return relations_.MustEndFirst(spec);
  }

  Registry registry_;
  ChangeWaits waits_;
  Relations relations_{"web", registry_, waits_};
};

TEST_F(RelationsTest, AStartWaitsForOneInstanceOfASetAtATime) {
  const DaemonSpec web = Spec(
      "web", {{"b@1", Condition::kReady}, {"b@2", Condition::kReady}, {"db", Condition::kReady}});
  for (const char* name : {"b@1", "b@2", "db"}) PutDown(Spec(name));
  const auto unmet = [&] {
    std::vector<std::string> names;
    for (const Dependency& dependency : relations_.FindObstacles(web).unmet) {
      names.push_back(dependency.daemon);
    }
    return names;
  };
  EXPECT_THAT(unmet(), ElementsAre("b@1", "db"));
  EXPECT_TRUE(IsWokenBy("b@1"));
  EXPECT_FALSE(IsWokenBy("b@2"));
  PutUp(Spec("b@1"));
  EXPECT_THAT(unmet(), ElementsAre("b@2", "db"));
  EXPECT_FALSE(IsWokenBy("b@1"));
  PutUp(Spec("b@2"));
  EXPECT_THAT(unmet(), ElementsAre("db"));
  PutUp(Spec("db"));
  EXPECT_THAT(unmet(), IsEmpty());
}

TEST_F(RelationsTest, AStartWaitsForDependenciesAndDepartures) {
  const DaemonSpec web = Spec("web", {{"db", Condition::kReady, false}});
  PutDown(Spec("db"));
  PutUp(Spec("old"));
  auto departure = std::make_shared<const Departure>("old", waits_);
  relations_.StartAfter({{"old", departure}});
  Relations::Obstacles obstacles = relations_.FindObstacles(web);
  EXPECT_THAT(obstacles.unmet, ElementsAre(web.depends_on[0]));
  EXPECT_THAT(obstacles.ending, ElementsAre("old"));
  EXPECT_TRUE(IsWokenBy("db"));
  EXPECT_TRUE(IsWokenBy("old"));
  departure = nullptr;
  PutUp(Spec("db"));
  EXPECT_TRUE(relations_.FindObstacles(web).none());
  EXPECT_FALSE(IsWokenBy("db"));
}

TEST_F(RelationsTest, AStopWaitsForDaemonsThatRestartWithIt) {
  const DaemonSpec web = Spec("web");
  PutUp(Spec("app", {Partner("web")}));
  PutUp(Spec("cron", {{"web", Condition::kReady, false}}));
  PutDown(Spec("job", {Partner("web")}));
  for (const char* other : {"app", "cron", "job"}) waits_.Await(other, {"web"});
  EXPECT_THAT(FirstOf(web), ElementsAre("app"));
  EXPECT_TRUE(IsWokenBy("app"));
  PutDown(Spec("app", {Partner("web")}));
  EXPECT_THAT(relations_.MustEndFirst(web), IsEmpty());
  EXPECT_EQ(relations_.ReleaseStop(web), "being stopped");
  EXPECT_FALSE(relations_.holds_stop());
  EXPECT_FALSE(IsWokenBy("app"));
}

TEST_F(RelationsTest, AStopDoesNotWaitForADaemonThatNoLongerRestartsWithIt) {
  PutUp(Spec("app", {Partner("web")}));
  waits_.Await("app", {"web"});
  EXPECT_THAT(FirstOf(Spec("web")), ElementsAre("app"));
  PutUp(Spec("app"));
  EXPECT_THAT(relations_.MustEndFirst(Spec("web")), IsEmpty());
}

TEST_F(RelationsTest, AStopDoesNotWaitInADependencyCycle) {
  const DaemonSpec web = Spec("web", {{"db", Condition::kReady, false}});
  PutUp(Spec("db", {{"app", Condition::kReady, false}}));
  PutUp(Spec("app", {Partner("web")}));
  waits_.Await("app", {"web"});
  EXPECT_THAT(FirstOf(web), IsEmpty());
}

class PartnerTest : public RelationsTest {
 protected:
  PartnerTest() {
    PutUp(Spec("db"));
    EXPECT_TRUE(relations_.FindObstacles(web_).none());
    EXPECT_TRUE(IsWokenBy("db"));
    EXPECT_EQ(Ended(), "");
  }

  std::string Ended() { return relations_.FindEndedPartner(web_); }

  const DaemonSpec web_ = Spec("web", {Partner("db")});
};

TEST_F(PartnerTest, HasEndedOnceItIsDown) {
  PutDown(Spec("db"));
  EXPECT_EQ(Ended(), "db");
  EXPECT_EQ(Ended(), "db") << "until the instance is gone";
}

TEST_F(PartnerTest, HasEndedOnceItIsToldToEnd) {
  PutUp(Spec("db"), 0, /*awaits=*/true);
  EXPECT_EQ(Ended(), "db");
}

TEST_F(PartnerTest, HasEndedIfAnotherInstanceIsUp) {
  PutUp(Spec("db"), 1);
  EXPECT_EQ(Ended(), "db");
}

TEST_F(PartnerTest, HasEndedIfItWasRemoved) {
  registry_.Remove("db");
  EXPECT_EQ(Ended(), "db");
}

TEST_F(PartnerTest, IsForgottenWithTheInstance) {
  relations_.Gone(web_);
  PutUp(Spec("db"), 1);
  EXPECT_TRUE(relations_.FindObstacles(web_).none());
  EXPECT_EQ(Ended(), "");
}

TEST_F(PartnerTest, IsForgottenIfTheStartNoLongerNeedsIt) {
  EXPECT_TRUE(relations_.FindObstacles(Spec("web")).none());
  PutUp(Spec("db"), 1);
  EXPECT_EQ(Ended(), "");
}

TEST_F(PartnerTest, IsForgottenWithTheConfiguration) {
  EXPECT_EQ(relations_.FindEndedPartner(Spec("web")), "");
  PutUp(Spec("db"), 1);
  EXPECT_EQ(Ended(), "") << "the instance that is up now counts";
}

TEST_F(PartnerTest, IsNotedWhenItComesUpLater) {
  relations_.Gone(web_);
  PutDown(Spec("db"));
  EXPECT_EQ(Ended(), "");
  PutUp(Spec("db"), 1);
  EXPECT_EQ(Ended(), "");
  PutUp(Spec("db"), 2);
  EXPECT_EQ(Ended(), "db");
}

TEST_F(PartnerTest, HasEndedEvenIfItWasNotNoted) {
  relations_.Gone(web_);
  PutUp(Spec("db"), 0, /*awaits=*/true);
  EXPECT_EQ(Ended(), "db");
}

}  // namespace
}  // namespace hob
