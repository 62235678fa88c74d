#include "server/testing/test_directory.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace hob {

TestDirectory::TestDirectory() {
  path_ = absl::StrCat(testing::TempDir(), "/hob-config-XXXXXX");
  EXPECT_NE(mkdtemp(path_.data()), nullptr);
}

TestDirectory::~TestDirectory() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string TestDirectory::PathOf(absl::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

std::string TestDirectory::Write(absl::string_view name, absl::string_view text) const {
  const std::string path = PathOf(name);
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
  EXPECT_EQ(chmod(path.c_str(), 0644), 0);
  return path;
}

AsOrdinaryUser::AsOrdinaryUser() {
  // Fails in a sandbox with a single user; ok() reports that.
  if (getuid() == 0 && seteuid(65534) != 0) return;
}

AsOrdinaryUser::~AsOrdinaryUser() { EXPECT_EQ(seteuid(getuid()), 0); }

bool AsOrdinaryUser::ok() const { return geteuid() != 0; }

}  // namespace hob
