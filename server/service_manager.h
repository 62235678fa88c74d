#ifndef HOB_SERVER_SERVICE_MANAGER_H_
#define HOB_SERVER_SERVICE_MANAGER_H_

#include <string>

namespace hob {

// Tells the service manager that started us how we are, by sd_notify(3)'s protocol:
// newline-separated assignments such as "READY=1" to the socket that NOTIFY_SOCKET names. Does
// nothing without one, and never blocks: libsystemd's own function waits for ever for a manager
// that does not read, and what we keep running must not depend on that. Thread-safe.
void NotifyServiceManager(const std::string& assignments);

}  // namespace hob

#endif  // HOB_SERVER_SERVICE_MANAGER_H_
