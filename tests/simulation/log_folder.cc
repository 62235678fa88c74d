#include "tests/simulation/log_folder.h"

#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace hob {
namespace simulation {

LogFolder::LogFolder(const std::string& folder)
    : log_dir_(absl::StrCat(folder, "/log")), away_(absl::StrCat(folder, "/away")) {
  PCHECK(mkdir(log_dir_.c_str(), 0750) == 0) << log_dir_;
}

void LogFolder::Hide() {
  if (!is_there_) return;
  PCHECK(rename(log_dir_.c_str(), away_.c_str()) == 0) << log_dir_;
  is_there_ = false;
}

void LogFolder::Restore(Nanos now) {
  if (is_there_) return;
  PCHECK(rename(away_.c_str(), log_dir_.c_str()) == 0) << away_;
  is_there_ = true;
  restored_at_ = now;
}

std::string LogFolder::PathOf(const std::string& daemon, int stream) const {
  return absl::StrCat(is_there_ ? log_dir_ : away_, "/", daemon, stream == 0 ? "" : ".err", ".log");
}

int64_t LogFolder::SizeOf(const std::string& daemon, int stream) const {
  struct stat status = {};
  return stat(PathOf(daemon, stream).c_str(), &status) == 0 ? status.st_size : 0;
}

std::string LogFolder::TextOf(const std::string& daemon, int stream) const {
  std::ifstream file(PathOf(daemon, stream));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace simulation
}  // namespace hob
