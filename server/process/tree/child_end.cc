#include "server/process/tree/child_end.h"

#include <linux/ioctl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace hob {
namespace {

constexpr int64_t kBytesPerKibibyte = 1024;

// Maximum age of the cached peak of this process: reading the peak costs more than reaping a child.
constexpr absl::Duration kPeakAge = absl::Milliseconds(100);

// The kernel's figure is off by some pages for each processor that has changed it.
constexpr int64_t kPeakInexactness = 2 << 20;

// Returns VmHWM of proc(5). getrusage(2) would walk through all threads.
int64_t ReadPeakBytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    int64_t kibibytes;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes * kBytesPerKibibyte;
  }
  return 0;
}

EndOfProcess Decode(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return ExitedWithCode{info.si_status};
  return KilledBySignal{info.si_status, info.si_code == CLD_DUMPED};
}

// True if `bytes` is more than the peak resident set of this process. Uses a peak cached for up to
// kPeakAge, and reads the current one only if needed.
bool IsAboveOwnPeak(int64_t bytes) {
  static std::atomic<int64_t> peak{0};
  static std::atomic<int64_t> read_at{-1};
  const int64_t now = absl::GetCurrentTimeNanos();
  const bool is_old = read_at < 0 || std::abs(now - read_at) > absl::ToInt64Nanoseconds(kPeakAge);
  // The peak only grows.
  if (!is_old && bytes <= peak) return false;
  read_at = now;
  peak = ReadPeakBytes();
  return bytes > peak;
}

// Returns the child's peak resident set, or 0 if it is unknown. Until execve a child shares the
// memory of this process, and the kernel counts that memory as the child's. So only a peak above
// ours is certainly the child's own.
int64_t PeakOfChild(const struct rusage& usage) {
  const int64_t peak = usage.ru_maxrss * kBytesPerKibibyte;
  return IsAboveOwnPeak(peak - kPeakInexactness) ? peak : 0;
}

ResourceUsage Decode(const struct rusage& usage) {
  return {absl::DurationFromTimeval(usage.ru_utime), absl::DurationFromTimeval(usage.ru_stime),
          PeakOfChild(usage)};
}

// The first version of the kernel's struct pidfd_info (linux/pidfd.h of Linux 6.13); older headers
// lack it.
struct PidfdInfo {
  uint64_t mask;
  uint64_t cgroup_id;
  uint32_t ids[11];
  int32_t exit_code;
};
constexpr uint64_t kPidfdInfoExit = 1 << 3;
constexpr unsigned long kPidfdGetInfo = _IOWR(0xFF, 11, PidfdInfo);

EndOfProcess DecodeStatus(int status) {
  if (WIFSIGNALED(status)) return KilledBySignal{WTERMSIG(status), WCOREDUMP(status) != 0};
  return ExitedWithCode{WEXITSTATUS(status)};
}

}  // namespace

absl::optional<ReapedProcess> WaitForChildEnd(int pidfd, int flags) {
  siginfo_t info = {};
  struct rusage usage = {};
  // glibc's waitid has no parameter for the usage.
  const long result =
      syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG | __WALL | flags, &usage);
  if (result != 0 || info.si_pid == 0) return absl::nullopt;
  return ReapedProcess{Decode(info), Decode(usage)};
}

absl::optional<ReapedProcess> ReadEndOfReaped(int pidfd) {
  PidfdInfo info = {};
  info.mask = kPidfdInfoExit;
  if (ioctl(pidfd, kPidfdGetInfo, &info) != 0 || (info.mask & kPidfdInfoExit) == 0) {
    return absl::nullopt;
  }
  return ReapedProcess{DecodeStatus(info.exit_code), ResourceUsage()};
}

}  // namespace hob
