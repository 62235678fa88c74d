#include "server/metrics/tree_meter.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/clock/simulated_clock.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

DaemonSnapshotPtr Daemon(const std::string& name, pid_t pid) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = name;
  auto daemon = std::make_shared<DaemonSnapshot>();
  daemon->spec = std::move(spec);
  daemon->pid = pid;
  return daemon;
}

// Simulates readings that take 10 ms each and return the CPU time `cpu_`.
class TreeMeterTest : public testing::Test {
 protected:
  absl::optional<TreeUsage> Read(const std::string& name, pid_t) {
    clock_.Advance(absl::Milliseconds(10));
    read_.push_back(name);
    if (gone_) return absl::nullopt;
    TreeUsage usage;
    usage.cpu = cpu_;
    return usage;
  }

  // Plays one round; returns the names it read.
  std::vector<std::string> Look(const std::vector<DaemonSnapshotPtr>& daemons) {
    read_.clear();
    usages_ = meter_.Look(daemons);
    EXPECT_EQ(usages_.size(), daemons.size());
    return read_;
  }

  // Returns the CPU time of each daemon in the last round, in whole seconds; -1 if unknown.
  std::vector<int64_t> Seconds() const {
    std::vector<int64_t> seconds;
    for (const auto& usage : usages_) {
      seconds.push_back(usage.has_value() ? *usage->cpu / absl::Seconds(1) : -1);
    }
    return seconds;
  }

  SimulatedClock clock_;
  absl::Duration cpu_ = absl::Seconds(1);
  bool gone_ = false;
  std::vector<std::string> read_;
  std::vector<absl::optional<TreeUsage>> usages_;
  TreeMeter meter_{{[] {}, [this](const std::string& n, pid_t p) { return Read(n, p); }},
                   clock_,
                   absl::Milliseconds(30)};
};

TEST_F(TreeMeterTest, ReadsOnlyDaemonsWithAProcess) {
  EXPECT_THAT(Look({Daemon("a", 1), Daemon("b", 0), Daemon("c", 3)}), ElementsAre("a", "c"));
  EXPECT_THAT(Seconds(), ElementsAre(1, -1, 1));
}

TEST_F(TreeMeterTest, DaemonNotReachedKeepsItsFiguresAndComesFirstNextTime) {
  std::vector<DaemonSnapshotPtr> daemons;
  for (char name = 'a'; name <= 'e'; ++name) daemons.push_back(Daemon(std::string(1, name), name));
  EXPECT_THAT(Look(daemons), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Seconds(), ElementsAre(1, 1, 1, -1, -1));
  cpu_ = absl::Seconds(2);
  EXPECT_THAT(Look(daemons), ElementsAre("d", "e", "a"));
  EXPECT_THAT(Seconds(), ElementsAre(2, 1, 1, 2, 2));
  EXPECT_THAT(Look(daemons), ElementsAre("b", "c", "d"));
}

TEST_F(TreeMeterTest, CpuTimeOfAnInstanceNeverDecreases) {
  Look({Daemon("a", 1)});
  cpu_ = absl::ZeroDuration();
  Look({Daemon("a", 1)});
  EXPECT_THAT(Seconds(), ElementsAre(1));
  Look({Daemon("a", 2)});
  EXPECT_THAT(Seconds(), ElementsAre(0)) << "another instance";
}

TEST_F(TreeMeterTest, ForgetsFiguresOfEndedInstances) {
  Look({Daemon("a", 1)});
  gone_ = true;
  Look({Daemon("a", 1)});
  EXPECT_THAT(Seconds(), ElementsAre(-1));
  gone_ = false;
  Look({Daemon("a", 1)});
  Look({Daemon("a", 0)});
  EXPECT_THAT(Seconds(), ElementsAre(-1));
}

TEST_F(TreeMeterTest, DaemonsMayComeAndGoBetweenRounds) {
  EXPECT_THAT(Look({}), IsEmpty());
  Look({Daemon("a", 1), Daemon("b", 2), Daemon("c", 3), Daemon("d", 4)});
  // The next daemon in turn is gone.
  EXPECT_THAT(Look({Daemon("a", 1), Daemon("e", 5)}), ElementsAre("e", "a"));
  EXPECT_THAT(Look({Daemon("a", 1)}), ElementsAre("a"));
}

}  // namespace
}  // namespace hob
