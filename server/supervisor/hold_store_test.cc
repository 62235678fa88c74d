#include "server/supervisor/hold_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/clock/simulated_clock.h"
#include "server/errors/errors.h"
#include "server/testing/failing_calls.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class HoldStoreTest : public testing::Test {
 protected:
  // Returns a store as the next server has it.
  std::unique_ptr<HoldStore> Open(const std::string& boot_id = "this boot") {
    auto store = std::make_unique<HoldStore>(path_, boot_id, clock_);
    loaded_ = store->Load();
    return store;
  }

  std::shared_ptr<const Hold> MakeHold(absl::Duration lasts = absl::Hours(1)) {
    const absl::Time now = clock_.Now().wall;
    return std::make_shared<const Hold>(Hold{"alice (uid 1001)", "disk\nswap", now, now + lasts});
  }

  std::string Text() {
    std::ifstream file(path_);
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }

  const TestDirectory directory_;
  const std::string path_ = directory_.PathOf("holds");
  SimulatedClock clock_;
  absl::Status loaded_;
};

TEST_F(HoldStoreTest, AHoldOutlivesTheServer) {
  const std::shared_ptr<const Hold> hold = MakeHold();
  EXPECT_TRUE(Open()->Put("web", hold).ok());
  const auto next = Open();
  EXPECT_TRUE(loaded_.ok()) << loaded_;
  ASSERT_NE(next->Find("web"), nullptr);
  EXPECT_TRUE(Equal(*next->Find("web"), *hold));
  EXPECT_EQ(next->Find("db"), nullptr);
  struct stat file;
  ASSERT_EQ(stat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0600) << "reasons are for those who may see the daemons";
}

TEST_F(HoldStoreTest, AHoldWithoutAnEndOutlivesTheServer) {
  Hold hold = *MakeHold();
  hold.expire_time.reset();
  EXPECT_TRUE(Open()->Put("web", std::make_shared<const Hold>(hold)).ok());
  EXPECT_FALSE(Open()->Find("web")->expire_time.has_value());
}

TEST_F(HoldStoreTest, ALaterHoldReplacesAnEarlierOne) {
  const auto store = Open();
  EXPECT_TRUE(store->Put("web", MakeHold()).ok());
  EXPECT_TRUE(store->Put("web", MakeHold(absl::Hours(2))).ok());
  EXPECT_TRUE(Equal(*Open()->Find("web"), *MakeHold(absl::Hours(2))));
}

TEST_F(HoldStoreTest, TheFileIsGoneWithTheLastHold) {
  const auto store = Open();
  EXPECT_TRUE(store->Put("web", MakeHold()).ok());
  EXPECT_TRUE(store->Put("db", MakeHold()).ok());
  EXPECT_TRUE(store->Erase("web").ok());
  EXPECT_EQ(Open()->Find("web"), nullptr);
  EXPECT_NE(Open()->Find("db"), nullptr);
  EXPECT_TRUE(store->Erase("db").ok());
  EXPECT_TRUE(store->Erase("never held").ok());
  EXPECT_NE(access(path_.c_str(), F_OK), 0);
}

TEST_F(HoldStoreTest, HoldsOfUnknownDaemonsAreForgotten) {
  const auto store = Open();
  for (const char* daemon : {"db", "gone", "web"}) {
    EXPECT_TRUE(store->Put(daemon, MakeHold()).ok());
  }
  EXPECT_THAT(store->KeepOnly({"db", "web"}), ElementsAre("gone"));
  EXPECT_EQ(Open()->Find("gone"), nullptr);
  EXPECT_NE(Open()->Find("db"), nullptr);
}

// The next server counts its wall clock from a clock that was set: times move along with it.
TEST_F(HoldStoreTest, AClockThatIsSetDoesNotMoveTheEnd) {
  class ClockSetBefore : public SimulatedClock {
   public:
    Timestamp Now() const override { return {clock.Now().monotonic, clock.Now().wall + step}; }
    absl::Time BootTime() const override { return clock.BootTime() + step; }
    explicit ClockSetBefore(const Clock& its_clock) : clock(its_clock) {}
    const Clock& clock;
    const absl::Duration step = absl::Hours(-5);
  };
  EXPECT_TRUE(Open()->Put("web", MakeHold()).ok());
  clock_.JumpWall(absl::Hours(-5));
  clock_.Advance(absl::Minutes(10));
  const ClockSetBefore clock(clock_);
  HoldStore store(path_, "this boot", clock);
  EXPECT_TRUE(store.Load().ok());
  EXPECT_EQ(*store.Find("web")->expire_time - clock.Now().wall, absl::Minutes(50));
  EXPECT_EQ(clock.Now().wall - store.Find("web")->create_time, absl::Minutes(10));
}

TEST_F(HoldStoreTest, OverARebootTheWallClockCounts) {
  clock_.JumpWall(absl::Hours(3));
  EXPECT_TRUE(Open()->Put("web", MakeHold()).ok());
  SimulatedClock after_boot;
  after_boot.Advance(absl::Hours(3) + absl::Minutes(59));
  HoldStore store(path_, "another boot", after_boot);
  EXPECT_TRUE(store.Load().ok());
  EXPECT_EQ(*store.Find("web")->expire_time - after_boot.Now().wall, absl::Minutes(1));
}

TEST_F(HoldStoreTest, ABrokenFileIsSetAside) {
  EXPECT_TRUE(Open()->Put("web", MakeHold()).ok());
  const std::string whole = Text();
  const std::string texts[] = {"",
                               "rubbish",
                               "hob-holds 2\n",
                               "hob-holds 1\nholds.size x\n",
                               whole.substr(0, whole.size() - 4),
                               std::string(100, '\0')};
  for (const std::string& text : texts) {
    SCOPED_TRACE(text);
    directory_.Write("holds", text);
    const auto store = Open();
    EXPECT_EQ(loaded_.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(loaded_.message()),
                EndsWith("; no daemon is held; moved to " + path_ + ".broken"));
    EXPECT_EQ(store->Find("web"), nullptr);
    EXPECT_TRUE(store->Put("db", MakeHold()).ok());
    EXPECT_NE(Open()->Find("db"), nullptr);
    std::ifstream broken(path_ + ".broken");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(broken), {}), text);
  }
}

// Whichever call fails, the file holds the old state or the new one, and the answer says which.
TEST_F(HoldStoreTest, AFailedWriteChangesNothing) {
  const auto store = Open();
  EXPECT_TRUE(store->Put("db", MakeHold()).ok());
  for (const char* call : {"open", "write", "fsync", "rename"}) {
    for (int number = 1; number <= 2; ++number) {
      SCOPED_TRACE(call);
      absl::Status put;
      int failed = 0;
      {
        const FailingCalls calls({call, number, false, ENOSPC});
        put = store->Put("web", MakeHold());
        failed = calls.failed();
      }
      if (failed == 0) {
        EXPECT_TRUE(put.ok());
        EXPECT_TRUE(store->Erase("web").ok());
        continue;
      }
      EXPECT_EQ(GetErrorReason(put).reason, "STATE_NOT_WRITABLE") << put;
      EXPECT_THAT(std::string(put.message()), HasSubstr("cannot write " + path_ + ": No space"));
      EXPECT_EQ(store->Find("web"), nullptr);
      EXPECT_NE(access((path_ + ".new").c_str(), F_OK), 0);
      EXPECT_NE(Open()->Find("db"), nullptr);
      EXPECT_TRUE(loaded_.ok()) << loaded_;
      // The next write makes up for whatever is in the file now.
      EXPECT_TRUE(store->Put("db", MakeHold()).ok());
      EXPECT_EQ(Open()->Find("web"), nullptr);
    }
  }
}

TEST_F(HoldStoreTest, TheLastHoldCanBeErasedOnAFullDisk) {
  const auto store = Open();
  EXPECT_TRUE(store->Put("web", MakeHold()).ok());
  const FailingCalls full({"write", 1, true, ENOSPC});
  EXPECT_TRUE(store->Erase("web").ok());
  EXPECT_EQ(Open()->Find("web"), nullptr);
}

TEST_F(HoldStoreTest, AnEraseThatCannotBeWrittenIsMadeUpForLater) {
  const auto store = Open();
  EXPECT_TRUE(store->Put("web", MakeHold()).ok());
  EXPECT_TRUE(store->Put("db", MakeHold()).ok());
  {
    const FailingCalls full({"write", 1, true, ENOSPC});
    EXPECT_EQ(GetErrorReason(store->Erase("web")).reason, "STATE_NOT_WRITABLE");
  }
  EXPECT_EQ(store->Find("web"), nullptr);
  EXPECT_NE(Open()->Find("web"), nullptr);
  EXPECT_TRUE(store->Put("db", MakeHold()).ok());
  EXPECT_EQ(Open()->Find("web"), nullptr);
}

TEST_F(HoldStoreTest, WithoutAPathHoldsStayInMemory) {
  HoldStore store("", "", clock_);
  EXPECT_TRUE(store.Load().ok());
  EXPECT_TRUE(store.Put("web", MakeHold()).ok());
  EXPECT_NE(store.Find("web"), nullptr);
}

}  // namespace
}  // namespace hob
