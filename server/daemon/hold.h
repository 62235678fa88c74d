#ifndef HOB_SERVER_DAEMON_HOLD_H_
#define HOB_SERVER_DAEMON_HOLD_H_

#include <string>

#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace hob {

// A hold on a daemon: while it lasts, only commands to the daemon itself start or end it. A plain
// value.
struct Hold {
  // Caller::name of the user who placed it.
  std::string owner;
  // The owner's reason; untrusted text.
  std::string reason;
  // Times in the form of Timestamp::wall.
  absl::Time create_time;
  // Absent: the hold lasts until it is released.
  absl::optional<absl::Time> expire_time;
};

// Returns a description in a safe form: "held by alice (uid 1001): disk swap".
std::string DescribeHold(const Hold& hold);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_HOLD_H_
