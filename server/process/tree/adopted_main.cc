#include "server/process/tree/adopted_main.h"

#include <utility>

#include "server/process/tree/child_end.h"

namespace hob {

AdoptedMain::AdoptedMain(pid_t pid, UniqueFd pidfd, StrayReaper* strays)
    : process_(pid, std::move(pidfd)), pidfd_(process_.pidfd()), strays_(strays) {
  if (strays_ != nullptr) strays_->Keep(pid, pidfd_);
}

AdoptedMain::~AdoptedMain() {
  if (strays_ != nullptr) strays_->Forget(process_.pid());
}

absl::optional<ReapedProcess> AdoptedMain::TryReap() {
  if (is_told_ || !process_.HasEnded()) return absl::nullopt;
  is_told_ = true;
  absl::optional<ReapedProcess> end =
      strays_ != nullptr ? strays_->TakeEnd(process_.pid()) : WaitForChildEnd(pidfd_, 0);
  if (!end.has_value()) end = ReadEndOfReaped(pidfd_);
  return end.has_value() ? end : ReapedProcess{UnobservedEnd{}, ResourceUsage()};
}

}  // namespace hob
