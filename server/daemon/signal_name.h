#ifndef HOB_SERVER_DAEMON_SIGNAL_NAME_H_
#define HOB_SERVER_DAEMON_SIGNAL_NAME_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace hob {

// Returns the number of a signal written as "HUP", "SIGHUP" (any case), "RTMIN+3" or "1"; absent if
// `text` names no signal from 1 to 64.
absl::optional<int> ParseSignal(absl::string_view text);

// Returns "HUP" for 1, "RTMIN+3" for 37; the number itself if it has no name.
std::string SignalName(int signal);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_SIGNAL_NAME_H_
