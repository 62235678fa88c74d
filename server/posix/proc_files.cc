#include "server/posix/proc_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/posix/unique_fd.h"

namespace hob {
namespace {

// Fields of /proc/PID/stat after the name in parentheses, counted from 0.
constexpr size_t kState = 0;
constexpr size_t kParent = 1;
constexpr size_t kSession = 3;
// utime, stime, cutime and cstime.
constexpr size_t kFirstTime = 11;
constexpr size_t kLastTime = 14;
constexpr size_t kThreads = 17;
constexpr size_t kStart = 19;
constexpr size_t kResident = 21;

// Link count of a directory /proc/PID/task with one thread.
constexpr nlink_t kLinksWithOneThread = 3;

absl::StatusOr<std::vector<pid_t>> ReadNumberedEntries(const std::string& directory) {
  std::vector<pid_t> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(directory.c_str()), &closedir);
  if (stream == nullptr) return absl::ErrnoToStatus(errno, directory);
  errno = 0;
  while (const dirent* entry = readdir(stream.get())) {
    pid_t number = 0;
    if (absl::SimpleAtoi(entry->d_name, &number)) numbers.push_back(number);
  }
  if (errno != 0) return absl::ErrnoToStatus(errno, directory);
  return numbers;
}

absl::StatusOr<std::vector<pid_t>> ScanForChildren(pid_t parent) {
  const absl::StatusOr<std::vector<pid_t>> all = ReadAllProcesses();
  if (!all.ok()) return all.status();
  std::vector<pid_t> children;
  for (const pid_t pid : *all) {
    const absl::StatusOr<ProcessStat> stat = ReadProcessStat(pid);
    if (stat.ok() && stat->parent == parent) children.push_back(pid);
    if (absl::IsResourceExhausted(stat.status())) return stat.status();
  }
  return children;
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return absl::ErrnoToStatus(errno, path);
  std::string text;
  char buffer[4096];
  ssize_t size = 0;
  do {
    size = read(file.get(), buffer, sizeof(buffer));
    if (size > 0) text.append(buffer, size);
  } while (size > 0 || (size < 0 && errno == EINTR));
  // If the process ends meanwhile, the read fails with ESRCH.
  if (size < 0) return absl::ErrnoToStatus(errno, path);
  return text;
}

absl::StatusOr<ProcessStat> ParseProcessStat(absl::string_view line) {
  // The name may hold any character, even closing parentheses and blanks: the last parenthesis ends
  // it.
  const size_t end_of_name = line.rfind(") ");
  if (end_of_name == absl::string_view::npos) return absl::DataLossError(line);
  const std::vector<absl::string_view> fields = absl::StrSplit(line.substr(end_of_name + 2), ' ');
  ProcessStat stat;
  if (fields.size() <= kResident || fields[kState].size() != 1 ||
      !absl::SimpleAtoi(line.substr(0, line.find(' ')), &stat.pid) ||
      !absl::SimpleAtoi(fields[kParent], &stat.parent) ||
      !absl::SimpleAtoi(fields[kSession], &stat.session) ||
      !absl::SimpleAtoi(fields[kThreads], &stat.threads) ||
      !absl::SimpleAtoi(fields[kStart], &stat.start_ticks) ||
      !absl::SimpleAtoi(fields[kResident], &stat.resident_pages)) {
    return absl::DataLossError(line);
  }
  for (size_t field = kFirstTime; field <= kLastTime; ++field) {
    int64_t ticks = 0;
    if (!absl::SimpleAtoi(fields[field], &ticks)) return absl::DataLossError(line);
    stat.cpu_ticks += ticks;
  }
  const char state = fields[kState][0];
  // If the first thread ends before the others, the process shows as a zombie meanwhile.
  stat.alive = (state != 'Z' && state != 'X') || stat.threads > 1;
  return stat;
}

absl::StatusOr<ProcessStat> ReadProcessStat(pid_t pid) {
  const absl::StatusOr<std::string> line = ReadSmallFile(absl::StrCat("/proc/", pid, "/stat"));
  if (!line.ok()) return line.status();
  return ParseProcessStat(*line);
}

absl::StatusOr<uid_t> ReadUserOf(pid_t pid) {
  const absl::StatusOr<std::string> text = ReadSmallFile(absl::StrCat("/proc/", pid, "/status"));
  if (!text.ok()) return text.status();
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    if (!absl::ConsumePrefix(&line, "Uid:\t")) continue;
    uid_t user = 0;
    if (absl::SimpleAtoi(line.substr(0, line.find('\t')), &user)) return user;
  }
  return absl::DataLossError(absl::StrCat("/proc/", pid, "/status names no user"));
}

absl::StatusOr<std::vector<pid_t>> ReadChildrenOfThread(pid_t pid, pid_t thread) {
  if (!KernelListsChildren()) return ScanForChildren(pid);
  const absl::StatusOr<std::string> text =
      ReadSmallFile(absl::StrCat("/proc/", pid, "/task/", thread, "/children"));
  if (!text.ok()) return text.status();
  std::vector<pid_t> children;
  for (absl::string_view word : absl::StrSplit(*text, ' ', absl::SkipEmpty())) {
    pid_t child = 0;
    if (absl::SimpleAtoi(word, &child)) children.push_back(child);
  }
  return children;
}

absl::StatusOr<std::vector<pid_t>> ReadChildren(pid_t pid) {
  const std::string tasks = absl::StrCat("/proc/", pid, "/task");
  struct stat attributes = {};
  const bool one_thread =
      stat(tasks.c_str(), &attributes) == 0 && attributes.st_nlink == kLinksWithOneThread;
  if (one_thread || !KernelListsChildren()) return ReadChildrenOfThread(pid, pid);
  const absl::StatusOr<std::vector<pid_t>> threads = ReadNumberedEntries(tasks);
  if (!threads.ok()) return threads.status();
  std::vector<pid_t> children;
  for (const pid_t thread : *threads) {
    const absl::StatusOr<std::vector<pid_t>> more = ReadChildrenOfThread(pid, thread);
    if (more.ok()) {
      children.insert(children.end(), more->begin(), more->end());
    } else if (!absl::IsNotFound(more.status())) {
      return more.status();
    }
  }
  return children;
}

absl::StatusOr<std::vector<pid_t>> ReadAllProcesses() { return ReadNumberedEntries("/proc"); }

bool KernelListsChildren() {
  static const bool lists =
      access(absl::StrCat("/proc/self/task/", getpid(), "/children").c_str(), R_OK) == 0;
  return lists;
}

absl::StatusOr<std::string> ReadEnvironmentOf(pid_t pid, absl::string_view variable) {
  const absl::StatusOr<std::string> text = ReadSmallFile(absl::StrCat("/proc/", pid, "/environ"));
  if (!text.ok()) return text.status();
  for (absl::string_view entry : absl::StrSplit(*text, '\0')) {
    if (absl::ConsumePrefix(&entry, variable) && absl::ConsumePrefix(&entry, "=")) {
      return std::string(entry);
    }
  }
  return absl::NotFoundError(variable);
}

}  // namespace hob
