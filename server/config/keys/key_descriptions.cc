#include "server/config/keys/key_descriptions.h"

#include "server/config/keys/daemon_keys.h"
#include "server/config/keys/server_keys.h"
#include "server/config/keys/server_settings.h"
#include "server/daemon/daemon_spec.h"

namespace hob {
namespace {

constexpr char kSettingsSection[] = "os_daemon_settings";
constexpr char kDaemonSection[] = "daemon:NAME";
constexpr char kServerSection[] = "hob";

KeyDescription DescribeCommand() {
  return {kCommandKey,
          {kDaemonSection},
          "",
          KeyEffect::kNewProcess,
          "Absolute path of the program and its arguments, split into words as in sh(1) but with "
          "no expansion. A line NAME = PATH ARGS in [os_daemons] sets it as well."};
}

KeyDescription Describe(const DaemonKey& key, const DaemonSpec& defaults) {
  return {key.name,
          {kSettingsSection, kDaemonSection},
          key.write(defaults),
          key.change == KeyChange::kLive ? KeyEffect::kLive : KeyEffect::kNewProcess,
          key.help};
}

KeyDescription Describe(const ServerKey& key, const ServerSettings& defaults) {
  return {key.name, {kServerSection}, key.write(defaults), KeyEffect::kServerRestart, key.help};
}

}  // namespace

std::vector<KeyDescription> DescribeKeys(const DefaultPaths& paths) {
  std::vector<KeyDescription> keys = {DescribeCommand()};
  const DaemonSpec daemon;
  for (const DaemonKey& key : DaemonKeys()) keys.push_back(Describe(key, daemon));
  ServerSettings server = DefaultServerSettings(paths);
  // A socket path that is too long is still the default; hobd reports it.
  CompleteServerSettings(&server).IgnoreError();
  for (const ServerKey& key : ServerKeys()) keys.push_back(Describe(key, server));
  return keys;
}

}  // namespace hob
