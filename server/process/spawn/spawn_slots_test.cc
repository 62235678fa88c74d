// The slot numbers depend on descriptors that other threads open and close concurrently, but the
// contents that a child finds do not.
#include "server/process/spawn/spawn_slots.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/process/testing/process_test_env.h"

namespace hob {
namespace {

using testing::ElementsAre;

// Runs a thread that constantly opens and closes the lowest free descriptors.
class DescriptorChurn {
 public:
  DescriptorChurn() : thread_([this] { Loop(); }) {}
  ~DescriptorChurn() {
    ending_ = true;
    thread_.join();
  }

 private:
  void Loop() {
    while (!ending_) {
      std::vector<UniqueFd> held;
      for (int i = 0; i < 16; ++i) held.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
    }
  }

  std::atomic<bool> ending_{false};
  std::thread thread_;
};

class SpawnSlotsTest : public testing::Test {
 protected:
  void SetUp() override {
    record_.Reset(open(absl::StrCat(NewDirectory("record"), "/record").c_str(),
                       O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_TRUE(record_.ok());
  }

  UniqueFd record_;
};

TEST_F(SpawnSlotsTest, WhateverNumbersTheyGetNoSlotIsAnothers) {
  const DescriptorChurn churn;
  for (int round = 0; round < 500; ++round) {
    const auto slots = SpawnSlots::Create(record_.get());
    ASSERT_TRUE(slots.ok()) << slots.status();
    const UniqueFd ready(dup(record_.get()));
    const SpawnSlots::Lease first = (*slots)->Pass({ready.get(), ready.get()});
    const SpawnSlots::Lease second = (*slots)->Pass({ready.get()});
    ASSERT_EQ(first.places().size(), 2u);
    ASSERT_EQ(second.places().size(), 1u);
    const std::set<int> numbers = {(*slots)->hold_slot(), (*slots)->record_slot(),
                                   first.places()[0], first.places()[1], second.places()[0]};
    EXPECT_EQ(numbers.size(), 5u);
    EXPECT_GT(*numbers.begin(), STDERR_FILENO);
  }
}

TEST_F(SpawnSlotsTest, ChildFindsTheDescriptorsThemselvesWhereTheSlotsAreTooFew) {
  const auto slots = SpawnSlots::Create(record_.get());
  ASSERT_TRUE(slots.ok()) << slots.status();
  const std::vector<int> many(49, record_.get());
  EXPECT_EQ((*slots)->Pass(many).places(), many);
  const std::vector<int> most(48, record_.get());
  const std::vector<int> few(2, record_.get());
  for (int round = 0; round < 2; ++round) {
    const SpawnSlots::Lease all = (*slots)->Pass(most);
    EXPECT_EQ(std::set<int>(all.places().begin(), all.places().end()).size(), most.size());
    EXPECT_EQ((*slots)->Pass(few).places(), few);
  }
  EXPECT_NE((*slots)->Pass(few).places(), few);
}

TEST_F(SpawnSlotsTest, SpawnThatNeedsManySlotsGetsThemWhenTheyAreFree) {
  const auto slots = SpawnSlots::Create(record_.get());
  ASSERT_TRUE(slots.ok()) << slots.status();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, count = size_t(i % 2 == 0 ? 40 : 3)] {
      for (int round = 0; round < 200; ++round) {
        const auto passed = (*slots)->Pass(std::vector<int>(count, record_.get()));
        EXPECT_EQ(passed.places().size(), count);
        EXPECT_EQ(passed.error(), 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_NE((*slots)->Pass({record_.get()}).places()[0], record_.get());
}

TEST_F(SpawnSlotsTest, ChildrenFindWhatIsTheirsHoweverTheSlotsWereNumbered) {
  const DescriptorChurn churn;
  for (int round = 0; round < 300 && !HasFailure(); ++round) {
    std::string why_not;
    const auto spawner = NewSpawner(ContainmentMode::kSession, &why_not);
    ASSERT_NE(spawner, nullptr) << why_not;
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    SpawnRequest request = ChildRequest({"ready", "9"});
    request.stdin_target.kind = StdioTarget::Kind::kHold;
    request.descriptors = {{9, write_end.get(), "ready_fd"}};
    const auto instance = Spawned(spawner->Spawn(request));
    ASSERT_NE(instance, nullptr) << "round " << round;
    write_end.Reset();
    AwaitReady(read_end.get(), POLLIN);
    char text[2];
    EXPECT_EQ(read(read_end.get(), text, sizeof(text)), 1);
    EXPECT_EQ(ExitCode(AwaitEnd(instance.get())), 0);
    EXPECT_TRUE(instance->IsGone());
    // End of file: neither a slot nor another child has a copy.
    EXPECT_EQ(read(read_end.get(), text, sizeof(text)), 0);
  }
}

// The program gets exactly the requested descriptors and none of the server's.
TEST_F(SpawnSlotsTest, NothingElseReachesTheProgram) {
  const DescriptorChurn churn;
  for (int round = 0; round < 20 && !HasFailure(); ++round) {
    std::string why_not;
    const auto spawner = NewSpawner(ContainmentMode::kSession, &why_not);
    ASSERT_NE(spawner, nullptr) << why_not;
    SpawnRequest request = ChildRequest({});
    request.stdin_target.kind = StdioTarget::Kind::kHold;
    EXPECT_THAT(All(ShowState(spawner.get(), request), "fd"),
                ElementsAre("0 pipe r", "1 /dev/null rw", "2 /dev/null rw"));
  }
}

}  // namespace
}  // namespace hob
