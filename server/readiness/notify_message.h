#ifndef HOB_SERVER_READINESS_NOTIFY_MESSAGE_H_
#define HOB_SERVER_READINESS_NOTIFY_MESSAGE_H_

#include <sys/types.h>

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace hob {

// The contents of an sd_notify(3) datagram. Unknown lines and invalid values are ignored.
struct NotifyMessage {
  // READY=1
  bool ready = false;
  // STOPPING=1
  bool stopping = false;
  // WATCHDOG=1: a keep-alive.
  bool watchdog_alive = false;
  // WATCHDOG=trigger: the daemon found itself broken.
  bool watchdog_trigger = false;
  // STATUS=...: the daemon's activity in words; printable, truncated to kMaxStatusLength characters
  // ("..." follows if there were more).
  absl::optional<std::string> status;
  // EXTEND_TIMEOUT_USEC=...: the daemon needs this much time from now on for its current step.
  absl::optional<absl::Duration> extend_timeout;
  // MAINPID=...: the daemon's new main process; positive.
  absl::optional<pid_t> main_pid;
};

inline constexpr int kMaxStatusLength = 256;

// Parses a datagram with arbitrary contents.
NotifyMessage ParseNotifyMessage(absl::string_view datagram);

}  // namespace hob

#endif  // HOB_SERVER_READINESS_NOTIFY_MESSAGE_H_
