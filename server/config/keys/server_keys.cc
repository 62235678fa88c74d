#include "server/config/keys/server_keys.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/config/ini/quoting.h"
#include "server/config/keys/key_parsers.h"
#include "server/config/keys/listen_address.h"
#include "server/config/keys/values.h"
#include "server/text/printable.h"

namespace hob {
namespace {

using Text = absl::string_view;

// From one start in eleven days to more than any machine can do.
constexpr double kLowestStartRate = 1e-6;
constexpr double kHighestStartRate = 1e6;
constexpr int kHighestStartBurst = 1'000'000;

absl::StatusOr<std::vector<std::string>> ParseListen(Text text) {
  absl::StatusOr<std::vector<std::string>> items = SplitItems(text);
  if (!items.ok()) return items.status();
  std::vector<std::string> addresses;
  for (std::string& address : *items) {
    if (absl::Status status = CheckListenAddress(address); !status.ok()) return status;
    if (std::find(addresses.begin(), addresses.end(), address) != addresses.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", Printable(address), "' is listed twice: once is enough"));
    }
    addresses.push_back(std::move(address));
  }
  if (addresses.empty()) {
    return absl::InvalidArgumentError("there is no address: write for example unix:/run/hob.sock");
  }
  return addresses;
}

absl::StatusOr<std::string> ParseMetricsListen(Text text) {
  if (absl::Status status = CheckLoopbackAddress(text); !status.ok()) return status;
  return std::string(text);
}

std::vector<ServerKey> AllKeys() {
  return {
      {"listen",
       "Addresses for clients, a list of unix:/ABSOLUTE/PATH and HOST:PORT. A HOST:PORT must be "
       "loopback and serves only methods that read.",
       [](Text t, Accounts*) { return SetterOf(&ServerSettings::listen, ParseListen(t)); },
       [](const ServerSettings& s) { return WriteItems(s.listen); }, true},
      {"run_dir",
       "Directory for files that live as long as the server, such as its socket; an absolute path.",
       [](Text t, Accounts*) { return SetterOf(&ServerSettings::run_dir, ParsePath(t)); },
       [](const ServerSettings& s) { return WriteText(s.run_dir); }},
      {"log_dir", "Directory of the daemons' logs, an absolute path.",
       [](Text t, Accounts*) { return SetterOf(&ServerSettings::log_dir, ParsePath(t)); },
       [](const ServerSettings& s) { return WriteText(s.log_dir); }},
      {"state_dir", "Directory for files that outlive the server, an absolute path.",
       [](Text t, Accounts*) { return SetterOf(&ServerSettings::state_dir, ParsePath(t)); },
       [](const ServerSettings& s) { return WriteText(s.state_dir); }},
      {"socket_mode", "Permission bits of the Unix sockets, octal, 0 to 0777.",
       [](Text t, Accounts*) { return SetterOf(&ServerSettings::socket_mode, ParseMode(t)); },
       [](const ServerSettings& s) { return FormatMode(s.socket_mode); }},
      {"socket_group", "Group of the Unix sockets, a name or a number. Not set: the server's.",
       [](Text t, Accounts* accounts) {
         return SetterOf(&ServerSettings::socket_group, accounts->FindGroup(t));
       },
       [](const ServerSettings& s) {
         return s.socket_group.has_value() ? absl::StrCat(*s.socket_group) : "";
       }},
      {"start_rate",
       "Automatic starts per second of all daemons together, 0.000001 to 1000000. Not set: "
       "unlimited.",
       [](Text t, Accounts*) {
         return SetterOf(&ServerSettings::start_rate,
                         ParseNumber(t, kLowestStartRate, kHighestStartRate));
       },
       [](const ServerSettings& s) {
         return s.start_rate.has_value() ? FormatNumber(*s.start_rate) : "";
       }},
      {"start_burst",
       "Number of automatic starts that may come at once under start_rate, 1 to 1000000.",
       [](Text t, Accounts*) {
         return SetterOf(&ServerSettings::start_burst, ParseInteger(t, 1, kHighestStartBurst));
       },
       [](const ServerSettings& s) { return absl::StrCat(s.start_burst); }},
      {"metrics_listen",
       "Loopback address that serves metrics for Prometheus under /metrics, HOST:PORT. Not set: "
       "none are served.",
       [](Text t, Accounts*) {
         return SetterOf(&ServerSettings::metrics_listen, ParseMetricsListen(t));
       },
       [](const ServerSettings& s) { return WriteText(s.metrics_listen); }},
  };
}

}  // namespace

const std::vector<ServerKey>& ServerKeys() {
  static const auto& keys = *new std::vector<ServerKey>(AllKeys());
  return keys;
}

std::vector<std::string> ServerKeyNames() {
  std::vector<std::string> names;
  for (const ServerKey& key : ServerKeys()) names.push_back(key.name);
  return names;
}

const ServerKey* FindServerKey(absl::string_view name) {
  for (const ServerKey& key : ServerKeys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

absl::StatusOr<ServerSetter> ParseServerKey(const ServerKey& key, absl::string_view text,
                                            Accounts* accounts) {
  if (key.quoted) return key.parse(text, accounts);
  const absl::StatusOr<std::string> plain = Unquote(text);
  if (!plain.ok()) return plain.status();
  return key.parse(*plain, accounts);
}

ServerSettings DefaultServerSettings(const DefaultPaths& paths) {
  ServerSettings settings;
  settings.run_dir = paths.run_dir;
  settings.log_dir = paths.log_dir;
  settings.state_dir = paths.state_dir;
  return settings;
}

absl::Status CompleteServerSettings(ServerSettings* settings) {
  absl::Status status;
  if (settings->listen.empty()) {
    settings->listen = {absl::StrCat("unix:", settings->run_dir, "/", kSocketName)};
    status = CheckListenAddress(settings->listen[0]);
  }
  std::map<std::string, std::string> written;
  for (const ServerKey& key : ServerKeys()) written[key.name] = key.write(*settings);
  settings->settings = std::move(written);
  return status;
}

}  // namespace hob
