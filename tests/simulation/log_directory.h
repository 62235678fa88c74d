#ifndef HOB_TESTS_SIMULATION_LOG_DIRECTORY_H_
#define HOB_TESTS_SIMULATION_LOG_DIRECTORY_H_

#include <cstdint>
#include <string>

#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// The directory of the logs, seen from outside. It can be hidden, so that no log can be opened, and
// restored with its contents.
//
// Not thread-safe.
class LogDirectory {
 public:
  // Makes the directory in `directory`.
  explicit LogDirectory(const std::string& directory);

  // The value of log_dir for hob.
  const std::string& log_dir() const { return log_dir_; }

  void Hide();
  void Restore(Nanos now);
  bool is_there() const { return is_there_; }
  // The time of the last restoration; 0 if the directory was never hidden.
  Nanos restored_at() const { return restored_at_; }

  // Return the size in bytes and the text of the log of a daemon's stream, 0 stdout and 1 stderr,
  // hidden or not.
  int64_t SizeOf(const std::string& daemon, int stream) const;
  std::string TextOf(const std::string& daemon, int stream) const;

 private:
  std::string PathOf(const std::string& daemon, int stream) const;

  const std::string log_dir_;
  const std::string away_;
  bool is_there_ = true;
  Nanos restored_at_ = 0;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_LOG_DIRECTORY_H_
