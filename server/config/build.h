// The third step of loading a configuration: merged settings -> specs.
#ifndef HOB_SERVER_CONFIG_BUILD_H_
#define HOB_SERVER_CONFIG_BUILD_H_

#include "server/config/config.h"
#include "server/config/ini/config_problem.h"
#include "server/config/keys/accounts.h"
#include "server/config/merge.h"

namespace hob {

// Builds the settings of the server and the spec of every daemon with a command: defaults,
// [os_daemon_settings] over them, the daemon's own settings over these. Reports keys that
// contradict each other, and users and groups that do not exist; warns as LoadedConfig::warnings
// says. Blocks on the user and group databases and on the disk.
Config BuildConfig(const MergedConfig& merged, Accounts* accounts, ProblemList* errors,
                   ProblemList* warnings);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_BUILD_H_
