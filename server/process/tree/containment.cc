#include "server/process/tree/containment.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/posix/proc_files.h"
#include "server/posix/raw_clone.h"
#include "server/process/tree/control_group.h"

namespace hob {
namespace {

constexpr char kDaemonSuffix[] = ".daemon";

// Indices of the fields in a line of mountinfo, proc(5).
constexpr size_t kMountRoot = 3;
constexpr size_t kMountPoint = 4;

// FNV-1a. Unlike absl::Hash, it gives the same result in every process and every build.
uint64_t StableHash(absl::string_view text) {
  uint64_t hash = 14695981039346656037U;
  for (const char byte : text) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 1099511628211U;
  }
  return hash;
}

std::string Canonical(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> resolved(realpath(path.c_str(), nullptr), &free);
  return resolved == nullptr ? path : std::string(resolved.get());
}

// Returns this process's path in the cgroup v2 hierarchy; empty if it has none.
absl::string_view OwnGroup(absl::string_view cgroup) {
  for (absl::string_view line : absl::StrSplit(cgroup, '\n')) {
    if (absl::ConsumePrefix(&line, "0::")) return line;
  }
  return "";
}

// mountinfo encodes spaces and backslashes as octal numbers.
std::string Unescaped(absl::string_view field) {
  std::string text;
  return absl::CUnescape(field, &text) ? text : std::string(field);
}

[[noreturn]] void ExitAtOnce(void*) {
  for (;;) syscall(SYS_exit_group, 0);
}

absl::Status TryClone(const std::string& group) {
  const UniqueFd directory = OpenControlGroup(group);
  if (!directory.ok()) return absl::ErrnoToStatus(errno, group);
  int pidfd = -1;
  const pid_t pid = RawClone(directory.get(), &ExitAtOnce, nullptr, &pidfd);
  if (pid < 0) return absl::ErrnoToStatus(-pid, "clone3 into a control group");
  const UniqueFd closer(pidfd);
  siginfo_t info = {};
  int waited = 0;
  do {
    waited = waitid(P_PIDFD, pidfd, &info, WEXITED | __WALL);
  } while (waited != 0 && errno == EINTR);
  if (waited != 0) return absl::ErrnoToStatus(errno, "waitid of a process in a control group");
  // A signal ends every process cloned into a group that was once killed as a whole (Linux 6.18);
  // in a new group that must not happen.
  if (info.si_code != CLD_EXITED) {
    return absl::UnavailableError("processes cloned into a control group are killed at once");
  }
  return absl::OkStatus();
}

// Creates `group` and tests whether daemons can have groups in it.
absl::Status TryGroup(const std::string& group) {
  if (mkdir(group.c_str(), 0755) != 0 && errno != EEXIST) return absl::ErrnoToStatus(errno, group);
  if (access(absl::StrCat(group, "/cgroup.kill").c_str(), W_OK) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat(group, "/cgroup.kill"));
  }
  // No daemon's group has this name, because it lacks the suffix.
  const std::string trial = absl::StrCat(group, "/probe");
  const absl::Status status = TryClone(trial);
  RemoveControlGroup(trial);
  return status;
}

}  // namespace

absl::string_view ContainmentModeName(ContainmentMode mode) {
  switch (mode) {
    case ContainmentMode::kControlGroup:
      return "cgroup";
    case ContainmentMode::kSession:
      return "session";
  }
  return "";
}

Containment ProbeContainment(const std::string& run_dir) {
  const absl::StatusOr<std::vector<std::string>> candidates = CandidateGroups(run_dir);
  Containment containment;
  containment.reason = candidates.ok() ? "no hierarchy of control groups (cgroup v2) is mounted"
                                       : std::string(candidates.status().message());
  if (!candidates.ok()) return containment;
  for (const std::string& group : *candidates) {
    const absl::Status status = TryGroup(group);
    if (status.ok()) return {ContainmentMode::kControlGroup, group, ""};
    RemoveControlGroup(group);
    containment.reason = std::string(status.message());
  }
  return containment;
}

absl::StatusOr<std::vector<std::string>> CandidateGroups(const std::string& run_dir) {
  const absl::StatusOr<std::string> mountinfo = ReadSmallFile("/proc/self/mountinfo");
  const absl::StatusOr<std::string> cgroup = ReadSmallFile("/proc/self/cgroup");
  for (const absl::StatusOr<std::string>* file : {&mountinfo, &cgroup}) {
    if (absl::IsResourceExhausted(file->status())) return file->status();
  }
  const std::string name = absl::StrFormat("hob-%016x", StableHash(Canonical(run_dir)));
  std::vector<std::string> groups;
  for (const std::string& own : OwnGroupDirectories(mountinfo.value_or(""), cgroup.value_or(""))) {
    groups.push_back(absl::StrCat(own, "/", name));
  }
  return groups;
}

std::string DaemonGroup(const std::string& group, absl::string_view name) {
  return absl::StrCat(group, "/", name, kDaemonSuffix);
}

std::string DaemonOfGroup(const std::string& path) {
  return std::string(absl::StripSuffix(path.substr(path.rfind('/') + 1), kDaemonSuffix));
}

std::vector<std::string> OwnGroupDirectories(absl::string_view mountinfo,
                                             absl::string_view cgroup) {
  std::vector<std::string> directories;
  const absl::string_view own = OwnGroup(cgroup);
  if (own.empty()) return directories;
  for (absl::string_view line : absl::StrSplit(mountinfo, '\n', absl::SkipEmpty())) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ' ');
    if (fields.size() <= kMountPoint || line.find(" - cgroup2 ") == absl::string_view::npos) {
      continue;
    }
    // A mount may show only a part of the hierarchy.
    absl::string_view below = own;
    if (fields[kMountRoot] != "/" && !absl::ConsumePrefix(&below, Unescaped(fields[kMountRoot]))) {
      continue;
    }
    // Skip a sibling with the same name prefix, and paths above the mount.
    if (!(below.empty() || below[0] == '/') || absl::StrContains(below, "/..")) continue;
    directories.push_back(
        absl::StrCat(Unescaped(fields[kMountPoint]), absl::StripSuffix(below, "/")));
  }
  return directories;
}

}  // namespace hob
