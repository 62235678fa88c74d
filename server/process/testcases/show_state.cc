// Writes its initial state to FILE, one "KEY VALUE" per line, and exits with 0. Reports only what
// the kernel says about this process.
//
//   show_state FILE
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

extern char** environ;

namespace {

std::ostringstream out;

// Called before any other descriptor is opened.
std::vector<int> OpenDescriptors() {
  std::vector<int> open_ones;
  DIR* directory = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(directory)) {
    const int fd = atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != dirfd(directory)) open_ones.push_back(fd);
  }
  closedir(directory);
  std::sort(open_ones.begin(), open_ones.end());
  return open_ones;
}

void ShowDescriptors(const std::vector<int>& descriptors) {
  for (const int fd : descriptors) {
    char target[4096] = {};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    if (readlink(link.c_str(), target, sizeof(target) - 1) < 0) strcpy(target, "?");
    std::string name = target;
    if (name.rfind("pipe:", 0) == 0) name = "pipe";
    const int flags = fcntl(fd, F_GETFL);
    out << "fd " << fd << " " << name << ((flags & O_ACCMODE) == O_RDONLY ? " r" : "")
        << ((flags & O_ACCMODE) == O_WRONLY ? " w" : "")
        << ((flags & O_ACCMODE) == O_RDWR ? " rw" : "") << ((flags & O_APPEND) ? " append" : "")
        << ((flags & O_NONBLOCK) ? " nonblock" : "") << "\n";
  }
}

void ShowStatusLines() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    for (const char* key : {"SigBlk:", "SigIgn:", "SigCgt:", "NoNewPrivs:", "Uid:", "Gid:",
                            "Groups:", "CapEff:", "CapPrm:", "FDSize:"}) {
      if (line.rfind(key, 0) != 0) continue;
      std::istringstream words(line);
      std::string word;
      words >> word;
      out << word.substr(0, word.size() - 1);
      while (words >> word) out << " " << word;
      out << "\n";
    }
  }
}

void ShowLimit(const char* name, __rlimit_resource resource) {
  struct rlimit limit;
  getrlimit(resource, &limit);
  out << name << " " << static_cast<long long>(limit.rlim_cur) << " "
      << static_cast<long long>(limit.rlim_max) << "\n";
}

void ShowFile(const char* name, const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  out << name << " " << line << "\n";
}

void ShowAttributes() {
  char directory[4096];
  const mode_t mask = umask(0);
  out << "leads_session " << (getsid(0) == getpid()) << "\n";
  out << "leads_group " << (getpgrp() == getpid()) << "\n";
  out << "has_terminal " << (open("/dev/tty", O_RDWR) >= 0) << "\n";
  out << "cwd " << (getcwd(directory, sizeof(directory)) ? directory : "?") << "\n";
  out << "umask " << std::oct << mask << std::dec << "\n";
  out << "nice " << getpriority(PRIO_PROCESS, 0) << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 96;
  ShowDescriptors(OpenDescriptors());
  ShowStatusLines();
  ShowAttributes();
  ShowLimit("nofile", RLIMIT_NOFILE);
  ShowLimit("core", RLIMIT_CORE);
  ShowLimit("nproc", RLIMIT_NPROC);
  ShowLimit("memlock", RLIMIT_MEMLOCK);
  ShowFile("oom_score_adj", "/proc/self/oom_score_adj");
  for (char** entry = environ; *entry != nullptr; ++entry) out << "env " << *entry << "\n";
  std::ofstream file(argv[1]);
  file << out.str();
  return file.flush() ? 0 : 95;
}
