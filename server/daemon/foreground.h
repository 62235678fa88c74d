#ifndef HOB_SERVER_DAEMON_FOREGROUND_H_
#define HOB_SERVER_DAEMON_FOREGROUND_H_

#include <string>
#include <vector>

#include "server/daemon/exit_report.h"

namespace hob {

// True if the main process seems to have gone into the background, as daemon(3) does: it ended
// unasked with exit code 0 and left processes behind.
bool WentIntoBackground(const ExitReport& report);

// Returns the advice to stay in the foreground, with the option of the program `argv` that does so
// if it is known: "run it in the foreground: nginx -g 'daemon off;'".
std::string ForegroundAdvice(const std::vector<std::string>& argv);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_FOREGROUND_H_
