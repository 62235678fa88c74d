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
#include "server/testing/test_folder.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ReadConfigFileTest, ReturnsTheText) {
  TestFolder folder;
  const std::string text("a\0b\n", 4);
  EXPECT_EQ(ReadConfigFile(folder.Write("a.ini", text)).value(), text);
  EXPECT_EQ(ReadConfigFile(folder.Write("empty.ini", "")).value(), "");
  ASSERT_EQ(symlink("a.ini", folder.PathOf("link.ini").c_str()), 0);
  EXPECT_EQ(ReadConfigFile(folder.PathOf("link.ini")).value(), text);
}

TEST(ReadConfigFileTest, RefusesOtherKindsOfFiles) {
  TestFolder folder;
  ASSERT_EQ(mkfifo(folder.PathOf("fifo").c_str(), 0600), 0);
  ASSERT_EQ(symlink("nowhere", folder.PathOf("dangling").c_str()), 0);
  ASSERT_EQ(symlink("loop", folder.PathOf("loop").c_str()), 0);
  const auto problem = [](const std::string& path) {
    return std::string(ReadConfigFile(path).status().message());
  };
  EXPECT_EQ(problem(folder.PathOf("none")), "cannot be read: No such file or directory");
  EXPECT_EQ(problem(folder.PathOf("dangling")), "cannot be read: No such file or directory");
  EXPECT_THAT(problem(folder.PathOf("loop")), HasSubstr("cannot be read: Too many levels of"));
  EXPECT_EQ(problem(folder.PathOf("fifo")), "is a FIFO, and a configuration is a regular file");
  EXPECT_THAT(problem(folder.path()), HasSubstr("is a folder, and"));
  EXPECT_THAT(problem("/dev/zero"), HasSubstr("is a device, and"));
  EXPECT_THAT(problem("/proc/self/status"), HasSubstr("changed while it was read"));
}

TEST(ReadConfigFileTest, RefusesLargeFiles) {
  TestFolder folder;
  const std::string largest(kMaxConfigFileSize, 'x');
  EXPECT_EQ(ReadConfigFile(folder.Write("a", largest))->size(), kMaxConfigFileSize);
  EXPECT_EQ(ReadConfigFile(folder.Write("b", largest + "x")).status().message(),
            "has 1048577 bytes, at most 1048576 are allowed: split it");
}

TEST(ReadConfigFileTest, SaysWhyItCannotBeRead) {
  const AsOrdinaryUser user;
  if (!user.ok()) GTEST_SKIP() << "this sandbox knows no ordinary user";
  // Only root may read these two on every machine.
  EXPECT_EQ(ReadConfigFile("/etc/shadow").status().message(), "cannot be read: Permission denied");
  EXPECT_EQ(ListConfigFolder("/root").status().message(), "cannot be read: Permission denied");
}

TEST(ListConfigFolderTest, TakesIniFilesInNameOrder) {
  TestFolder folder;
  for (const char* name : {"b.ini", "a.ini", "10.ini", "9.ini", "x.conf", ".hidden.ini", "ini"}) {
    folder.Write(name, "");
  }
  const auto in_order = ElementsAre(folder.PathOf("10.ini"), folder.PathOf("9.ini"),
                                    folder.PathOf("a.ini"), folder.PathOf("b.ini"));
  EXPECT_THAT(ListConfigFolder(folder.path()).value(), in_order);
  EXPECT_THAT(ListConfigFolder(folder.path() + "/").value(), in_order);
  TestFolder empty;
  EXPECT_THAT(ListConfigFolder(empty.path()).value(), IsEmpty());
  EXPECT_THAT(ListConfigFolder(folder.PathOf("none")).status().message(),
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

TEST(CheckFolderOfTest, RootReadsOnlyFromFoldersThatOthersCannotWrite) {
  if (geteuid() != 0) GTEST_SKIP() << "only root's configuration is checked";
  TestFolder folder;
  const std::string path = folder.Write("open/a.ini", "");
  ASSERT_EQ(symlink("open/a.ini", folder.PathOf("link.ini").c_str()), 0);
  EXPECT_TRUE(CheckFolderOf(path).ok());
  EXPECT_TRUE(CheckFolderOf(folder.PathOf("none.ini")).ok());
  EXPECT_TRUE(CheckFolderOf("/etc").ok());
  ASSERT_EQ(chmod(folder.PathOf("open").c_str(), 0777), 0);
  EXPECT_THAT(CheckFolderOf(path).message(), HasSubstr("/open, which is writable by everybody"));
  EXPECT_THAT(CheckFolderOf(folder.PathOf("link.ini")).message(), HasSubstr("/open, which"));
  const std::filesystem::path before = std::filesystem::current_path();
  ASSERT_EQ(chdir(folder.PathOf("open").c_str()), 0);
  EXPECT_THAT(CheckFolderOf("a.ini").message(), HasSubstr("lies in ., which"));
  ASSERT_EQ(chmod(folder.PathOf("open").c_str(), 0755), 0);
  EXPECT_TRUE(CheckFolderOf("a.ini").ok());
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  EXPECT_THAT(ReadConfigFile(path).status().message(), HasSubstr("is writable by everybody"));
  std::filesystem::current_path(before);
}

// Runs `body` in a child process with mounts of its own and a tmpfs at `folder`. Returns the result
// of `body`; absent if this machine allows no mounts.
absl::optional<bool> WithTmpfs(const std::string& folder, const std::function<bool()>& body) {
  constexpr int kNoMounts = 77;
  const pid_t child = fork();
  if (child == 0) {
    const bool mounted = unshare(CLONE_NEWNS) == 0 &&
                         mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         mount("tmpfs", folder.c_str(), "tmpfs", 0, "mode=0777") == 0;
    _exit(!mounted ? kNoMounts : body() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNoMounts) return absl::nullopt;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool MakeReadOnly(const std::string& folder) {
  return mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
}

// Writes the files of a ConfigMap: links through ..data, which Kubernetes replaces as a whole, into
// a folder with a date in its name.
void WriteConfigMap(const TestFolder& folder) {
  folder.Write("..2024_01_02/hob.ini", "text");
  EXPECT_EQ(symlink("..2024_01_02", folder.PathOf("..data").c_str()), 0);
  EXPECT_EQ(symlink("..data/hob.ini", folder.PathOf("hob.ini").c_str()), 0);
}

TEST(CheckFolderOfTest, ReadOnlyMountsNeedNoSafeMode) {
  if (geteuid() != 0) GTEST_SKIP() << "only root's configuration is checked";
  TestFolder folder;
  const std::string path = folder.PathOf("hob.ini");
  const absl::optional<bool> right = WithTmpfs(folder.path(), [&] {
    WriteConfigMap(folder);
    const bool refused = absl::StrContains(CheckFolderOf(path).message(), "writable by everybody");
    return refused && MakeReadOnly(folder.path()) && CheckFolderOf(path).ok() &&
           ListConfigFolder(folder.path()).value() == std::vector<std::string>{path} &&
           ReadConfigFile(path).value() == "text";
  });
  if (!right.has_value()) GTEST_SKIP() << "this machine allows no mounts";
  EXPECT_TRUE(*right);
}

TEST(ReadConfigFileTest, FilesOnReadOnlyMountsNeedNoSafeMode) {
  if (geteuid() != 0) GTEST_SKIP() << "only root's configuration is checked";
  TestFolder folder;
  const absl::optional<bool> right = WithTmpfs(folder.path(), [&] {
    const std::string open = folder.Write("open.ini", "text");
    const std::string strangers = folder.Write("strangers.ini", "text");
    const bool prepared =
        chmod(open.c_str(), 0666) == 0 && chown(strangers.c_str(), 65534, 65534) == 0;
    const bool refused = !ReadConfigFile(open).ok() && !ReadConfigFile(strangers).ok();
    return prepared && refused && MakeReadOnly(folder.path()) && ReadConfigFile(open).ok() &&
           ReadConfigFile(strangers).ok();
  });
  if (!right.has_value()) GTEST_SKIP() << "this machine allows no mounts";
  EXPECT_TRUE(*right);
}

TEST(CheckFolderOfTest, OrdinaryUsersAreNotChecked) {
  char folder[] = "/tmp/hob-config-file-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/a.ini";
  std::ofstream(path) << "";
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  ASSERT_EQ(chmod(folder, 0777), 0);
  {
    const AsOrdinaryUser user;
    if (!user.ok()) GTEST_SKIP() << "this sandbox knows no ordinary user";
    EXPECT_TRUE(CheckFolderOf(path).ok());
    EXPECT_TRUE(ReadConfigFile(path).ok());
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hob
