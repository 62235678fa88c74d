#ifndef HOB_SERVER_CONFIG_DAEMON_BUILDER_H_
#define HOB_SERVER_CONFIG_DAEMON_BUILDER_H_

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "server/config/chain.h"
#include "server/config/ini/config_problem.h"
#include "server/config/keys/accounts.h"
#include "server/daemon/daemon_spec.h"

namespace hob {

// What daemons are built from, and where what is wrong with them goes. All outlive the call.
struct DaemonBuilderContext {
  // Orders settings by their values.
  struct ByValue {
    using Settings = std::shared_ptr<const DaemonSettings>;
    bool operator()(const Settings& a, const Settings& b) const { return *a < *b; }
  };
  using SharedSettings = std::set<std::shared_ptr<const DaemonSettings>, ByValue>;

  const Chain& chain;
  Accounts& accounts;
  ProblemList& errors;
  ProblemList& warnings;
  // The settings of the daemons built so far; daemons with equal ones share them.
  SharedSettings& settings;
  // The settings that were looked at for the daemons built so far, as (source, line): one in
  // [os_daemon_settings] is that of many daemons, and is warned of once.
  std::set<std::pair<int, int>>& seen;
};

// Makes the spec of a daemon whose command is in force: the defaults, [os_daemon_settings] over
// them, its own settings over these. Reports what does not go together (a watchdog without ready =
// notify), users and groups that do not exist, and warns of doubtful commands, of a folder and an
// env_file that are missing or wrong now, and of a back-off that can never halt.
std::shared_ptr<const DaemonSpec> BuildDaemon(const DaemonBuilderContext& context,
                                              const std::string& name);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_DAEMON_BUILDER_H_
