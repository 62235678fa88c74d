#include "server/process/tree/main_process.h"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "absl/strings/str_cat.h"
#include "server/posix/pidfd.h"
#include "server/process/tree/child_end.h"

namespace hob {

MainProcess::~MainProcess() { Reap(); }

bool MainProcess::HasEnded() const { return is_reaped() || hob::HasEnded(pidfd_.get()); }

absl::optional<ReapedProcess> MainProcess::Wait(int flags) const {
  if (is_reaped()) return absl::nullopt;
  return WaitForChildEnd(pidfd_.get(), flags);
}

absl::optional<ReapedProcess> MainProcess::Peek() const { return Wait(WNOWAIT); }

absl::optional<ReapedProcess> MainProcess::Reap() {
  absl::optional<ReapedProcess> reaped = Wait(0);
  if (reaped.has_value()) pidfd_.Reset();
  return reaped;
}

absl::Status MainProcess::Signal(absl::Span<const int> signals) const {
  // A zombie accepts every signal without an error.
  if (HasEnded()) return absl::NotFoundError(absl::StrCat("process ", pid_, " has ended"));
  for (const int signal : signals) {
    if (SendSignal(pidfd_.get(), signal)) continue;
    return SignalError(pid_);
  }
  return absl::OkStatus();
}

}  // namespace hob
