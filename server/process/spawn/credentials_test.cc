// A daemon with a user runs as that user and cannot change back.
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/process/testing/process_test_env.h"

namespace hob {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr uid_t kUid = 54321;
constexpr gid_t kGid = 54322;

class CredentialsTest : public testing::TestWithParam<ContainmentMode> {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "changing the user takes root";
    std::string why_not;
    spawner_ = NewSpawner(GetParam(), &why_not);
    if (spawner_ == nullptr) GTEST_SKIP() << "no containment of this kind here: " << why_not;
    // Other users cannot enter the test runner's directories.
    programs_ = "/tmp/hob_credentials_testXXXXXX";
    ASSERT_NE(mkdtemp(&programs_[0]), nullptr);
    chmod(programs_.c_str(), 0755);
    Copy(TestProgram("show_state"), "show_state");
    Copy(ExecHelperPath(), "hob-exec");
  }

  void TearDown() override {
    for (const std::string& file : files_) unlink(file.c_str());
    rmdir(programs_.c_str());
  }

  // Returns the path of a new executable file with this content that every user can run.
  std::string NewProgram(const std::string& name, const std::string& content) {
    files_.push_back(absl::StrCat(programs_, "/", name));
    std::ofstream(files_.back(), std::ios::binary) << content;
    EXPECT_EQ(chmod(files_.back().c_str(), 0755), 0);
    return files_.back();
  }

  void Copy(const std::string& path, const std::string& name) {
    std::ifstream file(path, std::ios::binary);
    NewProgram(name, std::string(std::istreambuf_iterator<char>(file), {}));
  }

  SpawnRequest AsUser(SpawnRequest request) {
    request.attributes.credentials = Ids(kUid, kGid, {54330, 54324});
    return request;
  }

  // Runs show_state as requested, with an output file that the user can write.
  std::multimap<std::string, std::string> State(SpawnRequest request) {
    const std::string file = NewProgram("state", "");
    chmod(file.c_str(), 0666);
    request.argv = {absl::StrCat(programs_, "/show_state"), file};
    std::multimap<std::string, std::string> state;
    const auto instance = Spawned(spawner_->Spawn(request));
    if (instance == nullptr) return state;
    EXPECT_EQ(ExitCode(AwaitEnd(instance.get())), 0);
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
      const size_t blank = std::min(line.find(' '), line.size());
      state.emplace(line.substr(0, blank), blank < line.size() ? line.substr(blank + 1) : "");
    }
    return state;
  }

  std::unique_ptr<ProcessSpawner> spawner_;
  std::string programs_;
  std::vector<std::string> files_;
};

TEST_P(CredentialsTest, EveryIdIsTheUsersAndNoRightIsLeft) {
  const auto state = State(AsUser(ChildRequest({})));
  EXPECT_EQ(Only(state, "Uid"), "54321 54321 54321 54321");
  EXPECT_EQ(Only(state, "Gid"), "54322 54322 54322 54322");
  EXPECT_EQ(Only(state, "Groups"), "54324 54330");
  EXPECT_EQ(Only(state, "CapEff"), "0000000000000000");
  EXPECT_EQ(Only(state, "CapPrm"), "0000000000000000");
  EXPECT_EQ(Only(state, "NoNewPrivs"), "0");
}

TEST_P(CredentialsTest, HelperLeavesNoDescriptorBehind) {
  EXPECT_THAT(All(State(AsUser(ChildRequest({}))), "fd"),
              ElementsAre("0 /dev/null rw", "1 /dev/null rw", "2 /dev/null rw"));
}

// The helper's own pipe may have the numbers 3 and 4.
TEST_P(CredentialsTest, ReadinessDescriptorAndHelperGetAlong) {
  for (int number = 3; number < 7; ++number) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    SpawnRequest request = AsUser(ChildRequest({}));
    request.descriptors = {{number, write_end.get(), "ready_fd"}};
    EXPECT_THAT(All(State(request), "fd"),
                ElementsAre("0 /dev/null rw", "1 /dev/null rw", "2 /dev/null rw",
                            absl::StrCat(number, " pipe w")));
  }
}

TEST_P(CredentialsTest, AttributesAndNoNewPrivilegesHoldForAUserToo) {
  SpawnRequest request = AsUser(ChildRequest({}));
  request.attributes.no_new_privileges = true;
  request.attributes.nice = -3;
  request.attributes.umask = 077;
  request.attributes.directory = "/usr";
  request.attributes.limits[RLIMIT_NPROC] = ResourceLimit{100, 100};
  request.environment = {"LD_PRELOAD=/no/such/library.so", "X=1"};
  const auto state = State(request);
  EXPECT_EQ(Only(state, "NoNewPrivs"), "1");
  EXPECT_EQ(Only(state, "nice"), "-3");
  EXPECT_EQ(Only(state, "umask"), "77");
  EXPECT_EQ(Only(state, "cwd"), "/usr");
  EXPECT_EQ(Only(state, "nproc"), "100 100");
  EXPECT_THAT(All(state, "env"), ElementsAre("LD_PRELOAD=/no/such/library.so", "X=1"));
  EXPECT_EQ(Only(state, "SigBlk"), "0000000000000000");
  EXPECT_EQ(Only(state, "leads_session"), "1");
}

TEST_P(CredentialsTest, ExecFailureBehindTheHelperIsTheSameAsWithout) {
  SpawnRequest request = AsUser(ChildRequest({}));
  request.argv = {"/srv/no/such/program"};
  const SpawnFailure failure = FailureOf(spawner_->Spawn(request));
  EXPECT_EQ(failure.stage, "exec");
  EXPECT_EQ(failure.error_number, ENOENT);
  EXPECT_EQ(failure.message, "/srv/no/such/program: No such file or directory");
}

TEST_P(CredentialsTest, ServerIsNotTouchedByAChildsUser) {
  State(AsUser(ChildRequest({})));
  EXPECT_EQ(geteuid(), 0u);
  // A change of credentials in shared memory would have cleared this flag.
  EXPECT_EQ(prctl(PR_GET_DUMPABLE), 1);
}

TEST_P(CredentialsTest, MissingHelperIsNamed) {
  ProcessSpawner::Options options;
  options.exec_helper = "/srv/no/helper";
  std::string why_not;
  const auto spawner = NewSpawner(GetParam(), &why_not, options);
  ASSERT_NE(spawner, nullptr) << why_not;
  const SpawnFailure failure = FailureOf(spawner->Spawn(AsUser(ChildRequest({"exit", "0"}))));
  EXPECT_EQ(failure.stage, "exec");
  EXPECT_THAT(failure.message,
              AllOf(StartsWith("/srv/no/helper: No such file or directory"),
                    HasSubstr("the installation of hob is incomplete: hob-exec belongs beside")));
  EXPECT_THAT(spawner->CheckExecHelper().message(), HasSubstr(failure.message));
  EXPECT_TRUE(spawner_->CheckExecHelper().ok());
}

// A program that never responds stands in for the helper.
TEST_P(CredentialsTest, HelperThatHangsIsKilledAndSaidToHaveTimedOut) {
  const std::string helper = NewProgram("hanging", "#!/bin/sh\nexec sleep 1000\n");
  ProcessSpawner::Options options;
  options.exec_helper = helper;
  options.exec_timeout = absl::Milliseconds(50);
  std::string why_not;
  const auto spawner = NewSpawner(GetParam(), &why_not, options);
  ASSERT_NE(spawner, nullptr) << why_not;
  const SpawnFailure failure = FailureOf(spawner->Spawn(AsUser(ChildRequest({"exit", "0"}))));
  EXPECT_EQ(failure.stage, "exec");
  EXPECT_EQ(failure.error_number, ETIMEDOUT);
}

// A helper that dies without a report counts as a killed daemon, and the spawn returns.
TEST_P(CredentialsTest, HelperThatDiesIsReportedAsAnEnd) {
  const std::string helper = NewProgram("dying", "#!/bin/sh\nkill -9 $$\n");
  ProcessSpawner::Options options;
  options.exec_helper = helper;
  std::string why_not;
  const auto spawner = NewSpawner(GetParam(), &why_not, options);
  ASSERT_NE(spawner, nullptr) << why_not;
  const auto instance = Spawned(spawner->Spawn(AsUser(ChildRequest({"exit", "0"}))));
  ASSERT_NE(instance, nullptr);
  EXPECT_EQ(KillingSignal(AwaitEnd(instance.get())), SIGKILL);
}

// The helper alone, run by a process that may not change its user.
TEST_P(CredentialsTest, UserThatCannotBeTakenOnIsAFailureNotRoot) {
  OutputFifo status("status");
  // hob-exec runs as kUid and requests uid 0; it reports its own failure to stdout, descriptor 1.
  SpawnRequest request = AsUser(ChildRequest({}));
  request.argv = {absl::StrCat(programs_, "/hob-exec"),
                  "1",
                  "0",
                  absl::StrCat(kGid),
                  "54324,54330",
                  "0",
                  "/bin/true"};
  request.stdout_target = status.target();
  const auto instance = Spawned(spawner_->Spawn(request));
  ASSERT_NE(instance, nullptr);
  EXPECT_EQ(ExitCode(AwaitEnd(instance.get())), 127);
}

INSTANTIATE_TEST_SUITE_P(Containment, CredentialsTest,
                         testing::Values(ContainmentMode::kControlGroup, ContainmentMode::kSession),
                         ContainmentTestName);

}  // namespace
}  // namespace hob
