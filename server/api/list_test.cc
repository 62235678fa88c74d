#include "server/api/list.h"

#include <google/protobuf/util/message_differencer.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "hob/v1/supervisor.pb.h"
#include "server/api/convert.h"
#include "server/clock/simulated_clock.h"

namespace hob {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

void Publish(Registry& registry, const std::string& name, const std::string& reason,
             DaemonState state = DaemonState::kStopped) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = name;
  auto snapshot = std::make_shared<DaemonSnapshot>();
  snapshot->spec = spec;
  snapshot->runs = std::make_shared<const EndedRuns>();
  snapshot->reason = reason;
  snapshot->state = state;
  snapshot->pid = 4711;
  registry.Publish(snapshot);
}

v1::ListRequest Page(int size, const std::string& token = "") {
  v1::ListRequest request;
  request.set_page_size(size);
  request.set_page_token(token);
  return request;
}

v1::ListResponse Parsed(const ListHandler::Answer& answer) {
  v1::ListResponse response;
  EXPECT_TRUE(response.ParseFromString(*answer));
  return response;
}

// Returns "name: reason" for each daemon, and "..." if there are more.
std::vector<std::string> Shown(const ListHandler::Answer& answer) {
  const v1::ListResponse response = Parsed(answer);
  std::vector<std::string> shown;
  for (const v1::Daemon& daemon : response.daemons()) {
    shown.push_back(daemon.name() + ": " + daemon.reason());
  }
  if (!response.next_page_token().empty()) {
    EXPECT_EQ(response.next_page_token(), response.daemons().rbegin()->name());
    shown.push_back("...");
  }
  return shown;
}

class ListTest : public testing::Test {
 protected:
  ListHandler::Answer List(const v1::ListRequest& request) { return list_.List(request).value(); }

  Registry registry_;
  SimulatedClock clock_;
  ListHandler list_{registry_, clock_};
};

TEST_F(ListTest, ReturnsTheDaemonsOfTheRegistry) {
  for (const char* name : {"a", "b", "c"}) Publish(registry_, name, "because");
  v1::ListResponse converted;
  for (const DaemonSnapshotPtr& daemon : registry_.All()) {
    ToProto(*daemon, *converted.add_daemons());
  }
  EXPECT_TRUE(MessageDifferencer::Equals(Parsed(List(Page(0))), converted));
  EXPECT_TRUE(MessageDifferencer::Equals(Parsed(List(Page(0))), converted)) << "from the cache";
}

TEST_F(ListTest, NextAnswerHasEveryChange) {
  EXPECT_THAT(Shown(List(Page(9))), IsEmpty());
  Publish(registry_, "b", "new");
  EXPECT_THAT(Shown(List(Page(9))), ElementsAre("b: new"));
  Publish(registry_, "a", "new");
  EXPECT_THAT(Shown(List(Page(9))), ElementsAre("a: new", "b: new"));
  Publish(registry_, "b", "changed");
  EXPECT_THAT(Shown(List(Page(9))), ElementsAre("a: new", "b: changed"));
  registry_.Remove("a");
  EXPECT_THAT(Shown(List(Page(9))), ElementsAre("b: changed"));
}

TEST_F(ListTest, AllCallersGetTheSameBytesBetweenChanges) {
  Publish(registry_, "a", "new");
  const ListHandler::Answer first = List(Page(9));
  EXPECT_EQ(List(Page(9)), first);
  Publish(registry_, "a", "changed");
  EXPECT_NE(List(Page(9)), first);
  EXPECT_THAT(Shown(first), ElementsAre("a: new")) << "a slow call may still be sending it";
}

TEST_F(ListTest, EachLimitGetsItsOwnPage) {
  for (const char* name : {"a", "b", "c"}) Publish(registry_, name, "new");
  EXPECT_THAT(Shown(List(Page(2))), ElementsAre("a: new", "b: new", "..."));
  EXPECT_THAT(Shown(List(Page(1))), ElementsAre("a: new", "..."));
  EXPECT_THAT(Shown(List(Page(3))), ElementsAre("a: new", "b: new", "c: new"));
  EXPECT_THAT(Shown(List(Page(5000))), ElementsAre("a: new", "b: new", "c: new"));
  EXPECT_THAT(Shown(List(Page(2))), ElementsAre("a: new", "b: new", "..."));
}

TEST_F(ListTest, PagesHaveNeitherGapsNorRepeats) {
  for (const char* name : {"a", "b", "c", "d", "e"}) Publish(registry_, name, "up");
  EXPECT_THAT(Shown(List(Page(2))), ElementsAre("a: up", "b: up", "..."));
  EXPECT_THAT(Shown(List(Page(2, "b"))), ElementsAre("c: up", "d: up", "..."));
  EXPECT_THAT(Shown(List(Page(2, "d"))), ElementsAre("e: up"));
}

TEST_F(ListTest, ExactlyFullPageIsTheLast) {
  for (const char* name : {"a", "b"}) Publish(registry_, name, "up");
  EXPECT_THAT(Shown(List(Page(2))), ElementsAre("a: up", "b: up"));
}

TEST_F(ListTest, NextPageContinuesAfterARemovedDaemon) {
  for (const char* name : {"a", "c"}) Publish(registry_, name, "up");
  EXPECT_THAT(Shown(List(Page(9, "b"))), ElementsAre("c: up"));
}

TEST_F(ListTest, FilteredDaemonsDoNotFillThePage) {
  Publish(registry_, "a", "up", DaemonState::kRunning);
  Publish(registry_, "b", "down");
  Publish(registry_, "c", "up", DaemonState::kRunning);
  Publish(registry_, "d", "down");
  v1::ListRequest running = Page(2);
  running.add_states(v1::Daemon::RUNNING);
  EXPECT_THAT(Shown(List(running)), ElementsAre("a: up", "c: up"));
  running.set_page_token("c");
  EXPECT_THAT(Shown(List(running)), IsEmpty());
  v1::ListRequest named = Page(9);
  named.add_names("[bc]");
  EXPECT_THAT(Shown(List(named)), ElementsAre("b: down", "c: up"));
  EXPECT_EQ(Parsed(List(Page(9))).daemons_size(), 4) << "not cached for others";
}

TEST_F(ListTest, SettingTheWallClockMovesTimes) {
  auto daemon = std::make_shared<DaemonSnapshot>();
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = "web";
  daemon->spec = spec;
  daemon->runs = std::make_shared<const EndedRuns>();
  daemon->start_time = clock_.Now().wall;
  registry_.Publish(daemon);
  const auto age = [&] {
    const v1::Daemon listed = Parsed(List(Page(9))).daemons(0);
    return absl::ToUnixSeconds(clock_.WallNow()) - listed.start_time().seconds();
  };
  clock_.Advance(absl::Seconds(3));
  EXPECT_EQ(age(), 3);
  clock_.JumpWall(absl::Hours(24 * 20000));
  EXPECT_EQ(age(), 3);
  const ListHandler::Answer answer = List(Page(9));
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(age(), 4);
  EXPECT_EQ(List(Page(9)), answer) << "cached after the step too";
  clock_.JumpWall(-absl::Hours(24 * 20000));
  EXPECT_EQ(age(), 4);
}

TEST_F(ListTest, NamesTheWrongField) {
  const auto error = [this](const v1::ListRequest& request) {
    return std::string(list_.List(request).status().message());
  };
  EXPECT_THAT(error(Page(-1)), testing::HasSubstr("page_size"));
  EXPECT_THAT(error(Page(1, "a b")), testing::HasSubstr("page_token"));
  v1::ListRequest request;
  request.add_states(v1::Daemon::STATE_UNSPECIFIED);
  EXPECT_THAT(error(request), testing::HasSubstr("states"));
}

}  // namespace
}  // namespace hob
