#include "server/config/config.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/config/chain.h"
#include "server/config/daemon_builder.h"
#include "server/config/keys/accounts.h"
#include "server/config/keys/daemon_keys.h"
#include "server/config/keys/server_keys.h"

namespace hob {
namespace {

ConfigPlace PlaceOf(const Settings& settings, const std::string& key) {
  const Setting* const setting = FindInForce(settings, key);
  return setting == nullptr ? ConfigPlace{} : setting->place;
}

ServerSettings BuildServer(const Settings& configured, Accounts* accounts, ProblemList* errors,
                           ProblemList* warnings) {
  ServerSettings server = DefaultServerSettings(CurrentPaths());
  for (const ServerKey& key : ServerKeys()) {
    const Setting* const setting = FindInForce(configured, key.name);
    // The chain holds only values that are right.
    if (setting != nullptr) SetServerKey(key, setting->value, accounts, &server).IgnoreError();
  }
  const absl::Status status = CompleteServerSettings(&server);
  if (!status.ok()) {
    errors->Add(PlaceOf(configured, "run_dir"),
                absl::StrCat("run_dir: ", status.message(), "; shorten it, or set listen"));
  }
  const Setting* const burst = FindInForce(configured, "start_burst");
  if (burst != nullptr && !server.start_rate.has_value()) {
    warnings->Add(burst->place, "start_burst: it does nothing without start_rate");
  }
  return server;
}

void WarnOfMissingCommand(const std::string& name, const ChainDaemon& daemon,
                          ProblemList* warnings) {
  const auto taken_back = daemon.settings.find(kCommandKey);
  if (taken_back != daemon.settings.end()) {
    warnings->Add(taken_back->second.place,
                  absl::StrCat("'", name, "' has no command (it is empty here): skipped"));
  } else {
    warnings->Add(daemon.place, absl::StrCat("'", name, "' has no command anywhere: skipped"));
  }
}

DaemonSpecs BuildDaemons(const DaemonBuilderContext& context) {
  DaemonSpecs daemons;
  for (const auto& [name, daemon] : context.chain.daemons) {
    if (FindInForce(daemon.settings, kCommandKey) == nullptr) {
      WarnOfMissingCommand(name, daemon, &context.warnings);
    } else {
      daemons.emplace_hint(daemons.end(), name, BuildDaemon(context, name));
    }
  }
  return daemons;
}

// `web` writes its errors to web.err.log, and `web.err` its output.
void CheckLogNames(const DaemonSpecs& daemons, const Chain& chain, ProblemList* errors) {
  for (const auto& [name, spec] : daemons) {
    absl::string_view stem = name;
    if (!absl::ConsumeSuffix(&stem, ".err") || spec->stdout_mode != OutputMode::kLog) continue;
    const auto other = daemons.find(std::string(stem));
    if (other == daemons.end() || other->second->stderr_mode != OutputMode::kLog) continue;
    errors->Add(
        PlaceOf(chain.daemons.at(name).settings, kCommandKey),
        absl::StrCat("'", name, "' and '", stem, "' would both write the log ", name,
                     ".log: rename one of them, or set stderr = stdout in [daemon:", stem, "]"));
  }
}

}  // namespace

LoadedConfig LoadConfig(const std::vector<std::string>& paths) {
  Accounts accounts;
  ProblemList errors;
  ProblemList warnings;
  const Chain chain = ReadChain(paths, &accounts, &errors, &warnings);
  LoadedConfig loaded;
  loaded.config.server = BuildServer(chain.server, &accounts, &errors, &warnings);
  DaemonBuilderContext::SharedSettings settings;
  std::set<std::pair<int, int>> seen;
  loaded.config.daemons = BuildDaemons({chain, accounts, errors, warnings, settings, seen});
  CheckLogNames(loaded.config.daemons, chain, &errors);
  loaded.errors = errors.Sorted(chain.sources);
  loaded.warnings = warnings.Sorted(chain.sources);
  return loaded;
}

}  // namespace hob
