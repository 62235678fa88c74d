#include "server/process/tree/control_group.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "server/posix/pidfd.h"
#include "server/posix/proc_files.h"

namespace hob {
namespace {

// A fork bomb outruns individual signals, so the rounds are limited. SIGKILL does not depend on
// them.
constexpr int kRounds = 100;
// Maximum number of descriptors open at a time.
constexpr size_t kSignalledAtOnce = 64;
constexpr int kDirectoryFlags = O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;

// Number of links of a directory without subdirectories.
constexpr nlink_t kLinksOfLeaf = 2;

using Opened = std::vector<std::pair<pid_t, UniqueFd>>;

// Opens some of the processes that are not in `seen`, and adds them to it. `status` receives the
// first error.
Opened OpenUnseen(const std::vector<pid_t>& pids, std::set<pid_t>* seen, absl::Status* status) {
  Opened opened;
  for (const pid_t pid : pids) {
    if (opened.size() == kSignalledAtOnce) break;
    if (!seen->insert(pid).second) continue;
    UniqueFd pidfd = OpenPidfd(pid);
    if (pidfd.ok()) {
      opened.emplace_back(pid, std::move(pidfd));
    } else {
      status->Update(LastErrorUnlessGone(pid));
    }
  }
  return opened;
}

// True if a subgroup has no process list of its own: it is threaded, and its parent's list contains
// its processes.
bool IsThreaded(const absl::Status& status) { return absl::IsUnimplemented(status); }

}  // namespace

UniqueFd OpenControlGroup(const std::string& path) {
  UniqueFd directory(open(path.c_str(), kDirectoryFlags));
  if (!directory.ok() && errno == ENOENT && (mkdir(path.c_str(), 0755) == 0 || errno == EEXIST)) {
    directory.Reset(open(path.c_str(), kDirectoryFlags));
  }
  return directory;
}

absl::StatusOr<std::vector<std::string>> ControlGroupsIn(const std::string& path) {
  std::vector<std::string> groups;
  struct stat attributes = {};
  if (stat(path.c_str(), &attributes) != 0) return absl::ErrnoToStatus(errno, path);
  if (attributes.st_nlink == kLinksOfLeaf) return groups;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(path.c_str()), &closedir);
  if (stream == nullptr) return absl::ErrnoToStatus(errno, path);
  errno = 0;
  while (const dirent* entry = readdir(stream.get())) {
    const absl::string_view name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") {
      groups.push_back(absl::StrCat(path, "/", name));
    }
  }
  if (errno != 0) return absl::ErrnoToStatus(errno, path);
  return groups;
}

bool RemoveControlGroup(const std::string& path) {
  if (rmdir(path.c_str()) == 0 || errno == ENOENT) return true;
  const absl::StatusOr<std::vector<std::string>> groups = ControlGroupsIn(path);
  if (groups.ok()) {
    for (const std::string& group : *groups) RemoveControlGroup(group);
  }
  return rmdir(path.c_str()) == 0 || errno == ENOENT;
}

absl::StatusOr<std::vector<pid_t>> ProcessesInControlGroup(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadSmallFile(absl::StrCat(path, "/cgroup.procs"));
  if (!text.ok()) return text.status();
  std::vector<pid_t> pids;
  for (absl::string_view line : absl::StrSplit(*text, '\n', absl::SkipEmpty())) {
    pid_t pid = 0;
    if (absl::SimpleAtoi(line, &pid) && pid > 0) pids.push_back(pid);
  }
  const absl::StatusOr<std::vector<std::string>> groups = ControlGroupsIn(path);
  if (!groups.ok()) return groups.status();
  for (const std::string& group : *groups) {
    const absl::StatusOr<std::vector<pid_t>> more = ProcessesInControlGroup(group);
    if (more.ok()) {
      pids.insert(pids.end(), more->begin(), more->end());
    } else if (!absl::IsNotFound(more.status()) && !IsThreaded(more.status())) {
      return more.status();
    }
  }
  return pids;
}

bool IsPopulated(int events_fd) {
  char text[256];
  const ssize_t size = pread(events_fd, text, sizeof(text), 0);
  // A removed group is not populated. After any other error the state is unknown, so assume it is.
  if (size < 0) return errno != ENODEV;
  return absl::string_view(text, size).find("populated 1") != absl::string_view::npos;
}

absl::StatusOr<UniqueFd> OpenControlGroupEvents(const std::string& path) {
  const std::string file = absl::StrCat(path, "/cgroup.events");
  UniqueFd events(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!events.ok()) return absl::ErrnoToStatus(errno, file);
  return events;
}

absl::Status KillControlGroup(const std::string& path) {
  const std::string file = absl::StrCat(path, "/cgroup.kill");
  const UniqueFd kill(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!kill.ok() || write(kill.get(), "1", 1) != 1) return absl::ErrnoToStatus(errno, file);
  return absl::OkStatus();
}

absl::Status SignalControlGroup(const std::string& path, absl::Span<const int> signals, pid_t but) {
  absl::Status status;
  std::set<pid_t> seen = {but};
  absl::StatusOr<std::vector<pid_t>> members = ProcessesInControlGroup(path);
  for (int round = 0; round < kRounds && members.ok(); ++round) {
    const Opened opened = OpenUnseen(*members, &seen, &status);
    if (opened.empty()) break;
    // A process listed after its pidfd was opened is the process the pidfd refers to.
    members = ProcessesInControlGroup(path);
    if (!members.ok()) break;
    for (const auto& process : opened) {
      if (std::find(members->begin(), members->end(), process.first) == members->end()) continue;
      for (const int signal : signals) {
        if (!SendSignal(process.second.get(), signal)) {
          status.Update(UnlessGone(SignalError(process.first)));
        }
      }
    }
  }
  status.Update(UnlessGone(members.status()));
  return status;
}

}  // namespace hob
