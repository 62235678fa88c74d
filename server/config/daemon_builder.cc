#include "server/config/daemon_builder.h"

#include <limits.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/variant.h"
#include "server/config/halt_check.h"
#include "server/config/keys/command.h"
#include "server/config/keys/daemon_keys.h"
#include "server/config/keys/environment_file.h"
#include "server/text/duration.h"
#include "server/text/printable.h"

namespace hob {
namespace {

// One daemon on its way from the chain to its spec.
class DaemonBuilder {
 public:
  DaemonBuilder(const DaemonBuilderContext& context, const std::string& name)
      : context_(context),
        own_(context.chain.daemons.at(name).settings),
        spec_(std::make_shared<DaemonSpec>()) {
    spec_->name = name;
  }

  std::shared_ptr<const DaemonSpec> Build() {
    Apply(context_.chain.defaults);
    Apply(own_);
    SetCommand();
    SetCredentials();
    CheckDirectory();
    CheckEnvFile();
    CheckWatchdog();
    CheckHalt();
    WriteDaemonSettings(spec_.get());
    spec_->settings = *context_.settings.insert(spec_->settings).first;
    return std::move(spec_);
  }

 private:
  void Apply(const Settings& settings);
  void SetCommand();
  void SetCredentials();
  void CheckDirectory();
  void CheckEnvFile();
  void WarnOfCredentials();
  void CheckWatchdog();
  void CheckHalt();

  // Where a key is set, first in the daemon's own section, then for all; line 0 of no file when it
  // is nowhere.
  ConfigPlace PlaceOf(const std::string& key) const;
  // True if the key is set, and the setting is that of no daemon built before.
  bool IsNew(const std::string& key);
  void Warn(const std::string& key, absl::string_view warning) {
    context_.warnings.Add(PlaceOf(key), absl::StrCat(key, ": ", warning));
  }
  void Report(const std::string& key, const absl::Status& status) {
    if (status.ok()) return;
    context_.errors.Add(PlaceOf(key), absl::StrCat(key, ": ", status.message()));
  }

  const DaemonBuilderContext& context_;
  const Settings& own_;
  std::shared_ptr<DaemonSpec> spec_;
};

ConfigPlace DaemonBuilder::PlaceOf(const std::string& key) const {
  for (const Settings* settings : {&own_, &context_.chain.defaults}) {
    if (const Setting* setting = FindInForce(*settings, key)) return setting->place;
  }
  return ConfigPlace{};
}

void DaemonBuilder::Apply(const Settings& settings) {
  for (const DaemonKey& key : DaemonKeys()) {
    const Setting* const setting = FindInForce(settings, key.name);
    // The chain holds only values that are right.
    if (setting != nullptr) SetDaemonKey(key, setting->value, spec_.get()).IgnoreError();
  }
}

void DaemonBuilder::SetCommand() {
  const Setting& command = *FindInForce(own_, kCommandKey);
  spec_->command = command.value;
  spec_->argv = *ParseCommand(command.value);
  spec_->origin =
      absl::StrCat(context_.chain.sources[command.place.source], ":", command.place.line);
  for (const std::string& warning : CommandWarnings(command.value)) {
    context_.warnings.Add(command.place, absl::StrCat(spec_->name, ": ", warning));
  }
}

void DaemonBuilder::SetCredentials() {
  Accounts& accounts = context_.accounts;
  if (!spec_->user.empty()) Report("user", accounts.FindUser(spec_->user).status());
  if (!spec_->group.empty()) Report("group", accounts.FindGroup(spec_->group).status());
  for (const std::string& group : spec_->groups) {
    Report("groups", accounts.FindGroup(group).status());
  }
  auto credentials = accounts.Resolve(spec_->user, spec_->group, spec_->groups);
  if (!credentials.ok() || !credentials->has_value()) return;
  spec_->credentials = std::make_shared<const DaemonSpec::Credentials>(**std::move(credentials));
  WarnOfCredentials();
}

// A warning and no error: it may be another server that the configuration is for.
void DaemonBuilder::WarnOfCredentials() {
  const std::string why_not = context_.accounts.own_identity().WhyNot(*spec_->credentials);
  if (why_not.empty()) return;
  ConfigPlace place = PlaceOf("user");
  for (const char* key : {"group", "groups"}) {
    if (place.source < 0) place = PlaceOf(key);
  }
  context_.warnings.Add(place, absl::StrCat("'", spec_->name, "' cannot be started: ", why_not));
}

bool DaemonBuilder::IsNew(const std::string& key) {
  const ConfigPlace place = PlaceOf(key);
  return place.source >= 0 && context_.seen.insert({place.source, place.line}).second;
}

// Says nothing of a folder that cannot be looked at: `hob check` need not have the server's rights.
void DaemonBuilder::CheckDirectory() {
  if (!IsNew("directory")) return;
  struct stat status;
  const std::string shown = Printable(spec_->directory, PATH_MAX);
  if (stat(spec_->directory.c_str(), &status) == 0) {
    if (!S_ISDIR(status.st_mode)) {
      Warn("directory", absl::StrCat("'", shown, "' is not a folder: name one"));
    }
  } else if (errno == ENOENT || errno == ENOTDIR) {
    Warn("directory",
         absl::StrCat("there is not a folder '", shown, "': create it before the daemon starts"));
  }
}

void DaemonBuilder::CheckEnvFile() {
  if (!IsNew("env_file")) return;
  const absl::variant<Environment, SpawnFailure> read = ReadEnvironmentFile(spec_->env_file);
  const auto* const failure = absl::get_if<SpawnFailure>(&read);
  if (failure != nullptr && failure->error_number != EACCES) Warn("env_file", failure->message);
}

void DaemonBuilder::CheckWatchdog() {
  if (spec_->watchdog == absl::ZeroDuration() || spec_->ready == ReadyMode::kNotify) return;
  Report("watchdog", absl::InvalidArgumentError(absl::StrCat(
                         "only a daemon with ready = notify has a watchdog, and '", spec_->name,
                         "' has ready = ", FindDaemonKey("ready")->write(*spec_))));
}

void DaemonBuilder::CheckHalt() {
  const RestartPolicy& policy = spec_->restart_policy;
  if (CanEverHalt(policy)) return;
  ConfigPlace place = PlaceOf("backoff");
  for (const char* key : {"retry_time", "max_retries"}) {
    if (place.source < 0) place = PlaceOf(key);
  }
  context_.warnings.Add(
      place, absl::StrCat("'", spec_->name, "' can never be halted: the delays between ",
                          policy.max_retries, " failures take at least ",
                          hob::FormatDuration(LeastSpanOfFailures(policy, policy.max_retries)),
                          ", and retry_time is ", hob::FormatDuration(policy.retry_time),
                          ": lengthen retry_time, or lower backoff or max_retries"));
}

}  // namespace

std::shared_ptr<const DaemonSpec> BuildDaemon(const DaemonBuilderContext& context,
                                              const std::string& name) {
  return DaemonBuilder(context, name).Build();
}

}  // namespace hob
