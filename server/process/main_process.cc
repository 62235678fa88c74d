#include "server/process/main_process.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/process/pidfd.h"

namespace hob {
namespace {

constexpr int64_t kBytesPerKibibyte = 1024;

EndOfProcess Decode(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return ExitedWithCode{info.si_status};
  return KilledBySignal{info.si_status, info.si_code == CLD_DUMPED};
}

ResourceUsage Decode(const struct rusage& usage) {
  return {absl::DurationFromTimeval(usage.ru_utime), absl::DurationFromTimeval(usage.ru_stime),
          usage.ru_maxrss * kBytesPerKibibyte};
}

}  // namespace

MainProcess::~MainProcess() { Reap(); }

bool MainProcess::HasEnded() const { return is_reaped() || hob::HasEnded(pidfd_.get()); }

absl::optional<ReapedProcess> MainProcess::Wait(int flags) const {
  if (is_reaped()) return absl::nullopt;
  siginfo_t info = {};
  struct rusage usage = {};
  // glibc's waitid has no place for the usage.
  const long result =
      syscall(SYS_waitid, P_PIDFD, pidfd_.get(), &info, WEXITED | WNOHANG | __WALL | flags, &usage);
  if (result != 0 || info.si_pid == 0) return absl::nullopt;
  return ReapedProcess{Decode(info), Decode(usage)};
}

absl::optional<ReapedProcess> MainProcess::Peek() const { return Wait(WNOWAIT); }

absl::optional<ReapedProcess> MainProcess::Reap() {
  absl::optional<ReapedProcess> reaped = Wait(0);
  if (reaped.has_value()) pidfd_.Reset();
  return reaped;
}

absl::Status MainProcess::Signal(int signal) const {
  // A zombie takes every signal without an error (RELIABILITY F25).
  if (HasEnded()) return absl::NotFoundError(absl::StrCat("process ", pid_, " has ended"));
  if (SendSignal(pidfd_.get(), signal)) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat("signal ", signal, " to process ", pid_));
}

}  // namespace hob
