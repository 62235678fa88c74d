#ifndef HOB_TESTS_SIMULATION_DIRECTORY_H_
#define HOB_TESTS_SIMULATION_DIRECTORY_H_

#include <glog/logging.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace hob {
namespace simulation {

// A temporary directory for the real files of a run: sockets, FIFOs and logs. Removed with the
// object. Its path is short enough for a socket in it.
class Directory {
 public:
  Directory() { CHECK(mkdtemp(&path_[0]) != nullptr) << path_; }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/hob-simulation-XXXXXX";
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_DIRECTORY_H_
