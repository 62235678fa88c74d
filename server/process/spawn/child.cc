#include "server/process/spawn/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace hob {
namespace {

constexpr int kLastSignal = 64;
constexpr size_t kKernelSignalSetBytes = 8;
constexpr unsigned kEveryDescriptor = ~0U;
// The kernel lets unprivileged users, all together, change the nice value of a session once per 100
// ms. A child tries for half a second.
constexpr int kSessionNiceTries = 20;
constexpr int64_t kSessionNicePauseNanos = 25'000'000;

// The kernel's layout, which differs from glibc's struct sigaction.
struct KernelSigaction {
  void (*handler)(int) = nullptr;
  unsigned long flags = 0;
  void (*restorer)() = nullptr;
  uint64_t mask = 0;
};

[[noreturn]] void Fail(ChildPlan* plan, SpawnStage stage, int error_number, int object = 0) {
  plan->failure = {stage, error_number, object};
  for (;;) syscall(SYS_exit_group, 127);
}

// Returns the result of a system call, or ends the child on an error. `object` is as in SpawnStep.
long Check(ChildPlan* plan, SpawnStage stage, long result, int object = 0) {
  if (result < 0) Fail(plan, stage, errno, object);
  return result;
}

void CloseRange(ChildPlan* plan, unsigned first, unsigned last) {
  if (first <= last) Check(plan, SpawnStage::kClone, syscall(SYS_close_range, first, last, 0));
}

// Closes the descriptors from `*first` up to, but not including, `kept`, and sets `*first` to the
// number after `kept`.
void CloseUpTo(ChildPlan* plan, int kept, int* first) {
  CloseRange(plan, *first, kept - 1);
  *first = kept + 1;
}

// Gives the child its own descriptor table with the standard and the kept descriptors. A spawn that
// hangs in chdir or execve must not hold another spawn's pipes open.
void TakeDescriptors(ChildPlan* plan) {
  int first = STDERR_FILENO + 1;
  const int first_uncopied = plan->kept_count == 0 ? first : plan->kept[plan->kept_count - 1] + 1;
  Check(plan, SpawnStage::kClone,
        syscall(SYS_close_range, first_uncopied, kEveryDescriptor, CLOSE_RANGE_UNSHARE));
  for (int i = 0; i < plan->kept_count; ++i) CloseUpTo(plan, plan->kept[i], &first);
}

// Ignored signals would stay ignored across execve and CLONE_CLEAR_SIGHAND.
void ResetSignals() {
  const KernelSigaction default_action;
  for (int signal = 1; signal <= kLastSignal; ++signal) {
    syscall(SYS_rt_sigaction, signal, &default_action, nullptr, kKernelSignalSetBytes);
  }
}

// Called before execve, so that no instance runs unrecorded. A failed write does not fail the
// spawn.
void WriteRecord(ChildPlan* plan) {
  if (plan->record_slot < 0) return;
  struct timespec now = {};
  syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &now);
  plan->record.boot_time_nanos = now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
  plan->record.pid = static_cast<int32_t>(syscall(SYS_getpid));
  syscall(SYS_pwrite64, plan->record_slot, &plan->record, sizeof(plan->record),
          plan->record_offset);
}

// Leaves the hard limit unchanged. A mark that cannot be set does not fail the spawn.
void SetMark(const ChildPlan* plan) {
  if (plan->record.mark == 0) return;
  uint64_t soft_and_hard[2] = {0, 0};
  if (syscall(SYS_prlimit64, 0, RLIMIT_LOCKS, nullptr, soft_and_hard) != 0) return;
  soft_and_hard[0] = plan->record.mark;
  syscall(SYS_prlimit64, 0, RLIMIT_LOCKS, soft_and_hard, nullptr);
}

long Open(ChildPlan* plan, SpawnStage stage, const char* path, int flags) {
  return Check(plan, stage, syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NOCTTY, 0));
}

long OpenStdio(ChildPlan* plan, SpawnStage stage, const ChildStdio& stdio) {
  switch (stdio.kind) {
    case StdioTarget::Kind::kNull:
      return Open(plan, stage, "/dev/null", O_RDWR);
    case StdioTarget::Kind::kHold:
      // Use a new open file description, so that flags set by one daemon do not affect another.
      return Open(plan, stage, stdio.path, O_RDONLY);
    case StdioTarget::Kind::kFifo:
      return Open(plan, stage, stdio.path, O_RDWR | O_NOFOLLOW);
    case StdioTarget::Kind::kInherit:
    case StdioTarget::Kind::kStdout:
      break;
  }
  return -1;
}

void SetStdio(ChildPlan* plan, SpawnStage stage, int number) {
  const ChildStdio& stdio = plan->stdio[number];
  if (stdio.kind == StdioTarget::Kind::kInherit) return;
  if (stdio.kind == StdioTarget::Kind::kStdout) {
    Check(plan, stage, syscall(SYS_dup3, STDOUT_FILENO, number, 0));
    return;
  }
  const long fd = OpenStdio(plan, stage, stdio);
  Check(plan, stage, syscall(SYS_dup3, fd, number, 0));
  syscall(SYS_close, fd);
}

// The target numbers may coincide with slots, so move all descriptors out of the way first.
void PlaceDescriptors(ChildPlan* plan) {
  if (plan->descriptor_count == 0) return;
  ChildDescriptor* const end = plan->descriptors + plan->descriptor_count;
  const int free_from = end[-1].number + 1;
  for (ChildDescriptor* passed = plan->descriptors; passed != end; ++passed) {
    passed->slot = static_cast<int>(
        Check(plan, passed->stage, syscall(SYS_fcntl, passed->slot, F_DUPFD_CLOEXEC, free_from),
              passed->number));
  }
  for (ChildDescriptor* passed = plan->descriptors; passed != end; ++passed) {
    Check(plan, passed->stage, syscall(SYS_dup3, passed->slot, passed->number, 0), passed->number);
  }
}

// Closes all other descriptors, close-on-exec or not.
void CloseTheRest(ChildPlan* plan) {
  int first = STDERR_FILENO + 1;
  for (int i = 0; i < plan->descriptor_count; ++i) {
    CloseUpTo(plan, plan->descriptors[i].number, &first);
  }
  CloseRange(plan, first, kEveryDescriptor);
}

// Gives the child's new session the same nice value. With autogroups, sched(7), the kernel weighs
// sessions against each other and applies nice values only within a session, so the child's own
// value would have no effect. The file is missing if the kernel has no autogroups. A failure does
// not fail the spawn.
void SetSessionNice(ChildPlan* plan) {
  const long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/autogroup", O_WRONLY | O_CLOEXEC, 0);
  if (fd < 0) return;
  for (int tries = 0; tries < kSessionNiceTries; ++tries) {
    if (syscall(SYS_write, fd, plan->nice_text, plan->nice_text_size) >= 0 || errno != EAGAIN) {
      break;
    }
    const struct timespec pause = {0, kSessionNicePauseNanos};
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, nullptr);
  }
  syscall(SYS_close, fd);
}

void SetNice(ChildPlan* plan) {
  if (!plan->set_nice) return;
  Check(plan, SpawnStage::kNice, syscall(SYS_setpriority, PRIO_PROCESS, 0, plan->nice));
  SetSessionNice(plan);
}

void SetOomScore(ChildPlan* plan) {
  if (plan->oom_score_adj == nullptr) return;
  const long fd = Open(plan, SpawnStage::kOomScoreAdj, "/proc/self/oom_score_adj", O_WRONLY);
  Check(plan, SpawnStage::kOomScoreAdj,
        syscall(SYS_write, fd, plan->oom_score_adj, plan->oom_score_adj_size));
  syscall(SYS_close, fd);
}

void SetLimits(ChildPlan* plan) {
  for (int i = 0; i < plan->limit_count; ++i) {
    const ChildLimit& limit = plan->limits[i];
    Check(plan, SpawnStage::kLimit,
          syscall(SYS_prlimit64, 0, limit.resource, limit.soft_and_hard, nullptr), limit.resource);
  }
}

void SetAttributes(ChildPlan* plan) {
  syscall(SYS_umask, plan->umask);
  plan->begun = SpawnStage::kChdir;
  Check(plan, SpawnStage::kChdir, syscall(SYS_chdir, plan->directory));
  SetNice(plan);
  SetOomScore(plan);
  // Set limits after all steps that open or move a descriptor, because a low limit would make those
  // fail.
  SetLimits(plan);
  if (plan->no_new_privileges) {
    Check(plan, SpawnStage::kNoNewPrivileges, syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  }
}

[[noreturn]] void Execute(ChildPlan* plan) {
  const uint64_t empty_mask = 0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &empty_mask, nullptr, kKernelSignalSetBytes);
  plan->begun = SpawnStage::kExec;
  int64_t millis = kFirstExecRetryMillis;
  for (int retries = 0;; ++retries, millis *= 2) {
    syscall(SYS_execve, plan->path, plan->argv, plan->environment);
    if (errno != ETXTBSY || retries == kExecRetries) Fail(plan, SpawnStage::kExec, errno);
    const struct timespec pause = {0, millis * 1'000'000};
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, nullptr);
  }
}

}  // namespace

void RunChild(void* argument) {
  ChildPlan* plan = static_cast<ChildPlan*>(argument);
  TakeDescriptors(plan);
  ResetSignals();
  Check(plan, SpawnStage::kSetsid, syscall(SYS_setsid));
  WriteRecord(plan);
  SetMark(plan);
  SetStdio(plan, SpawnStage::kStdin, STDIN_FILENO);
  SetStdio(plan, SpawnStage::kStdout, STDOUT_FILENO);
  SetStdio(plan, SpawnStage::kStderr, STDERR_FILENO);
  PlaceDescriptors(plan);
  CloseTheRest(plan);
  SetAttributes(plan);
  Execute(plan);
}

}  // namespace hob
