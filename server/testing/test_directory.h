#ifndef HOB_SERVER_TESTING_TEST_DIRECTORY_H_
#define HOB_SERVER_TESTING_TEST_DIRECTORY_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hob {

// A directory for one test with mode 0700, removed with its contents at the end.
class TestDirectory {
 public:
  TestDirectory();
  ~TestDirectory();
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  // Returns the path, without a trailing slash.
  const std::string& path() const { return path_; }

  // Returns the path of `name` in the directory.
  std::string PathOf(absl::string_view name) const;

  // Writes a file with mode 0644, creating missing directories, and returns its path.
  std::string Write(absl::string_view name, absl::string_view text) const;

 private:
  std::string path_;
};

// Gives the process the rights of an ordinary user while it exists: its own user, or for root user
// 65534. A sandbox may forbid that; tests then skip.
class AsOrdinaryUser {
 public:
  AsOrdinaryUser();
  ~AsOrdinaryUser();
  AsOrdinaryUser(const AsOrdinaryUser&) = delete;
  AsOrdinaryUser& operator=(const AsOrdinaryUser&) = delete;

  // True if the process is not root now.
  bool ok() const;
};

}  // namespace hob

#endif  // HOB_SERVER_TESTING_TEST_DIRECTORY_H_
