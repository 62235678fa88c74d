#ifndef HOB_SERVER_TESTING_TEST_FOLDER_H_
#define HOB_SERVER_TESTING_TEST_FOLDER_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hob {

// A folder of a test's own with mode 0700, removed with all that is in it at the end.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  // Without a slash at its end.
  const std::string& path() const { return path_; }

  // The path of `name` in it.
  std::string PathOf(absl::string_view name) const;

  // Writes a file with mode 0644 and returns its path. Folders on the way are made.
  std::string Write(absl::string_view name, absl::string_view text) const;

 private:
  std::string path_;
};

// While it lives, the process has the rights of an ordinary user: those that it has, or for root
// those of user 65534. A sandbox may not allow that: tests then skip.
class AsOrdinaryUser {
 public:
  AsOrdinaryUser();
  ~AsOrdinaryUser();
  AsOrdinaryUser(const AsOrdinaryUser&) = delete;
  AsOrdinaryUser& operator=(const AsOrdinaryUser&) = delete;

  // Whether the process is not root now.
  bool ok() const;
};

}  // namespace hob

#endif  // HOB_SERVER_TESTING_TEST_FOLDER_H_
