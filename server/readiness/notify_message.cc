#include "server/readiness/notify_message.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "server/text/printable.h"

namespace hob {
namespace {

// Long enough for any daemon, and fits into every time type.
constexpr uint64_t kMaxExtensionUsec = uint64_t{365} * 24 * 3600 * 1000000;

void ReadLine(absl::string_view line, NotifyMessage& message) {
  const std::pair<absl::string_view, absl::string_view> assignment =
      absl::StrSplit(line, absl::MaxSplits('=', 1));
  const auto& [name, value] = assignment;
  uint64_t usec;
  pid_t pid;
  if (name == "READY") {
    message.ready |= value == "1";
  } else if (name == "STOPPING") {
    message.stopping |= value == "1";
  } else if (name == "WATCHDOG") {
    message.watchdog_alive |= value == "1";
    message.watchdog_trigger |= value == "trigger";
  } else if (name == "STATUS") {
    message.status = Printable(value, kMaxStatusLength);
  } else if (name == "EXTEND_TIMEOUT_USEC" && absl::SimpleAtoi(value, &usec) && usec > 0) {
    message.extend_timeout = absl::Microseconds(std::min(usec, kMaxExtensionUsec));
  } else if (name == "MAINPID" && absl::SimpleAtoi(value, &pid) && pid > 0) {
    message.main_pid = pid;
  }
}

}  // namespace

NotifyMessage ParseNotifyMessage(absl::string_view datagram) {
  NotifyMessage message;
  for (absl::string_view line : absl::StrSplit(datagram, '\n')) ReadLine(line, message);
  return message;
}

}  // namespace hob
