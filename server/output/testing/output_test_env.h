// Fixtures for the tests of this package: private directories, files and FIFOs.
#ifndef HOB_SERVER_OUTPUT_TESTING_OUTPUT_TEST_ENV_H_
#define HOB_SERVER_OUTPUT_TESTING_OUTPUT_TEST_ENV_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "server/clock/simulated_clock.h"
#include "server/output/log_files.h"
#include "server/output/log_store.h"
#include "server/posix/unique_fd.h"
#include "server/testing/test_directory.h"

namespace hob {

// Returns the contents of a file; empty if it does not exist.
std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, absl::string_view bytes);
bool FileExists(const std::string& path);
// Returns the names in a directory, sorted.
std::vector<std::string> Listing(const std::string& directory);
// Returns the number of descriptors this process has open.
int OpenDescriptors();

// Provides a log that tests rotate by hand.
class RotationTest : public testing::Test {
 protected:
  // Writes a log with this text and an index, and rotates it away.
  void WriteAndRotate(const std::string& text, int backups);
  // Returns the decompressed contents of a log file; "none" if it does not exist.
  std::string Read(int64_t sequence);

  TestDirectory directory_;
  const std::shared_ptr<LogFiles> files_ =
      std::make_shared<LogFiles>(directory_.path() + "/web.log");
};

// Provides a store, its directories and a clock.
class OutputTest : public testing::Test {
 protected:
  // Opens a FIFO as a child does.
  static UniqueFd OpenAsChild(const std::string& path);
  // Writes all of `bytes`; fails the test if the FIFO has no room.
  static void Write(const UniqueFd& fifo, absl::string_view bytes);
  // Writes as many of `bytes` as fit into the FIFO; returns that number.
  static size_t WriteSome(const UniqueFd& fifo, absl::string_view bytes);

  std::string LogDir() const { return log_directory_.path(); }
  std::string Log(const std::string& name) const { return LogDir() + "/" + name; }

  TestDirectory log_directory_;
  TestDirectory fifo_directory_;
  SimulatedClock clock_;
  // Holds the store's warnings; read them only while none of its threads is running.
  std::vector<std::string> warnings_;
  LogStore store_{{log_directory_.path(), fifo_directory_.path(), /*max_for_writers=*/4,
                   /*max_kept_by_writers=*/3, /*max_kept_by_readers=*/2,
                   [this](const std::string& line) { warnings_.push_back(line); }}};
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_TESTING_OUTPUT_TEST_ENV_H_
