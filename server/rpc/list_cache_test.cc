#include "server/rpc/list_cache.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "hob/v1/supervisor.pb.h"
#include "server/clock/simulated_clock.h"

namespace hob {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void Publish(Registry& registry, const std::string& name, const std::string& reason) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = name;
  auto snapshot = std::make_shared<DaemonSnapshot>();
  snapshot->spec = spec;
  snapshot->runs = std::make_shared<const EndedRuns>();
  snapshot->reason = reason;
  registry.Publish(snapshot);
}

v1::ListResponse Parsed(const grpc::Slice& bytes) {
  v1::ListResponse response;
  EXPECT_TRUE(response.ParseFromArray(bytes.begin(), bytes.size()));
  return response;
}

// "name: reason" each, and "..." where there are more.
std::vector<std::string> Shown(const grpc::Slice& bytes) {
  const v1::ListResponse response = Parsed(bytes);
  std::vector<std::string> shown;
  for (const v1::Daemon& daemon : response.daemons()) {
    shown.push_back(daemon.name() + ": " + daemon.reason());
  }
  if (!response.next_page_token().empty()) shown.push_back("...");
  return shown;
}

TEST(ListCacheTest, EveryChangeIsInTheNextAnswer) {
  Registry registry;
  ListCache cache(registry);
  EXPECT_THAT(Shown(cache.FirstPage(9)), IsEmpty());
  Publish(registry, "b", "new");
  EXPECT_THAT(Shown(cache.FirstPage(9)), ElementsAre("b: new"));
  Publish(registry, "a", "new");
  EXPECT_THAT(Shown(cache.FirstPage(9)), ElementsAre("a: new", "b: new"));
  Publish(registry, "b", "changed");
  EXPECT_THAT(Shown(cache.FirstPage(9)), ElementsAre("a: new", "b: changed"));
  registry.Remove("a");
  EXPECT_THAT(Shown(cache.FirstPage(9)), ElementsAre("b: changed"));
}

TEST(ListCacheTest, BetweenTwoChangesAllGetTheSameBytes) {
  Registry registry;
  ListCache cache(registry);
  Publish(registry, "a", "new");
  const grpc::Slice first = cache.FirstPage(9);
  EXPECT_EQ(cache.FirstPage(9).begin(), first.begin());
  Publish(registry, "a", "changed");
  EXPECT_NE(cache.FirstPage(9).begin(), first.begin());
  // Who still sends the old answer sends it whole.
  EXPECT_THAT(Shown(first), ElementsAre("a: new"));
}

TEST(ListCacheTest, EachLimitGetsItsOwnPage) {
  Registry registry;
  ListCache cache(registry);
  for (const char* name : {"a", "b", "c"}) Publish(registry, name, "new");
  EXPECT_THAT(Shown(cache.FirstPage(2)), ElementsAre("a: new", "b: new", "..."));
  EXPECT_EQ(Parsed(cache.FirstPage(2)).next_page_token(), "b");
  EXPECT_THAT(Shown(cache.FirstPage(1)), ElementsAre("a: new", "..."));
  const grpc::Slice all = cache.FirstPage(3);
  EXPECT_THAT(Shown(all), ElementsAre("a: new", "b: new", "c: new"));
  // A limit that takes all of them takes the same.
  EXPECT_EQ(cache.FirstPage(5000).begin(), all.begin());
  EXPECT_THAT(Shown(cache.FirstPage(2)), ElementsAre("a: new", "b: new", "..."));
  EXPECT_THAT(Shown(cache.FirstPage(3)), ElementsAre("a: new", "b: new", "c: new"));
}

TEST(ListCacheTest, AWallClockThatIsSetMakesANewAnswer) {
  Registry registry;
  SimulatedClock clock;
  ListCache cache(registry, clock);
  auto daemon = std::make_shared<DaemonSnapshot>();
  daemon->spec = std::make_shared<const DaemonSpec>();
  daemon->runs = std::make_shared<const EndedRuns>();
  daemon->start_time = clock.Now().wall;
  registry.Publish(daemon);
  const auto age = [&] {
    const v1::Daemon listed = Parsed(cache.FirstPage(9)).daemons(0);
    return absl::ToUnixSeconds(clock.WallNow()) - listed.start_time().seconds();
  };
  clock.Advance(absl::Seconds(3));
  EXPECT_EQ(age(), 3);
  clock.JumpWall(absl::Hours(24 * 20000));
  EXPECT_EQ(age(), 3);
  const grpc::Slice bytes = cache.FirstPage(9);
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(age(), 4);
  EXPECT_EQ(cache.FirstPage(9).begin(), bytes.begin()) << "after the step, too, it is kept";
  clock.JumpWall(-absl::Hours(24 * 20000));
  EXPECT_EQ(age(), 4);
}

}  // namespace
}  // namespace hob
