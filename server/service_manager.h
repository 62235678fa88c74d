#ifndef HOB_SERVER_SERVICE_MANAGER_H_
#define HOB_SERVER_SERVICE_MANAGER_H_

#include <string>

namespace hob {

// Notifies the service manager that started hobd, by sd_notify(3)'s protocol: sends
// newline-separated assignments such as "READY=1" to the socket in NOTIFY_SOCKET. Does nothing
// without one. Never blocks: libsystemd's own function waits forever for a manager that does not
// read, and hob's daemons must not depend on that. Thread-safe.
void NotifyServiceManager(const std::string& assignments);

}  // namespace hob

#endif  // HOB_SERVER_SERVICE_MANAGER_H_
