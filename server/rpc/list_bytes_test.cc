#include "server/rpc/list_bytes.h"

#include <google/protobuf/util/message_differencer.h>

#include "gmock/gmock.h"
#include "hob/v1/supervisor.pb.h"
#include "server/rpc/convert.h"

namespace hob {
namespace {

using ::google::protobuf::util::MessageDifferencer;

constexpr absl::Duration kNoStep = absl::ZeroDuration();

DaemonSnapshot Snapshot(const std::string& name) {
  DaemonSpec spec;
  spec.name = name;
  DaemonSnapshot snapshot;
  snapshot.spec = std::make_shared<const DaemonSpec>(spec);
  snapshot.runs = std::make_shared<const EndedRuns>();
  snapshot.reason = "because";
  snapshot.pid = 4711;
  return snapshot;
}

Registry::Page PageOf(const std::vector<DaemonSnapshot>& snapshots, bool more) {
  Registry::Page page;
  page.more = more;
  for (const DaemonSnapshot& snapshot : snapshots) {
    page.daemons.push_back(std::make_shared<const DaemonSnapshot>(snapshot));
  }
  return page;
}

// The answer as it would be without a shortcut.
v1::ListResponse Converted(const Registry::Page& page) {
  v1::ListResponse response;
  for (const DaemonSnapshotPtr& daemon : page.daemons) ToProto(*daemon, *response.add_daemons());
  if (page.more) response.set_next_page_token(page.daemons.back()->name());
  return response;
}

v1::ListResponse Parsed(const std::string& bytes) {
  v1::ListResponse response;
  EXPECT_TRUE(response.ParseFromString(bytes));
  return response;
}

TEST(ListBytesTest, AreThoseOfTheWholeAnswer) {
  for (const auto& [names, more] :
       {std::make_pair(std::vector<std::string>{}, false), {{"a"}, false}, {{"a", "b"}, true}}) {
    std::vector<DaemonSnapshot> snapshots;
    for (const std::string& name : names) snapshots.push_back(Snapshot(name));
    const Registry::Page page = PageOf(snapshots, more);
    EXPECT_TRUE(MessageDifferencer::Equals(Parsed(ListBytes(page, kNoStep)), Converted(page)));
    // The second time they are made of what was kept.
    EXPECT_TRUE(MessageDifferencer::Equals(Parsed(ListBytes(page, kNoStep)), Converted(page)));
  }
}

TEST(ListBytesTest, ChangedDaemonIsShownChanged) {
  const Registry::Page before = PageOf({Snapshot("a")}, false);
  ListBytes(before, kNoStep);
  DaemonSnapshot changed = *before.daemons[0];
  changed.reason = "for another reason";
  const Registry::Page after = PageOf({changed}, false);
  EXPECT_EQ(Parsed(ListBytes(after, kNoStep)).daemons(0).reason(), "for another reason");
  EXPECT_EQ(Parsed(ListBytes(before, kNoStep)).daemons(0).reason(), "because");
}

TEST(ListBytesTest, TimesMoveWhenTheWallClockIsSetAndBack) {
  DaemonSnapshot daemon = Snapshot("a");
  daemon.start_time = absl::FromUnixSeconds(1000);
  const Registry::Page page = PageOf({daemon}, false);
  for (const int step : {0, 50, 50, -50, 0}) {
    const v1::ListResponse response = Parsed(ListBytes(page, absl::Seconds(step)));
    EXPECT_EQ(response.daemons(0).start_time().seconds(), 1000 + step);
  }
}

}  // namespace
}  // namespace hob
