#ifndef HOB_SERVER_DAEMON_FOREGROUND_H_
#define HOB_SERVER_DAEMON_FOREGROUND_H_

#include <string>
#include <vector>

#include "server/daemon/exit_report.h"

namespace hob {

// True if the main process seems to have gone into the background by itself, as daemon(3) does: it
// ended unasked and with exit code 0, and left processes behind.
bool WentIntoBackground(const ExitReport& report);

// Says that a daemon has to stay in the foreground, and, if it is known, how to tell the program of
// `argv` to do so: "run it in the foreground: nginx -g 'daemon off;'".
std::string ForegroundAdvice(const std::vector<std::string>& argv);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_FOREGROUND_H_
