#include "server/config/ini/config_file.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "absl/strings/match.h"
#include "absl/types/optional.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/ini/ini_file.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ReadConfigFileTest, ReturnsTheText) {
  TestDirectory directory;
  const std::string text("a\0b\n", 4);
  EXPECT_EQ(ReadConfigFile(directory.Write("a.ini", text)).value(), text);
  EXPECT_EQ(ReadConfigFile(directory.Write("empty.ini", "")).value(), "");
  ASSERT_EQ(symlink("a.ini", directory.PathOf("link.ini").c_str()), 0);
  EXPECT_EQ(ReadConfigFile(directory.PathOf("link.ini")).value(), text);
}

TEST(ReadConfigFileTest, RefusesOtherKindsOfFiles) {
  TestDirectory directory;
  ASSERT_EQ(mkfifo(directory.PathOf("fifo").c_str(), 0600), 0);
  ASSERT_EQ(symlink("nowhere", directory.PathOf("dangling").c_str()), 0);
  ASSERT_EQ(symlink("loop", directory.PathOf("loop").c_str()), 0);
  const auto problem = [](const std::string& path) {
    return std::string(ReadConfigFile(path).status().message());
  };
  EXPECT_EQ(problem(directory.PathOf("none")), "cannot be read: No such file or directory");
  EXPECT_EQ(problem(directory.PathOf("dangling")), "cannot be read: No such file or directory");
  EXPECT_THAT(problem(directory.PathOf("loop")), HasSubstr("cannot be read: Too many levels of"));
  EXPECT_EQ(problem(directory.PathOf("fifo")), "is a FIFO, and a configuration is a regular file");
  EXPECT_THAT(problem(directory.path()), HasSubstr("is a directory, and"));
  EXPECT_THAT(problem("/dev/zero"), HasSubstr("is a device, and"));
  EXPECT_THAT(problem("/proc/self/status"), HasSubstr("changed while it was read"));
}

TEST(ReadConfigFileTest, RefusesLargeFiles) {
  TestDirectory directory;
  const std::string largest(kMaxConfigFileSize, 'x');
  EXPECT_EQ(ReadConfigFile(directory.Write("a", largest))->size(), kMaxConfigFileSize);
  EXPECT_EQ(ReadConfigFile(directory.Write("b", largest + "x")).status().message(),
            "has 1048577 bytes, at most 1048576 are allowed: split it");
}

TEST(ReadConfigFileTest, SaysWhyItCannotBeRead) {
  const AsOrdinaryUser user;
  if (!user.ok()) GTEST_SKIP() << "this sandbox knows no ordinary user";
  // Only root may read these two on every machine.
  EXPECT_EQ(ReadConfigFile("/etc/shadow").status().message(), "cannot be read: Permission denied");
  EXPECT_EQ(ListConfigDirectory("/root").status().message(), "cannot be read: Permission denied");
}

TEST(ListConfigDirectoryTest, TakesIniFilesInNameOrder) {
  TestDirectory directory;
  for (const char* name : {"b.ini", "a.ini", "10.ini", "9.ini", "x.conf", ".hidden.ini", "ini"}) {
    directory.Write(name, "");
  }
  const auto in_order = ElementsAre(directory.PathOf("10.ini"), directory.PathOf("9.ini"),
                                    directory.PathOf("a.ini"), directory.PathOf("b.ini"));
  EXPECT_THAT(ListConfigDirectory(directory.path()).value(), in_order);
  EXPECT_THAT(ListConfigDirectory(directory.path() + "/").value(), in_order);
  TestDirectory empty;
  EXPECT_THAT(ListConfigDirectory(empty.path()).value(), IsEmpty());
  EXPECT_THAT(ListConfigDirectory(directory.PathOf("none")).status().message(),
              HasSubstr("No such file or directory"));
}

struct stat StatusOf(mode_t mode, uid_t owner) {
  struct stat status = {};
  status.st_mode = mode;
  status.st_uid = owner;
  return status;
}

TEST(CheckTrustedTest, OnlyRootAndTheReaderMayWrite) {
  EXPECT_TRUE(CheckTrusted(StatusOf(S_IFREG | 0644, 0), 0).ok());
  EXPECT_TRUE(CheckTrusted(StatusOf(S_IFREG | 0664, 0), 0).ok());
  EXPECT_TRUE(CheckTrusted(StatusOf(S_IFREG | 0644, 7), 7).ok());
  EXPECT_TRUE(CheckTrusted(StatusOf(S_IFREG | 0644, 0), 7).ok());
  EXPECT_TRUE(CheckTrusted(StatusOf(S_IFDIR | 01777, 0), 0).ok());
  EXPECT_THAT(CheckTrusted(StatusOf(S_IFREG | 0644, 7), 0).message(),
              HasSubstr("belongs to user 7"));
  for (const mode_t mode : {S_IFREG | 0666, S_IFREG | 01666, S_IFDIR | 0777}) {
    EXPECT_THAT(CheckTrusted(StatusOf(mode, 0), 0).message(), HasSubstr("is writable by everybody"))
        << mode;
  }
  EXPECT_THAT(CheckTrusted(StatusOf(S_IFDIR | 01777, 7), 7).message(),
              HasSubstr("is writable by everybody"));
}

TEST(CheckDirectoryOfTest, RootReadsOnlyFromDirectoriesThatOthersCannotWrite) {
  if (geteuid() != 0) GTEST_SKIP() << "only root's configuration is checked";
  TestDirectory directory;
  const std::string path = directory.Write("open/a.ini", "");
  ASSERT_EQ(symlink("open/a.ini", directory.PathOf("link.ini").c_str()), 0);
  EXPECT_TRUE(CheckDirectoryOf(path).ok());
  EXPECT_TRUE(CheckDirectoryOf(directory.PathOf("none.ini")).ok());
  EXPECT_TRUE(CheckDirectoryOf("/etc").ok());
  ASSERT_EQ(chmod(directory.PathOf("open").c_str(), 0777), 0);
  EXPECT_THAT(CheckDirectoryOf(path).message(), HasSubstr("/open, which is writable by everybody"));
  EXPECT_THAT(CheckDirectoryOf(directory.PathOf("link.ini")).message(), HasSubstr("/open, which"));
  const std::filesystem::path before = std::filesystem::current_path();
  ASSERT_EQ(chdir(directory.PathOf("open").c_str()), 0);
  EXPECT_THAT(CheckDirectoryOf("a.ini").message(), HasSubstr("lies in ., which"));
  ASSERT_EQ(chmod(directory.PathOf("open").c_str(), 0755), 0);
  EXPECT_TRUE(CheckDirectoryOf("a.ini").ok());
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  EXPECT_THAT(ReadConfigFile(path).status().message(), HasSubstr("is writable by everybody"));
  std::filesystem::current_path(before);
}

// Runs `body` in a child process with mounts of its own and a tmpfs at `directory`. Returns the
// result of `body`; absent if this machine allows no mounts.
absl::optional<bool> WithTmpfs(const std::string& directory, const std::function<bool()>& body) {
  constexpr int kNoMounts = 77;
  const pid_t child = fork();
  if (child == 0) {
    const bool mounted = unshare(CLONE_NEWNS) == 0 &&
                         mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         mount("tmpfs", directory.c_str(), "tmpfs", 0, "mode=0777") == 0;
    _exit(!mounted ? kNoMounts : body() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNoMounts) return absl::nullopt;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool MakeReadOnly(const std::string& directory) {
  return mount(nullptr, directory.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
}

// Writes the files of a ConfigMap: links through ..data, which Kubernetes replaces as a whole, into
// a directory with a date in its name.
void WriteConfigMap(const TestDirectory& directory) {
  directory.Write("..2024_01_02/hob.ini", "text");
  EXPECT_EQ(symlink("..2024_01_02", directory.PathOf("..data").c_str()), 0);
  EXPECT_EQ(symlink("..data/hob.ini", directory.PathOf("hob.ini").c_str()), 0);
}

TEST(CheckDirectoryOfTest, ReadOnlyMountsNeedNoSafeMode) {
  if (geteuid() != 0) GTEST_SKIP() << "only root's configuration is checked";
  TestDirectory directory;
  const std::string path = directory.PathOf("hob.ini");
  const absl::optional<bool> right = WithTmpfs(directory.path(), [&] {
    WriteConfigMap(directory);
    const bool refused =
        absl::StrContains(CheckDirectoryOf(path).message(), "writable by everybody");
    return refused && MakeReadOnly(directory.path()) && CheckDirectoryOf(path).ok() &&
           ListConfigDirectory(directory.path()).value() == std::vector<std::string>{path} &&
           ReadConfigFile(path).value() == "text";
  });
  if (!right.has_value()) GTEST_SKIP() << "this machine allows no mounts";
  EXPECT_TRUE(*right);
}

TEST(ReadConfigFileTest, FilesOnReadOnlyMountsNeedNoSafeMode) {
  if (geteuid() != 0) GTEST_SKIP() << "only root's configuration is checked";
  TestDirectory directory;
  const absl::optional<bool> right = WithTmpfs(directory.path(), [&] {
    const std::string open = directory.Write("open.ini", "text");
    const std::string strangers = directory.Write("strangers.ini", "text");
    const bool prepared =
        chmod(open.c_str(), 0666) == 0 && chown(strangers.c_str(), 65534, 65534) == 0;
    const bool refused = !ReadConfigFile(open).ok() && !ReadConfigFile(strangers).ok();
    return prepared && refused && MakeReadOnly(directory.path()) && ReadConfigFile(open).ok() &&
           ReadConfigFile(strangers).ok();
  });
  if (!right.has_value()) GTEST_SKIP() << "this machine allows no mounts";
  EXPECT_TRUE(*right);
}

TEST(CheckDirectoryOfTest, OrdinaryUsersAreNotChecked) {
  char directory[] = "/tmp/hob-config-file-XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const std::string path = std::string(directory) + "/a.ini";
  std::ofstream(path) << "";
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  ASSERT_EQ(chmod(directory, 0777), 0);
  {
    const AsOrdinaryUser user;
    if (!user.ok()) GTEST_SKIP() << "this sandbox knows no ordinary user";
    EXPECT_TRUE(CheckDirectoryOf(path).ok());
    EXPECT_TRUE(ReadConfigFile(path).ok());
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace hob
