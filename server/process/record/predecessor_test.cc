// EndPredecessor ends the processes that a killed server left running, and no others.
#include "server/process/record/predecessor.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/process/record/instance_record.h"
#include "server/process/testing/process_test_env.h"
#include "server/process/tree/stray_reaper.h"

namespace hob {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAreArray;

// Starts a process of the test's own with these arguments, in its own session; the test reaps it.
pid_t StartProgram(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t pid = -1;
  EXPECT_EQ(posix_spawn(&pid, argv[0], nullptr, &attributes, argv.data(), environ), 0) << words[0];
  posix_spawnattr_destroy(&attributes);
  return pid;
}

std::vector<pid_t> PidsOf(const PredecessorReport& report) {
  std::vector<pid_t> pids;
  for (const auto& ended : report.ended) pids.push_back(ended.pid);
  return pids;
}

class PredecessorTest : public testing::TestWithParam<ContainmentMode> {
 protected:
  PredecessorTest() { EXPECT_NE(mkdtemp(&run_dir_[0]), nullptr); }
  ~PredecessorTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(run_dir_, ignored);
  }

  void SetUp() override {
    std::string why_not;
    if (NewSpawner(GetParam(), &why_not) == nullptr) {
      GTEST_SKIP() << "no containment of this kind here: " << why_not;
    }
  }

  // Has a server start `child` with this behaviour, reads `lines` lines from it, and kills the
  // server.
  std::multimap<std::string, pid_t> LeftByAServer(const std::string& habit, int lines) {
    const pid_t server = StartProgram({TestProgram("doomed_server"), run_dir_,
                                       std::string(ContainmentModeName(GetParam())), "web",
                                       fifo_.path(), TestProgram("child"), habit});
    const auto pids = fifo_.ReadPids(lines);
    kill(server, SIGKILL);
    waitpid(server, nullptr, 0);
    return pids;
  }

  // Expects that all these processes have ended and are reported.
  static void ExpectEnded(const std::multimap<std::string, pid_t>& left,
                          const PredecessorReport& report) {
    EXPECT_THAT(report.problems, IsEmpty());
    EXPECT_THAT(report.left, IsEmpty());
    for (const auto& process : left) {
      EXPECT_THAT(PidsOf(report), Contains(process.second)) << process.first;
      EXPECT_FALSE(IsAlive(process.second)) << process.first;
    }
  }

  OutputFifo fifo_{"out"};
  // Other users cannot enter the test runner's directories.
  std::string run_dir_ = "/tmp/hob_predecessor_testXXXXXX";
};

TEST_P(PredecessorTest, DaemonsOfAKilledServerAreEnded) {
  const auto pids = LeftByAServer("pause", 1);
  const pid_t web = pids.find("ready")->second;
  ASSERT_TRUE(IsAlive(web));
  const PredecessorReport report = EndPredecessor(run_dir_, kPatience);
  EXPECT_THAT(report.problems, IsEmpty());
  ASSERT_THAT(PidsOf(report), ElementsAre(web));
  EXPECT_EQ(report.ended[0].daemon, "web");
  EXPECT_FALSE(IsAlive(web));
  EXPECT_THAT(EndPredecessor(run_dir_, kPatience).ended, IsEmpty());
}

TEST_P(PredecessorTest, ProcessThatIgnoresTermIsKilledAfterTheGrace) {
  const auto pids = LeftByAServer("ignore-term", 1);
  const PredecessorReport report = EndPredecessor(run_dir_, absl::Milliseconds(20));
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(PidsOf(report), ElementsAre(pids.find("ready")->second));
  EXPECT_FALSE(IsAlive(pids.find("ready")->second));
}

TEST_P(PredecessorTest, WhatALeaderLeftIsEndedToo) {
  const auto left = LeftByAServer("leave-behind", 2);
  ExpectEnded(left, EndPredecessor(run_dir_, kPatience));
}

// Neither session, parent nor environment identifies the process any more.
TEST_P(PredecessorTest, WhatHasGivenUpAllItInheritedIsEndedToo) {
  const auto left = LeftByAServer("leave-bare", 2);
  ExpectEnded(left, EndPredecessor(run_dir_, kPatience));
}

TEST_P(PredecessorTest, WhatBearsAnotherMarkIsSpared) {
  if (GetParam() == ContainmentMode::kControlGroup) GTEST_SKIP() << "the group tells whose it is";
  const auto stranger = LeftByAServer("daemonise-bare", 2);
  ASSERT_EQ(unlink(absl::StrCat(run_dir_, "/instances").c_str()), 0);
  LeftByAServer("daemonise-bare", 2);
  EXPECT_THAT(EndPredecessor(run_dir_, kPatience).ended, SizeIs(2));
  for (const auto& process : stranger) {
    EXPECT_TRUE(IsAlive(process.second));
    kill(process.second, SIGKILL);
  }
}

TEST_P(PredecessorTest, NoPredecessorIsNoProblem) {
  const PredecessorReport report = EndPredecessor(run_dir_, kPatience);
  EXPECT_THAT(report.ended, IsEmpty());
  EXPECT_THAT(report.problems, IsEmpty());
}

TEST_P(PredecessorTest, OrderlyEndLeavesNoRecord) {
  ProcessSpawner::Options options;
  options.run_dir = run_dir_;
  options.control_groups = GetParam() == ContainmentMode::kControlGroup;
  auto spawner = ProcessSpawner::Create(options);
  ASSERT_TRUE(spawner.ok()) << spawner.status();
  const std::string record = absl::StrCat(run_dir_, "/instances");
  EXPECT_EQ(access(record.c_str(), F_OK), 0);
  spawner->reset();
  EXPECT_NE(access(record.c_str(), F_OK), 0);
}

INSTANTIATE_TEST_SUITE_P(Containment, PredecessorTest,
                         testing::Values(ContainmentMode::kControlGroup, ContainmentMode::kSession),
                         ContainmentTestName);

// Makes the test act as another real and effective user until destroyed, and makes that user the
// owner of its files.
class AsOtherUser {
 public:
  explicit AsOtherUser(const std::string& run_dir) {
    for (const std::string& path : {run_dir, absl::StrCat(run_dir, "/instances")}) {
      EXPECT_EQ(chown(path.c_str(), kUser, kUser), 0) << path;
    }
    EXPECT_EQ(setresuid(kUser, kUser, 0), 0);
  }
  ~AsOtherUser() { EXPECT_EQ(setresuid(0, 0, 0), 0); }

  static constexpr uid_t kUser = 54398;
};

class RefusalTest : public PredecessorTest {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "to become another user and root again takes root";
    PredecessorTest::SetUp();
  }
};

// The daemon's processes are setuid root; the server has no rights.
TEST_P(RefusalTest, WhatRefusesSignalsIsLeftAtOnceWithTheReason) {
  const pid_t web = LeftByAServer("pause", 1).find("ready")->second;
  {
    const AsOtherUser other(run_dir_);
    const PredecessorReport report = EndPredecessor(run_dir_, absl::Hours(1), absl::Hours(1));
    EXPECT_THAT(report.problems, IsEmpty());
    EXPECT_THAT(report.ended, IsEmpty());
    ASSERT_THAT(report.left, SizeIs(1));
    EXPECT_EQ(report.left[0].daemon, "web");
    EXPECT_THAT(report.left[0].problems,
                ElementsAre(absl::StrCat(
                    "process ", web, " cannot be killed: Operation not permitted: process ", web,
                    " runs as uid 0, hobd as uid 54398 without CAP_KILL")));
  }
  kill(web, SIGKILL);
  AwaitEndOf(web);
}

TEST_P(RefusalTest, WhatIsLeftIsAnInstanceAndStaysInTheRecordUntilItIsGone) {
  const pid_t web = LeftByAServer("pause", 1).find("ready")->second;
  {
    const AsOtherUser other(run_dir_);
    ProcessSpawner::Options options;
    options.run_dir = run_dir_;
    options.control_groups = false;
    options.leftovers = EndPredecessor(run_dir_, kPatience).left;
    // The first server does not take the leftover, the second does.
    ASSERT_TRUE(ProcessSpawner::Create(options).ok());
    ASSERT_THAT(InstanceRecord::Read(run_dir_)->entries, SizeIs(1));
    options.leftovers = EndPredecessor(run_dir_, kPatience).left;
    const auto spawner = ProcessSpawner::Create(options);
    ASSERT_TRUE(spawner.ok()) << spawner.status();
    EXPECT_EQ((*spawner)->TakeLeftover("other"), nullptr);
    const std::unique_ptr<Instance> left = (*spawner)->TakeLeftover("web");
    ASSERT_NE(left, nullptr);
    EXPECT_EQ((*spawner)->TakeLeftover("web"), nullptr);
    EXPECT_FALSE(left->IsGone());
    EXPECT_TRUE(left->Contains(web));
    EXPECT_TRUE(absl::IsPermissionDenied(left->SignalTree(SIGKILL)));
    EXPECT_TRUE(absl::IsPermissionDenied(left->SignalMain(SIGHUP)));
    EXPECT_FALSE(left->TryReap().has_value());
    ASSERT_EQ(setresuid(0, 0, 0), 0);
    EXPECT_TRUE(left->SignalTree(SIGKILL).ok());
    AwaitEndOf(web);
    EXPECT_TRUE(left->IsGone());
    EXPECT_TRUE(absl::IsNotFound(left->SignalTree(SIGKILL)));
  }
  EXPECT_THAT(InstanceRecord::Read(run_dir_)->entries, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Containment, RefusalTest, testing::Values(ContainmentMode::kSession),
                         ContainmentTestName);

class ForgedRecordTest : public testing::Test {
 protected:
  ForgedRecordTest() : stranger_(StartProgram({"/bin/sleep", "1000000"})) {
    auto record = InstanceRecord::Create(run_dir_, "");
    EXPECT_TRUE(record.ok());
    // Forge the entry before the record's destructor removes the file.
    file_ = absl::StrCat(run_dir_, "/instances");
    InstanceRecordEntry entry;
    entry.pid = stranger_;
    strcpy(entry.name, "web");
    EXPECT_EQ(pwrite((*record)->fd(), &entry, sizeof(entry), InstanceRecord::Offset(0)),
              static_cast<ssize_t>(sizeof(entry)));
    EXPECT_EQ(link(file_.c_str(), (file_ + ".kept").c_str()), 0);
    record->reset();
    EXPECT_EQ(rename((file_ + ".kept").c_str(), file_.c_str()), 0);
  }
  ~ForgedRecordTest() override {
    kill(stranger_, SIGKILL);
    waitpid(stranger_, nullptr, 0);
  }

  void SetEntryTime(int64_t nanos) {
    const UniqueFd file(open(file_.c_str(), O_WRONLY | O_CLOEXEC));
    const off_t offset = InstanceRecord::Offset(0) + offsetof(InstanceRecordEntry, boot_time_nanos);
    ASSERT_EQ(pwrite(file.get(), &nanos, sizeof(nanos), offset),
              static_cast<ssize_t>(sizeof(nanos)));
  }

  const std::string run_dir_ = NewDirectory("run");
  const pid_t stranger_;
  std::string file_;
};

// Shows that the other tests of this class reject only the record itself.
TEST_F(ForgedRecordTest, RecordThatFitsIsBelieved) {
  SetEntryTime(int64_t{1} << 60);
  const PredecessorReport report = EndPredecessor(run_dir_, kPatience);
  EXPECT_THAT(PidsOf(report), ElementsAre(stranger_));
  EXPECT_FALSE(IsAlive(stranger_));
}

// The pid matches, but the start time shows that it is another process.
TEST_F(ForgedRecordTest, ProcessYoungerThanTheRecordIsSpared) {
  SetEntryTime(1);
  const PredecessorReport report = EndPredecessor(run_dir_, kPatience);
  EXPECT_THAT(report.ended, IsEmpty());
  EXPECT_TRUE(IsAlive(stranger_));
}

TEST_F(ForgedRecordTest, RecordThatOthersCanReadOrWriteIsNotTrusted) {
  SetEntryTime(int64_t{1} << 60);
  ASSERT_EQ(chmod(file_.c_str(), 0666), 0);
  const PredecessorReport report = EndPredecessor(run_dir_, kPatience);
  EXPECT_THAT(report.problems, ElementsAre(HasSubstr("it is not trusted")));
  EXPECT_TRUE(IsAlive(stranger_));
}

TEST_F(ForgedRecordTest, RecordBehindALinkIsNotTrusted) {
  SetEntryTime(int64_t{1} << 60);
  ASSERT_EQ(rename(file_.c_str(), (file_ + ".real").c_str()), 0);
  ASSERT_EQ(symlink((file_ + ".real").c_str(), file_.c_str()), 0);
  const PredecessorReport report = EndPredecessor(run_dir_, kPatience);
  EXPECT_THAT(report.problems, ElementsAre(HasSubstr("it is not trusted")));
  EXPECT_TRUE(IsAlive(stranger_));
}

}  // namespace
}  // namespace hob
