#include "server/capacity.h"

#include <sys/resource.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

DaemonSpecs Daemons(int count, const DaemonSpec& like = DaemonSpec()) {
  DaemonSpecs daemons;
  for (int i = 0; i < count; ++i) {
    daemons[absl::StrCat("d", i)] = std::make_shared<const DaemonSpec>(like);
  }
  return daemons;
}

// Returns the needs of one more daemon.
Capacity OneMore(const DaemonSpec& daemon) {
  const Capacity one = Capacity::NeededFor(Daemons(1, daemon));
  const Capacity two = Capacity::NeededFor(Daemons(2, daemon));
  return {two.descriptors - one.descriptors, two.processes - one.processes,
          two.mappings - one.mappings, two.memory - one.memory};
}

TEST(CapacityTest, DaemonNeedsThreeDescriptorsAndTwoProcesses) {
  EXPECT_EQ(OneMore(DaemonSpec()).descriptors, 3);
  EXPECT_EQ(OneMore(DaemonSpec()).processes, 2);
}

TEST(CapacityTest, CountsTheDescriptorsThatADaemonUses) {
  DaemonSpec joined;
  joined.stderr_mode = OutputMode::kStdout;
  EXPECT_EQ(OneMore(joined).descriptors, 2);
  DaemonSpec silent = joined;
  silent.stdout_mode = OutputMode::kNull;
  EXPECT_EQ(OneMore(silent).descriptors, 1);
  DaemonSpec notifying;
  notifying.ready = ReadyMode::kNotify;
  EXPECT_EQ(OneMore(notifying).descriptors, 4);
}

TEST(CapacityTest, ExactCapacityFits) {
  EXPECT_TRUE(CheckFits(Daemons(100), Capacity::NeededFor(Daemons(100))).ok());
}

TEST(CapacityTest, EachShortageNamesTheLimitAndItsNewValue) {
  const DaemonSpecs daemons = Daemons(10'000);
  const Capacity needed = Capacity::NeededFor(daemons);
  const struct {
    int64_t Capacity::*what;
    const char* remedy;
  } cases[] = {{&Capacity::descriptors, "LimitNOFILE="},
               {&Capacity::processes, "kernel.pid_max"},
               {&Capacity::mappings, "vm.max_map_count"},
               {&Capacity::memory, "memory or swap"}};
  for (const auto& c : cases) {
    Capacity available = needed;
    --(available.*c.what);
    const absl::Status status = CheckFits(daemons, available);
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(
        std::string(status.message()),
        AllOf(HasSubstr("no room for 10000 daemons"), HasSubstr(c.remedy),
              HasSubstr(absl::StrCat("but only ", available.*c.what)),
              HasSubstr(absl::StrCat("to at least ", needed.*c.what)), Not(HasSubstr(";"))));
  }
}

TEST(CapacityTest, MachineCapacityUsesTheLimitOfThisProcess) {
  rlimit before = {};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit lowered = {123, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &lowered);
  EXPECT_EQ(Capacity::OfMachine().descriptors, 123);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_GT(Capacity::OfMachine().processes, 0);
  EXPECT_GT(Capacity::OfMachine().memory, 1 << 20);
}

TEST(CapacityTest, RejectsAConfigurationThatDoesNotFit) {
  const TestDirectory directory;
  const std::string path = directory.Write("hob.ini", "[os_daemons]\nweb = /bin/cat\n");
  const LoadedConfig fits = LoadConfigThatFits({path}, Capacity::OfMachine());
  EXPECT_TRUE(fits.ok());
  EXPECT_EQ(fits.config.daemons.size(), 1);

  Capacity full = Capacity::OfMachine();
  full.descriptors = 0;
  const LoadedConfig does_not = LoadConfigThatFits({path}, full);
  ASSERT_EQ(does_not.errors.size(), 1);
  EXPECT_THAT(does_not.errors[0].ToString(),
              AllOf(HasSubstr(path), HasSubstr("no room for 1 daemon: ")));
}

TEST(CapacityTest, DoesNotMeasureAnInvalidConfiguration) {
  const LoadedConfig loaded = LoadConfigThatFits({"/nonexistent/hob.ini"}, Capacity());
  ASSERT_EQ(loaded.errors.size(), 1);
  EXPECT_THAT(loaded.errors[0].ToString(), Not(HasSubstr("no room")));
}

}  // namespace
}  // namespace hob
