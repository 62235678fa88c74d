#include "tests/simulation/log_directory.h"

#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace hob {
namespace simulation {

LogDirectory::LogDirectory(const std::string& directory)
    : log_dir_(absl::StrCat(directory, "/log")), away_(absl::StrCat(directory, "/away")) {
  PCHECK(mkdir(log_dir_.c_str(), 0750) == 0) << log_dir_;
}

void LogDirectory::Hide() {
  if (!is_there_) return;
  PCHECK(rename(log_dir_.c_str(), away_.c_str()) == 0) << log_dir_;
  is_there_ = false;
}

void LogDirectory::Restore(Nanos now) {
  if (is_there_) return;
  PCHECK(rename(away_.c_str(), log_dir_.c_str()) == 0) << away_;
  is_there_ = true;
  restored_at_ = now;
}

std::string LogDirectory::PathOf(const std::string& daemon, int stream) const {
  return absl::StrCat(is_there_ ? log_dir_ : away_, "/", daemon, stream == 0 ? "" : ".err", ".log");
}

int64_t LogDirectory::SizeOf(const std::string& daemon, int stream) const {
  struct stat status = {};
  return stat(PathOf(daemon, stream).c_str(), &status) == 0 ? status.st_size : 0;
}

std::string LogDirectory::TextOf(const std::string& daemon, int stream) const {
  std::ifstream file(PathOf(daemon, stream));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace simulation
}  // namespace hob
