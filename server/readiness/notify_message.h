#ifndef HOB_SERVER_READINESS_NOTIFY_MESSAGE_H_
#define HOB_SERVER_READINESS_NOTIFY_MESSAGE_H_

#include <sys/types.h>

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace hob {

// What a datagram of sd_notify(3) says. Unknown lines, and values that make no sense, are as if
// they were not there.
struct NotifyMessage {
  // READY=1
  bool ready = false;
  // STOPPING=1
  bool stopping = false;
  // WATCHDOG=1: a sign of life.
  bool watchdog_alive = false;
  // WATCHDOG=trigger: the daemon found itself broken.
  bool watchdog_trigger = false;
  // STATUS=...: what it does, for people; printable, and of what was sent the first
  // kMaxStatusLength characters ("..." follows where there are more).
  absl::optional<std::string> status;
  // EXTEND_TIMEOUT_USEC=...: it wants so much time from now on for what it does.
  absl::optional<absl::Duration> extend_timeout;
  // MAINPID=...: this process is the main process from now on; positive.
  absl::optional<pid_t> main_pid;
};

inline constexpr int kMaxStatusLength = 256;

// Reads a datagram, which may hold anything.
NotifyMessage ParseNotifyMessage(absl::string_view datagram);

}  // namespace hob

#endif  // HOB_SERVER_READINESS_NOTIFY_MESSAGE_H_
