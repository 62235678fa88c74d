// hob-exec: assumes a daemon's credentials and becomes the daemon. hobd cannot do this itself: its
// children share its memory until they exec, and a change of credentials there would change the
// kernel's view of the server. Statically linked, so that no environment variable (LD_…) affects
// it.
//
//   hob-exec STATUS_FD UID GID GROUPS NO_NEW_PRIVILEGES PROGRAM [ARGUMENT...]
//
// GROUPS is a comma-separated list of numbers, possibly empty; NO_NEW_PRIVILEGES is 0 or 1. On
// failure it writes one SpawnStep to STATUS_FD and exits with 127; on success STATUS_FD closes
// without data.
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "server/process/spawn/spawn_stage.h"

namespace hob {
namespace {

enum Argument { kName, kStatusFd, kUid, kGid, kGroups, kNoNewPrivileges, kProgram };

// The kernel's maximum (NGROUPS_MAX).
constexpr int kMostGroups = 65536;

struct Task {
  int status_fd = -1;
  uid_t uid = 0;
  gid_t gid = 0;
  gid_t* groups = nullptr;
  int group_count = 0;
  bool no_new_privileges = false;
};

[[noreturn]] void Fail(const Task& task, SpawnStage stage, int error_number) {
  const SpawnStep step = {stage, error_number};
  // If the write fails too, the error cannot be reported.
  if (write(task.status_fd, &step, sizeof(step)) < 0) _exit(126);
  _exit(127);
}

void Check(const Task& task, SpawnStage stage, bool ok) {
  if (!ok) Fail(task, stage, errno);
}

// Fails unless the kernel reports the requested state, even if the call that should establish it
// succeeded.
void Verify(const Task& task, SpawnStage stage, bool ok) {
  if (!ok) Fail(task, stage, EPERM);
}

// Parses a number that is followed by `end` or ends the text, and advances `*text`.
unsigned long ParseNumber(const Task& task, const char** text, char end) {
  char* rest = nullptr;
  errno = 0;
  const unsigned long number = strtoul(*text, &rest, 10);
  const bool ok = errno == 0 && rest != *text && **text != '-' && (*rest == end || *rest == '\0') &&
                  number < ~uid_t{0};
  if (!ok) Fail(task, SpawnStage::kUser, EINVAL);
  *text = *rest == '\0' ? rest : rest + 1;
  return number;
}

unsigned long ParseNumber(const Task& task, const char* text) {
  return ParseNumber(task, &text, '\0');
}

void ParseGroups(const char* text, Task* task) {
  static gid_t groups[kMostGroups];
  task->groups = groups;
  while (*text != '\0' && task->group_count < kMostGroups) {
    groups[task->group_count++] = static_cast<gid_t>(ParseNumber(*task, &text, ','));
  }
  std::sort(groups, groups + task->group_count);
}

bool HasGroups(const Task& task) {
  static gid_t current[kMostGroups];
  const int count = getgroups(kMostGroups, current);
  if (count != task.group_count) return false;
  std::sort(current, current + count);
  return std::equal(current, current + count, task.groups);
}

// True if the effective groups will be the wanted ones once `gid` is the primary group, whether
// `gid` is listed or not.
bool HasGroupsInEffect(const Task& task) {
  static gid_t current[kMostGroups];
  static gid_t wanted[kMostGroups];
  const int count = std::max(0, getgroups(kMostGroups, current));
  gid_t* const current_end = std::remove(current, current + count, task.gid);
  gid_t* const wanted_end =
      std::remove_copy(task.groups, task.groups + task.group_count, wanted, task.gid);
  std::sort(current, current_end);
  return std::equal(current, current_end, wanted, wanted_end);
}

void SetGroups(const Task& task) {
  if (HasGroups(task)) return;
  if (setgroups(task.group_count, task.groups) == 0) {
    return Verify(task, SpawnStage::kGroups, HasGroups(task));
  }
  const int error_number = errno;
  // An unprivileged server may run daemons with its own groups.
  if (error_number == EPERM && HasGroupsInEffect(task)) return;
  Fail(task, SpawnStage::kGroups, error_number);
}

void SetGroup(const Task& task) {
  Check(task, SpawnStage::kGroup, setresgid(task.gid, task.gid, task.gid) == 0);
  gid_t real = 0, effective = 0, saved = 0;
  Check(task, SpawnStage::kGroup, getresgid(&real, &effective, &saved) == 0);
  Verify(task, SpawnStage::kGroup, real == task.gid && effective == task.gid && saved == task.gid);
}

void SetUser(const Task& task) {
  Check(task, SpawnStage::kUser, setresuid(task.uid, task.uid, task.uid) == 0);
  uid_t real = 0, effective = 0, saved = 0;
  Check(task, SpawnStage::kUser, getresuid(&real, &effective, &saved) == 0);
  Verify(task, SpawnStage::kUser, real == task.uid && effective == task.uid && saved == task.uid);
  // The process must not be able to become root again.
  if (task.uid != 0) Verify(task, SpawnStage::kUser, setuid(0) != 0);
}

[[noreturn]] void Execute(const Task& task, char** argv) {
  long millis = kFirstExecRetryMillis;
  for (int retries = 0;; ++retries, millis *= 2) {
    execv(argv[0], argv);
    if (errno != ETXTBSY || retries == kExecRetries) Fail(task, SpawnStage::kExec, errno);
    const timespec pause = {0, millis * 1'000'000};
    nanosleep(&pause, nullptr);
  }
}

[[noreturn]] void Run(char** argv) {
  Task task;
  task.status_fd = static_cast<int>(ParseNumber(task, argv[kStatusFd]));
  Check(task, SpawnStage::kClone, fcntl(task.status_fd, F_SETFD, FD_CLOEXEC) == 0);
  task.uid = static_cast<uid_t>(ParseNumber(task, argv[kUid]));
  task.gid = static_cast<gid_t>(ParseNumber(task, argv[kGid]));
  ParseGroups(argv[kGroups], &task);
  task.no_new_privileges = argv[kNoNewPrivileges][0] == '1';

  SetGroups(task);
  SetGroup(task);
  SetUser(task);
  if (task.no_new_privileges) {
    Check(task, SpawnStage::kNoNewPrivileges, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  }
  Execute(task, argv + kProgram);
}

}  // namespace
}  // namespace hob

int main(int argc, char** argv) {
  static constexpr char kUsage[] = "hob-exec is started by hobd, not by hand.\n";
  if (argc <= hob::kProgram) {
    return write(STDERR_FILENO, kUsage, sizeof(kUsage) - 1) < 0 ? 3 : 2;
  }
  hob::Run(argv);
}
