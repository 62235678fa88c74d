// Compares each predicted failure with a real spawn: same step, same errno, same message.
#include "server/process/spawn/preflight.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/posix/unique_fd.h"
#include "server/process/testing/process_test_env.h"

namespace hob {
namespace {

using testing::HasSubstr;

class PreflightTest : public testing::Test {
 protected:
  PreflightTest() {
    std::string why_not;
    spawner_ = NewSpawner(ContainmentMode::kSession, &why_not);
  }
  ~PreflightTest() override {
    std::error_code ignored;
    for (const std::string& directory : directories_)
      std::filesystem::remove_all(directory, ignored);
  }

  // Returns a file with this content and mode in a new directory.
  std::string NewFile(const std::string& content, mode_t mode) {
    // The paths of the test runner's directories are longer than an interpreter's may be.
    std::string directory = "/tmp/hob_preflight_testXXXXXX";
    EXPECT_NE(mkdtemp(&directory[0]), nullptr);
    directories_.push_back(directory);
    const std::string path = directory + "/file";
    std::ofstream(path) << content;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  static SpawnRequest RequestFor(const std::string& program) {
    SpawnRequest request = ChildRequest({});
    request.argv = {program};
    return request;
  }

  // Returns the predicted failure, and expects the spawn to fail the same way.
  SpawnFailure Foreseen(const SpawnRequest& request) {
    const absl::optional<SpawnFailure> foreseen = spawner_->WouldFail(request);
    const SpawnFailure failure = FailureOf(spawner_->Spawn(request));
    if (!foreseen.has_value()) {
      ADD_FAILURE() << "not foreseen: " << failure.message;
      return failure;
    }
    EXPECT_EQ(foreseen->stage, failure.stage);
    EXPECT_EQ(foreseen->error_number, failure.error_number);
    EXPECT_EQ(foreseen->message, failure.message);
    return failure;
  }

  // Expects no predicted failure for a spawn that succeeds.
  void ExpectNothingForeseen(const SpawnRequest& request) {
    const absl::optional<SpawnFailure> foreseen = spawner_->WouldFail(request);
    EXPECT_FALSE(foreseen.has_value()) << foreseen->message;
    const std::unique_ptr<Instance> instance = Spawned(spawner_->Spawn(request));
    ASSERT_NE(instance, nullptr);
    AwaitEnd(instance.get());
  }

  std::unique_ptr<ProcessSpawner> spawner_;
  std::vector<std::string> directories_;
};

TEST_F(PreflightTest, NothingIsForeseenOfWhatCanStart) {
  ExpectNothingForeseen(RequestFor(TestProgram("nothing")));
  ExpectNothingForeseen(RequestFor("/bin/true"));
  ExpectNothingForeseen(RequestFor(NewFile("#!/bin/sh\nexit 0\n", 0755)));
  ExpectNothingForeseen(RequestFor(NewFile("#! /usr/bin/env -S sh\nexit 0\n", 0111)));
}

TEST_F(PreflightTest, NothingIsForeseenOfALinkOrOfAScriptForAScript) {
  const std::string script = NewFile("#!/bin/sh\nexit 0\n", 0755);
  const std::string link = absl::StrCat(NewDirectory("link"), "/link");
  ASSERT_EQ(symlink(script.c_str(), link.c_str()), 0);
  ExpectNothingForeseen(RequestFor(link));
  ExpectNothingForeseen(RequestFor(NewFile(absl::StrCat("#!", script, "\n"), 0755)));
}

TEST_F(PreflightTest, NothingIsForeseenOfAnInterpreterThatIsRelativeToTheDirectory) {
  SpawnRequest request = RequestFor(NewFile("#!bin/sh\nexit 0\n", 0755));
  request.attributes.directory = "/usr";
  ExpectNothingForeseen(request);
}

TEST_F(PreflightTest, AMissingProgramIsForeseen) {
  EXPECT_EQ(Foreseen(RequestFor("/bin/sleeep")).error_number, ENOENT);
  EXPECT_EQ(Foreseen(RequestFor("/bin/true/more")).error_number, ENOTDIR);
  EXPECT_EQ(Foreseen(RequestFor("/" + std::string(300, 'x'))).error_number, ENAMETOOLONG);
}

TEST_F(PreflightTest, ALinkToNothingIsForeseen) {
  const std::string link = absl::StrCat(NewDirectory("link"), "/link");
  ASSERT_EQ(symlink("/no/such/program", link.c_str()), 0);
  EXPECT_EQ(Foreseen(RequestFor(link)).error_number, ENOENT);
}

TEST_F(PreflightTest, WhatIsNoProgramIsForeseen) {
  EXPECT_THAT(Foreseen(RequestFor("/usr")).message, HasSubstr("a directory"));
  EXPECT_THAT(Foreseen(RequestFor("/dev/null")).message, HasSubstr("not a regular file"));
  EXPECT_THAT(Foreseen(RequestFor(NewFile("#!/bin/sh\n", 0644))).message, HasSubstr("chmod +x"));
}

TEST_F(PreflightTest, AnInterpreterThatIsMissingOrNoProgramIsForeseen) {
  EXPECT_THAT(Foreseen(RequestFor(NewFile("#!/usr/bin/pyhton3\n", 0755))).message,
              HasSubstr("its interpreter /usr/bin/pyhton3 does not exist"));
  EXPECT_THAT(Foreseen(RequestFor(NewFile("#!/bin/sh\r\nexit 0\r\n", 0755))).message,
              HasSubstr("carriage return"));
  EXPECT_EQ(Foreseen(RequestFor(NewFile("#!/usr\n", 0755))).error_number, EACCES);
  const std::string script = NewFile("#!/no/such/shell\n", 0755);
  EXPECT_EQ(Foreseen(RequestFor(NewFile(absl::StrCat("#!", script, "\n"), 0755))).error_number,
            ENOENT);
}

TEST_F(PreflightTest, ADirectoryThatIsMissingOrNoneIsForeseen) {
  SpawnRequest request = RequestFor("/bin/true");
  request.attributes.directory = "/srv/no/such/directory";
  EXPECT_EQ(Foreseen(request).stage, "chdir");
  request.attributes.directory = "/bin/true";
  EXPECT_EQ(Foreseen(request).error_number, ENOTDIR);
}

TEST_F(PreflightTest, TheFirstStepThatFailsIsForeseen) {
  SpawnRequest request = RequestFor("/no/such/program");
  request.attributes.directory = "/srv/no/such/directory";
  EXPECT_EQ(Foreseen(request).stage, "chdir");
}

TEST_F(PreflightTest, AMissingHelperIsForeseen) {
  ProcessSpawner::Options options;
  options.exec_helper = "/no/such/hob-exec";
  std::string why_not;
  spawner_ = NewSpawner(ContainmentMode::kSession, &why_not, options);
  SpawnRequest request = RequestFor("/bin/true");
  ExpectNothingForeseen(request);
  request.attributes.credentials = Ids(geteuid(), getegid());
  EXPECT_THAT(Foreseen(request).message, HasSubstr("/no/such/hob-exec"));
}

TEST_F(PreflightTest, WhatOnlyTheDaemonsUserCanKnowIsNotForeseen) {
  // Only root can enter the directory; the start discovers that.
  const std::string directory = NewDirectory("closed");
  SpawnRequest request = RequestFor(absl::StrCat(directory, "/program"));
  std::ofstream(request.argv[0]) << "#!/bin/sh\n";
  ASSERT_EQ(chmod(request.argv[0].c_str(), 0700), 0);
  ASSERT_EQ(chmod(directory.c_str(), 0700), 0);
  request.attributes.credentials = Ids(65534, 65534);
  EXPECT_FALSE(ForeseeSpawnFailure(request, ExecHelperPath()).has_value());
}

// The file system never responds, like a network file system whose server is gone.
TEST_F(PreflightTest, AFileSystemThatDoesNotAnswerIsForeseenInTime) {
  const UniqueFd server(open("/dev/fuse", O_RDWR | O_CLOEXEC));
  const std::string options =
      absl::StrCat("fd=", server.get(), ",rootmode=40000,user_id=0,group_id=0");
  const std::string directory = NewDirectory("dead");
  if (!server.ok() || mount("dead", directory.c_str(), "fuse", 0, options.c_str()) != 0) {
    GTEST_SKIP() << "no file system of our own may be mounted here";
  }
  ProcessSpawner::Options spawner_options;
  spawner_options.exec_timeout = absl::Milliseconds(100);
  std::string why_not;
  spawner_ = NewSpawner(ContainmentMode::kSession, &why_not, spawner_options);
  EXPECT_EQ(Foreseen(RequestFor(absl::StrCat(directory, "/program"))).error_number, ETIMEDOUT);
  SpawnRequest request = RequestFor("/bin/true");
  request.attributes.directory = absl::StrCat(directory, "/directory");
  EXPECT_EQ(Foreseen(request).stage, "chdir");
  umount2(directory.c_str(), MNT_DETACH);
}

// Runs `check` in a child process without rights; the child exits with 0 if `check` returns true.
template <typename Check>
bool HoldsWithoutRights(const Check& check) {
  const pid_t child = fork();
  if (child == 0) {
    const bool is_dropped = geteuid() != 0 || (setresgid(65534, 65534, 65534) == 0 &&
                                               setresuid(65534, 65534, 65534) == 0);
    _exit(is_dropped && check() ? 0 : 1);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string StageOf(const absl::optional<SpawnFailure>& failure) {
  return failure.has_value() ? failure->stage : "none";
}

TEST_F(PreflightTest, WhatOnlyRootMayDoIsForeseenOfAnotherServer) {
  // Other users cannot enter the test's own directories.
  const std::string helper = "/bin/true";
  SpawnRequest request = RequestFor("/bin/true");
  EXPECT_TRUE(
      HoldsWithoutRights([&] { return StageOf(ForeseeSpawnFailure(request, helper)) == "none"; }));
  request.attributes.credentials = Ids(12345, 0);
  EXPECT_TRUE(
      HoldsWithoutRights([&] { return StageOf(ForeseeSpawnFailure(request, helper)) == "user"; }));
  request.attributes.credentials.reset();
  request.attributes.limits[RLIMIT_CORE] = ResourceLimit{0, RLIM_INFINITY};
  EXPECT_TRUE(HoldsWithoutRights([&] {
    const struct rlimit none = {0, 0};
    return setrlimit(RLIMIT_CORE, &none) == 0 &&
           StageOf(ForeseeSpawnFailure(request, helper)) == "limit_core";
  }));
}

TEST_F(PreflightTest, WhatThisProcessMayNotExecuteIsForeseenWhereItRunsAsTheDaemon) {
  if (geteuid() != 0) GTEST_SKIP() << "it takes root to make what another may not execute";
  const std::string path = absl::StrCat("/tmp/preflight-test-", getpid());
  std::ofstream(path) << "#!/bin/sh\n";
  ASSERT_EQ(chmod(path.c_str(), 0700), 0);
  SpawnRequest request = RequestFor(path);
  EXPECT_TRUE(HoldsWithoutRights(
      [&] { return StageOf(ForeseeSpawnFailure(request, "/bin/true")) == "exec"; }));
  request.attributes.credentials = Ids(65534, 0);
  EXPECT_TRUE(HoldsWithoutRights(
      [&] { return StageOf(ForeseeSpawnFailure(request, "/bin/true")) == "none"; }));
  unlink(path.c_str());
}

}  // namespace
}  // namespace hob
