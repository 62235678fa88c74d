#include "server/output/leftover_output.h"

#include <atomic>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using ::testing::ElementsAre;

// Holds the state shared by a test and the thread.
struct Disk {
  std::atomic<bool> full{true};
  std::atomic<int> tries{0};
};

class FakeItem : public LeftoverOutput::Item {
 public:
  explicit FakeItem(Disk& disk) : disk_(disk) {}

  void TryWrite() override {
    ++disk_.tries;
    if (!disk_.full) left_ = 0;
  }
  int64_t left() const override { return left_; }
  const std::string& daemon() const override { return daemon_; }
  std::string problem() const override { return "log stalled: full"; }

 private:
  const std::string daemon_ = "web";
  Disk& disk_;
  int64_t left_ = 7;
};

class LeftoverOutputTest : public testing::Test {
 protected:
  void Add() { leftovers_->Add(std::make_unique<FakeItem>(disk_)); }
  // Calls Finish and waits for `done`.
  void Finish(int tries) {
    absl::Notification done;
    leftovers_->Finish(tries, [&done] { done.Notify(); });
    done.WaitForNotification();
  }
  std::vector<std::string> Lines() {
    absl::MutexLock lock(&mu_);
    return lines_;
  }
  void AwaitLines(size_t count) {
    const auto enough = [this, count] { return lines_.size() >= count; };
    absl::MutexLock lock(&mu_, absl::Condition(&enough));
  }

  static constexpr char kWaits[] =
      "web is gone; log stalled: full; keeping its last 7 bytes until the log can be written";
  static constexpr char kWritten[] = "web is gone; its last output is now in its log";
  static constexpr char kLost[] = "web is gone; log stalled: full; its last 7 bytes are lost";

  absl::Mutex mu_;
  std::vector<std::string> lines_;
  Disk disk_;
  std::unique_ptr<LeftoverOutput> leftovers_ =
      std::make_unique<LeftoverOutput>([this](const std::string& line) {
        absl::MutexLock lock(&mu_);
        lines_.push_back(line);
      });
};

TEST_F(LeftoverOutputTest, WritesOutputOnceThatIsPossible) {
  Add();
  disk_.full = false;
  AwaitLines(2);
  EXPECT_THAT(Lines(), ElementsAre(kWaits, kWritten));
}

TEST_F(LeftoverOutputTest, FinishesAtOnceWhenEmpty) {
  Finish(1000);
  EXPECT_THAT(Lines(), ElementsAre());
}

TEST_F(LeftoverOutputTest, ReportsLostOutputAfterTheLastTry) {
  Add();
  Finish(2);
  EXPECT_THAT(Lines(), ElementsAre(kWaits, kLost));
  EXPECT_GE(disk_.tries, 2);
}

TEST_F(LeftoverOutputTest, OutputWrittenMeanwhileIsNotLost) {
  Add();
  disk_.full = false;
  Finish(1);
  EXPECT_THAT(Lines(), ElementsAre(kWaits, kWritten));
}

TEST_F(LeftoverOutputTest, LastTriesCanBeSkipped) {
  Add();
  leftovers_->SkipRetries();
  Finish(1'000'000);
  EXPECT_THAT(Lines(), ElementsAre(kWaits, kLost));
}

TEST_F(LeftoverOutputTest, DestructorReportsLostOutput) {
  Add();
  leftovers_ = nullptr;
  EXPECT_THAT(Lines(), ElementsAre(kWaits, kLost));
}

}  // namespace
}  // namespace hob
