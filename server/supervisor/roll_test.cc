#include "server/supervisor/roll.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/errors/errors.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Step = Roll::Step;

// A set whose instances change state as the test says.
class RollTest : public testing::Test {
 protected:
  RollTest() {
    waits_.SetWake([this](const std::string& name) {
      if (roll_ != nullptr && name == roll_->wait_name()) roll_->Look();
    });
  }
  ~RollTest() override { waits_.SetWake(nullptr); }

  // Publishes the instance with this number.
  void Publish(int number, DaemonState state, bool wanted = true, bool held = false) {
    auto spec = std::make_shared<DaemonSpec>();
    spec->name = absl::StrCat("w@", number);
    spec->instance_of = "w";
    spec->instance = number;
    spec->max_unavailable = max_unavailable_;
    spec->depends_on = depends_on_;
    auto daemon = std::make_shared<DaemonSnapshot>();
    daemon->spec = spec;
    daemon->state = state;
    daemon->wanted = wanted;
    daemon->unkillable = unkillable_;
    daemon->runs = std::make_shared<const EndedRuns>();
    daemon->ready = state == DaemonState::kRunning;
    daemon->pid = state == DaemonState::kRunning || state == DaemonState::kStarting ? number : 0;
    if (held) daemon->hold = std::make_shared<const Hold>();
    registry_.Publish(daemon);
    waits_.Changed(spec->name);
  }

  void PublishRunning(int count) {
    for (int i = 1; i <= count; ++i) Publish(i, DaemonState::kRunning);
  }

  // Begins to roll the instances `first` to `last` of the set.
  void Begin(int last, int first = 1) {
    Roll::Plan plan;
    plan.name = "w";
    for (int i = first; i <= last; ++i) plan.members.push_back(absl::StrCat("w@", i));
    for (const DaemonSnapshotPtr& daemon : registry_.All()) {
      if (daemon->spec->instance_of == "w") plan.set.insert(daemon->name());
    }
    Roll::Context context;
    context.registry = &registry_;
    context.journal = &journal_;
    context.waits = &waits_;
    context.post = [this](const std::string& name, Command command) {
      EXPECT_EQ(command.kind, Command::Kind::kRoll);
      posted_.push_back(name);
      done_[name] = std::move(command.done);
    };
    context.on_event = [this] { ++calls_; };
    roll_ = std::make_shared<Roll>(std::move(plan), std::move(context));
    roll_->Begin();
  }

  // Returns the names of the daemons to replace since the last call.
  std::vector<std::string> TakePosted() { return std::exchange(posted_, {}); }

  void Answer(int number, const absl::Status& status = absl::OkStatus()) {
    const std::string name = absl::StrCat("w@", number);
    const Command::Done done = std::move(done_.at(name));
    if (status.ok()) return done(registry_.Find(name));
    done(status);
  }

  // "begun w@1 0/2, done w@1 1/2"
  std::string Story() const {
    return absl::StrJoin(
        roll_->ProgressAfter(0).events, ", ", [](std::string* out, const Roll::Event& event) {
          static constexpr const char* kWords[] = {"begun", "done", "skipped", "failed"};
          absl::StrAppend(out, kWords[static_cast<int>(event.step)], " ", event.name, " ",
                          event.done_count, "/", event.total_count);
        });
  }
  absl::Status end() const { return *roll_->ProgressAfter(0).end; }
  std::string reason() const { return GetErrorReason(end()).reason; }

  int max_unavailable_ = 1;
  bool unkillable_ = false;
  std::vector<Dependency> depends_on_;
  Registry registry_;
  Journal journal_;
  ChangeWaits waits_;
  std::vector<std::string> posted_;
  std::map<std::string, Command::Done> done_;
  int calls_ = 0;
  std::shared_ptr<Roll> roll_;
};

TEST_F(RollTest, ReplacesOneAfterTheOtherByNumber) {
  PublishRunning(3);
  Begin(3);
  EXPECT_THAT(TakePosted(), ElementsAre("w@1"));
  Answer(1);
  EXPECT_THAT(TakePosted(), ElementsAre("w@2"));
  Answer(2);
  EXPECT_THAT(TakePosted(), ElementsAre("w@3"));
  EXPECT_FALSE(roll_->over());
  Answer(3);
  EXPECT_TRUE(end().ok());
  EXPECT_EQ(
      Story(),
      "begun w@1 0/3, done w@1 1/3, begun w@2 1/3, done w@2 2/3, begun w@3 2/3, done w@3 3/3");
  EXPECT_GE(calls_, 4);
}

TEST_F(RollTest, KeepsAsManyUpAsTheSetSays) {
  max_unavailable_ = 2;
  PublishRunning(4);
  Begin(4);
  EXPECT_THAT(TakePosted(), ElementsAre("w@1", "w@2"));
  Answer(2);
  EXPECT_THAT(TakePosted(), ElementsAre("w@3"));
  Answer(1);
  EXPECT_THAT(TakePosted(), ElementsAre("w@4"));
}

TEST_F(RollTest, ReplacesThoseThatAreDownFirstAndAllAtOnce) {
  PublishRunning(4);
  Publish(2, DaemonState::kHalted);
  Publish(4, DaemonState::kBackoff);
  Begin(4);
  EXPECT_THAT(TakePosted(), ElementsAre("w@2", "w@4"));
  Publish(2, DaemonState::kRunning);
  Answer(2);
  EXPECT_THAT(TakePosted(), IsEmpty());
  Publish(4, DaemonState::kRunning);
  Answer(4);
  EXPECT_THAT(TakePosted(), ElementsAre("w@1"));
}

TEST_F(RollTest, LeavesOutWhatIsStoppedExitedHeldOrGone) {
  PublishRunning(2);
  Publish(3, DaemonState::kStopped, /*wanted=*/false);
  Publish(4, DaemonState::kExited);
  Publish(5, DaemonState::kRunning, /*wanted=*/true, /*held=*/true);
  Begin(6);
  EXPECT_THAT(TakePosted(), ElementsAre("w@1"));
  EXPECT_EQ(Story(),
            "skipped w@3 0/5, skipped w@4 0/4, skipped w@5 0/3, skipped w@6 0/2, begun w@1 0/2");
  EXPECT_EQ(roll_->ProgressAfter(3).events[0].daemon, nullptr);
}

TEST_F(RollTest, EndsAtTheFirstThatDoesNotComeUp) {
  PublishRunning(3);
  Begin(3);
  Answer(1);
  TakePosted();
  Answer(2, StartFailed("w@2", "exit code 1"));
  EXPECT_EQ(reason(), "ROLL_FAILED");
  EXPECT_THAT(end().message(), HasSubstr("the roll of 'w' ended: 'w@2' did not come up"));
  EXPECT_THAT(Story(), HasSubstr("failed w@2 1/3"));
  EXPECT_THAT(TakePosted(), IsEmpty());
}

TEST_F(RollTest, EndsBeforeItStopsAnInstanceThatIsBlocked) {
  PublishRunning(2);
  Begin(2);
  Answer(1, Blocked("w@1", "waits for db: ready"));
  EXPECT_EQ(reason(), "BLOCKED");
}

TEST_F(RollTest, PassesOverAnInstanceThatAnotherCommandOvertook) {
  PublishRunning(2);
  Begin(2);
  Publish(1, DaemonState::kStopping, /*wanted=*/false);
  Answer(1, Overtaken("w@1", "roll", "stop"));
  // A stopped instance does not count as down.
  EXPECT_THAT(TakePosted(), ElementsAre("w@1", "w@2"));
  Answer(2);
  EXPECT_TRUE(end().ok());
  EXPECT_EQ(Story(), "begun w@1 0/2, skipped w@1 0/1, begun w@2 0/1, done w@2 1/1");
}

TEST_F(RollTest, WaitsWhileOthersAreDown) {
  PublishRunning(3);
  Publish(3, DaemonState::kBackoff);
  Begin(2);
  EXPECT_THAT(TakePosted(), IsEmpty());
  Publish(3, DaemonState::kStarting);
  EXPECT_THAT(TakePosted(), IsEmpty());
  Publish(3, DaemonState::kRunning);
  EXPECT_THAT(TakePosted(), ElementsAre("w@1"));
  // No longer woken by changes.
  EXPECT_THAT(waits_.WaitingFor("w@3"), IsEmpty());
}

TEST_F(RollTest, DoesNotWaitForWhatStaysDown) {
  PublishRunning(3);
  Publish(3, DaemonState::kBackoff);
  Begin(2);
  Publish(3, DaemonState::kHalted);
  EXPECT_EQ(reason(), "ROLL_FAILED");
  EXPECT_THAT(end().message(), HasSubstr("'w@3' is HALTED"));
  EXPECT_THAT(waits_.WaitingFor("w@3"), IsEmpty());
}

TEST_F(RollTest, DoesNotWaitForWhatSurvivesKillOrWaitsForWhatStaysDown) {
  PublishRunning(2);
  unkillable_ = true;
  Publish(2, DaemonState::kStopping);
  Begin(1);
  EXPECT_EQ(reason(), "ROLL_FAILED");
  unkillable_ = false;
  depends_on_ = {{"db", Dependency::Condition::kReady}};
  Publish(2, DaemonState::kWaiting);
  auto db = std::make_shared<DaemonSnapshot>(*registry_.Find("w@1"));
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = "db";
  db->spec = spec;
  db->state = DaemonState::kStopped;
  registry_.Publish(db);
  Begin(1);
  EXPECT_EQ(reason(), "ROLL_FAILED");
}

TEST_F(RollTest, ARollThatIsOverLeavesTheWaitOfItsSuccessorAlone) {
  PublishRunning(2);
  Publish(2, DaemonState::kBackoff);
  Begin(1);
  const std::shared_ptr<Roll> former = roll_;
  Begin(1);
  former->End(Overtaken("w", "roll", "roll"));
  Publish(2, DaemonState::kRunning);
  EXPECT_THAT(TakePosted(), ElementsAre("w@1"));
}

TEST_F(RollTest, AStoppedOrHeldInstanceDoesNotCountAsDown) {
  PublishRunning(3);
  Publish(2, DaemonState::kStopped, /*wanted=*/false);
  Publish(3, DaemonState::kHalted, /*wanted=*/true, /*held=*/true);
  Begin(1);
  EXPECT_THAT(TakePosted(), ElementsAre("w@1"));
}

TEST_F(RollTest, EndsWhenItIsTold) {
  PublishRunning(2);
  Begin(2);
  roll_->End(Overtaken("w", "roll", "hold"));
  EXPECT_EQ(reason(), "OVERTAKEN");
  TakePosted();
  // A replacement that was in progress no longer counts.
  Answer(1);
  EXPECT_THAT(TakePosted(), IsEmpty());
  roll_->End(ShuttingDown());
  EXPECT_EQ(reason(), "OVERTAKEN");
}

TEST_F(RollTest, EndsWithTheServer) {
  PublishRunning(2);
  Begin(2);
  Answer(1, ShuttingDown());
  EXPECT_EQ(reason(), "SHUTTING_DOWN");
}

TEST_F(RollTest, WithoutMembersItIsOverAtOnce) {
  PublishRunning(2);
  Begin(0);
  EXPECT_TRUE(end().ok());
  EXPECT_EQ(Story(), "");
}

}  // namespace
}  // namespace hob
