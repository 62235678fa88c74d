#include "server/registry/change_reader.h"

#include <map>
#include <memory>
#include <thread>

#include "absl/random/random.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/errors/errors.h"
#include "server/registry/testing/follower.h"

namespace hob {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

DaemonSnapshotPtr Daemon(const std::string& name, const std::string& reason) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = name;
  auto snapshot = std::make_shared<DaemonSnapshot>();
  snapshot->spec = std::move(spec);
  snapshot->reason = reason;
  snapshot->runs = std::make_shared<const EndedRuns>();
  return snapshot;
}

bool Everybody(const std::string&) { return true; }

ChangeReader Open(const Registry& registry, const std::string& token = "",
                  ChangeReader::Filter filter = Everybody) {
  absl::StatusOr<ChangeReader> reader = ChangeReader::Open(registry, std::move(filter), token);
  EXPECT_TRUE(reader.ok()) << reader.status();
  return *std::move(reader);
}

absl::Status ErrorOfOpen(const Registry& registry, const std::string& token) {
  return ChangeReader::Open(registry, Everybody, token).status();
}

// Returns, for example, "3 web=up", "3 -web", "3 synced" or "3 gap 7".
std::string Describe(const WatchEvent& event) {
  switch (event.kind) {
    case WatchEvent::Kind::kSynced:
      return absl::StrCat(event.sequence, " synced");
    case WatchEvent::Kind::kGap:
      return absl::StrCat(event.sequence, " gap ", event.missed);
    case WatchEvent::Kind::kDaemon:
      break;
  }
  if (event.removed) return absl::StrCat(event.sequence, " -", event.daemon->name());
  return absl::StrCat(event.sequence, " ", event.daemon->name(), "=", event.daemon->reason);
}

std::vector<std::string> ReadAll(ChangeReader& reader) {
  std::vector<std::string> events;
  while (absl::optional<WatchEvent> event = reader.Next()) events.push_back(Describe(*event));
  return events;
}

TEST(ChangeReaderTest, EmptyRegistryIsSyncedAtOnce) {
  Registry registry;
  ChangeReader reader = Open(registry);
  EXPECT_THAT(ReadAll(reader), ElementsAre("0 synced"));
}

TEST(ChangeReaderTest, SnapshotThenMarkerThenEveryChangeInOrder) {
  Registry registry;
  registry.Publish(Daemon("web", "old"));
  registry.Publish(Daemon("api", "up"));
  registry.Publish(Daemon("web", "up"));
  ChangeReader reader = Open(registry);
  EXPECT_THAT(ReadAll(reader), ElementsAre("3 api=up", "3 web=up", "3 synced"));
  registry.Publish(Daemon("web", "down"));
  registry.Publish(Daemon("new", "up"));
  registry.Remove("api");
  registry.Remove("nobody");
  EXPECT_THAT(ReadAll(reader), ElementsAre("4 web=down", "5 new=up", "6 -api"));
  EXPECT_THAT(ReadAll(reader), IsEmpty());
}

TEST(ChangeReaderTest, ReportsChangesDuringTheSnapshotAfterIt) {
  Registry registry;
  registry.Publish(Daemon("api", "up"));
  registry.Publish(Daemon("web", "up"));
  ChangeReader reader = Open(registry);
  EXPECT_EQ(Describe(*reader.Next()), "2 api=up");
  registry.Publish(Daemon("api", "down"));
  registry.Publish(Daemon("web", "down"));
  EXPECT_THAT(ReadAll(reader), ElementsAre("2 web=up", "2 synced", "3 api=down", "4 web=down"));
}

TEST(ChangeReaderTest, OnlyChangesHaveATime) {
  Registry registry;
  registry.Publish(Daemon("web", "up"));
  ChangeReader reader = Open(registry);
  EXPECT_FALSE(reader.Next()->time.has_value());
  EXPECT_FALSE(reader.Next()->time.has_value());
  registry.Publish(Daemon("web", "down"));
  EXPECT_TRUE(reader.Next()->time.has_value());
}

TEST(ChangeReaderTest, FilterSelectsDaemons) {
  Registry registry;
  for (const char* name : {"api", "web-1", "web-2"}) registry.Publish(Daemon(name, "up"));
  ChangeReader reader =
      Open(registry, "", [](const std::string& name) { return absl::StartsWith(name, "web"); });
  EXPECT_THAT(ReadAll(reader), ElementsAre("3 web-1=up", "3 web-2=up", "3 synced"));
  // Publishes more consecutive filtered changes than a batch holds.
  for (int i = 0; i < 3 * ChangeReader::kBatch; ++i) registry.Publish(Daemon("api", "again"));
  registry.Publish(Daemon("web-3", "up"));
  registry.Remove("api");
  EXPECT_THAT(ReadAll(reader), ElementsAre("52 web-3=up"));
  EXPECT_EQ(reader.sequence(), 53);
}

TEST(ChangeReaderTest, ResumesAfterEveryEvent) {
  Registry registry;
  for (int i = 0; i < 5; ++i) registry.Publish(Daemon(absl::StrCat("d", i), "up"));
  ChangeReader reader = Open(registry);
  std::vector<WatchEvent> events;
  while (absl::optional<WatchEvent> event = reader.Next()) events.push_back(*event);
  for (int i = 0; i < 40; ++i) registry.Publish(Daemon(absl::StrCat("d", i % 7), "changed"));
  while (absl::optional<WatchEvent> event = reader.Next()) events.push_back(*event);
  ASSERT_EQ(events.size(), 5 + 1 + 40);
  // A token from within the snapshot starts over.
  for (int i = 0; i < 5; ++i) {
    ChangeReader again = Open(registry, events[i].resume_token);
    const std::vector<std::string> seen = ReadAll(again);
    ASSERT_EQ(seen.size(), 7 + 1);
    EXPECT_EQ(seen.back(), "45 synced");
  }
  for (int i = 5; i < events.size(); ++i) {
    std::vector<std::string> expected;
    for (int j = i + 1; j < events.size(); ++j) expected.push_back(Describe(events[j]));
    expected.push_back("45 synced");
    ChangeReader again = Open(registry, events[i].resume_token);
    EXPECT_EQ(ReadAll(again), expected) << i;
  }
}

TEST(ChangeReaderTest, TokenOfAnotherStartIsTooOld) {
  Registry registry;
  Registry other;
  other.Publish(Daemon("web", "up"));
  ChangeReader reader = Open(other);
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = ErrorOfOpen(registry, reader.Next()->resume_token);
    EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(GetErrorReason(status).reason, "RESUME_TOKEN_TOO_OLD");
  }
}

TEST(ChangeReaderTest, TokenIsTooOldWhenItsNextChangeIsNotKept) {
  Registry registry(/*kept_changes=*/4);
  ChangeReader reader = Open(registry);
  const std::string token = reader.Next()->resume_token;
  for (int i = 1; i <= 4; ++i) registry.Publish(Daemon("web", absl::StrCat(i)));
  ChangeReader again = Open(registry, token);
  EXPECT_THAT(ReadAll(again), ElementsAre("1 web=1", "2 web=2", "3 web=3", "4 web=4", "4 synced"));
  registry.Publish(Daemon("web", "5"));
  EXPECT_EQ(ErrorOfOpen(registry, token).code(), absl::StatusCode::kOutOfRange);
}

TEST(ChangeReaderTest, RejectsMalformedTokens) {
  Registry registry;
  const std::string boot = registry.boot_id();
  for (const std::string& token : {std::string("x"), boot, boot + "-", boot + "--1", boot + "-1",
                                   boot + "-x", boot + "-99999999999999999999", std::string("-")}) {
    const absl::Status status = ErrorOfOpen(registry, token);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << token;
    EXPECT_EQ(GetErrorReason(status).reason, "INVALID_RESUME_TOKEN");
  }
}

TEST(ChangeReaderTest, SlowReaderGetsAGapAndFreshState) {
  Registry registry(/*kept_changes=*/4);
  registry.Publish(Daemon("gone", "up"));
  registry.Publish(Daemon("web", "up"));
  ChangeReader reader = Open(registry);
  EXPECT_THAT(ReadAll(reader), ElementsAre("2 gone=up", "2 web=up", "2 synced"));
  registry.Remove("gone");
  for (int i = 0; i < 4; ++i) registry.Publish(Daemon("web", absl::StrCat(i)));
  const WatchEvent gap = *reader.Next();
  EXPECT_EQ(Describe(gap), "7 gap 5");
  EXPECT_THAT(ReadAll(reader), ElementsAre("7 web=3", "7 synced"));
  ChangeReader again = Open(registry, gap.resume_token);
  EXPECT_THAT(ReadAll(again), ElementsAre("7 web=3", "7 synced"));
  registry.Publish(Daemon("web", "later"));
  EXPECT_THAT(ReadAll(reader), ElementsAre("8 web=later"));
}

TEST(ChangeReaderTest, ReaderTooSlowForASnapshotGetsAnother) {
  Registry registry(/*kept_changes=*/2);
  registry.Publish(Daemon("a", "1"));
  registry.Publish(Daemon("b", "1"));
  ChangeReader reader = Open(registry);
  EXPECT_EQ(Describe(*reader.Next()), "2 a=1");
  for (int i = 2; i < 5; ++i) registry.Publish(Daemon("a", absl::StrCat(i)));
  EXPECT_THAT(ReadAll(reader),
              ElementsAre("2 b=1", "2 synced", "5 gap 3", "5 a=4", "5 b=1", "5 synced"));
}

TEST(ChangeReaderTest, ReadersShareASnapshot) {
  Registry registry;
  registry.Publish(Daemon("web", "up"));
  const auto moment = registry.Now();
  EXPECT_EQ(registry.Now(), moment);
  registry.Publish(Daemon("web", "down"));
  EXPECT_NE(registry.Now(), moment);
}

TEST(ChangeReaderTest, FeedAndListAgreeAfterTenThousandRandomOperations) {
  Registry registry;
  Follower follower(registry);
  absl::BitGen random;
  const auto one_operation = [&](int i) {
    const std::string name = absl::StrCat("d", absl::Uniform(random, 0, 50));
    if (absl::Bernoulli(random, 0.2)) {
      registry.Remove(name);
    } else {
      registry.Publish(Daemon(name, absl::StrCat(i)));
    }
  };
  for (int i = 0; i < 10000; ++i) {
    one_operation(i);
    if (absl::Bernoulli(random, 0.01)) follower.Follow();
  }
  follower.Follow();
  EXPECT_EQ(follower.Known(), registry.All());
  EXPECT_EQ(follower.gaps(), 0);
}

TEST(ChangeReaderTest, FollowersConvergeDespiteManyThreads) {
  // Keeps so few changes that some readers fall behind.
  Registry registry(/*kept_changes=*/64);
  std::vector<std::unique_ptr<Follower>> followers;
  for (int i = 0; i < 4; ++i) followers.push_back(std::make_unique<Follower>(registry));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&registry, i] {
      for (int j = 0; j < 2500; ++j) {
        const std::string name = absl::StrCat("d", i, "-", j % 5);
        if (j % 7 == 0) {
          registry.Remove(name);
        } else {
          registry.Publish(Daemon(name, absl::StrCat(j)));
        }
      }
    });
    threads.emplace_back([&follower = *followers[i]] {
      for (int j = 0; j < 1000; ++j) follower.Follow();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& follower : followers) {
    follower->Follow();
    EXPECT_EQ(follower->Known(), registry.All());
  }
}

}  // namespace
}  // namespace hob
