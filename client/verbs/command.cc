#include "client/verbs/command.h"

#include "absl/strings/str_cat.h"

namespace hob {
namespace client {

void Waiting::Define(CLI::App& command) {
  command.add_flag("--no-wait", no_wait, "Return as soon as it is under way");
  command
      .add_option("--timeout", timeout_text,
                  "How long to wait for the outcome (500ms, 5, 1min30s); it goes on after that. "
                  "Default: 30s")
      ->type_name("DURATION");
}

absl::StatusOr<absl::Duration> Waiting::Timeout() const {
  if (timeout_text.empty()) return kDefaultTimeout;
  if (no_wait) return absl::InvalidArgumentError("--timeout and --no-wait exclude each other");
  absl::StatusOr<absl::Duration> timeout = ParseDuration(timeout_text);
  if (!timeout.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--timeout: ", timeout.status().message()));
  }
  if (*timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("--timeout: it must be longer than 0; see --no-wait");
  }
  return timeout;
}

}  // namespace client
}  // namespace hob
