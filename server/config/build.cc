#include "server/config/build.h"

#include <limits.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/types/variant.h"
#include "server/config/halt_check.h"
#include "server/config/keys/command.h"
#include "server/config/keys/daemon_keys.h"
#include "server/config/keys/environment_file.h"
#include "server/config/keys/server_keys.h"
#include "server/daemon/daemon_name.h"
#include "server/text/duration.h"
#include "server/text/nearest.h"
#include "server/text/printable.h"

namespace hob {
namespace {

// Orders settings by their values.
struct ByValue {
  using Settings = std::shared_ptr<const DaemonSettings>;
  bool operator()(const Settings& a, const Settings& b) const { return *a < *b; }
};
using SharedSettings = std::set<std::shared_ptr<const DaemonSettings>, ByValue>;

// Returns the place of the setting of a key that is in force; no source if there is none.
template <typename Layer>
ConfigPlace PlaceInForce(const Layer& layer, const std::string& key) {
  const auto* const setting = FindInForce(layer, key);
  return setting == nullptr ? ConfigPlace{} : setting->place;
}

// The number of instances of each set, by name.
using SetSizes = std::map<std::string, int>;

// Holds what the builders of all daemons share.
struct BuildContext {
  const MergedConfig& merged;
  const SetSizes& sets;
  Accounts& accounts;
  ProblemList& errors;
  ProblemList& warnings;
  // The settings of the daemons built so far; daemons with equal settings share them.
  SharedSettings settings;
  // The places of the settings checked so far: one in [os_daemon_settings] belongs to many daemons
  // and is warned of once.
  std::set<std::pair<int, int>> checked;
};

// Builds the spec of one daemon whose command is in force.
class DaemonBuilder {
 public:
  // `instance` is the number of the instance to build; 0 for a single daemon.
  DaemonBuilder(BuildContext& context, const std::string& name, const MergedDaemon& daemon,
                int instance)
      : context_(context), daemon_(daemon), spec_(std::make_shared<DaemonSpec>()) {
    spec_->name = name;
    if (instance == 0) return;
    spec_->name = absl::StrCat(name, "@", instance);
    spec_->instance_of = name;
    spec_->instance = instance;
  }

  std::shared_ptr<const DaemonSpec> Build() {
    for (const auto& [key, setting] : context_.merged.defaults) {
      // A default that does not suit this daemon is no error where the daemon overrides it.
      const bool is_overridden =
          key != "environment" && FindInForce(daemon_.settings, key) != nullptr;
      if (!is_overridden) Apply(key, setting);
    }
    for (const auto& [key, setting] : daemon_.settings) Apply(key, setting);
    SetCommand();
    SetCredentials();
    CheckDirectory();
    CheckEnvFile();
    CheckWatchdog();
    CheckReadiness();
    CheckProgramOfCheck();
    CheckHalt();
    WriteDaemonSettings(spec_.get());
    spec_->settings = *context_.settings.insert(spec_->settings).first;
    // Come last: the settings show depends_on as configured.
    NameInstances();
    AddPartners();
    return std::move(spec_);
  }

 private:
  void Apply(const std::string& key, const Setting<DaemonSetter>& setting);
  // Returns a text of the configuration as it reads for this daemon.
  absl::StatusOr<std::string> OwnText(const std::string& text) const;
  void SetCommand();
  void SetCredentials();
  void CheckDirectory();
  void CheckEnvFile();
  void WarnOfCredentials();
  void CheckWatchdog();
  void CheckReadiness();
  void CheckProgramOfCheck();
  void CheckHalt();
  // Adds the daemons of `restart_with` to the dependencies.
  void AddPartners();
  // Replaces each dependency on a set by dependencies on its instances.
  void NameInstances();

  // Returns the place of the setting that is in force, the daemon's own before that for all; no
  // source if the key is not set.
  ConfigPlace PlaceOf(const std::string& key) const;
  // Returns the place of the first of `keys` that is set.
  ConfigPlace PlaceOfFirst(std::initializer_list<const char*> keys) const;
  // True if the key is set, by a setting that no daemon built before has.
  bool IsNew(const std::string& key);
  void Warn(const std::string& key, absl::string_view warning) {
    context_.warnings.Add(PlaceOf(key), absl::StrCat(key, ": ", warning));
  }
  void Report(const std::string& key, const absl::Status& status) {
    if (status.ok()) return;
    context_.errors.Add(PlaceOf(key), absl::StrCat(key, ": ", status.message()));
  }

  BuildContext& context_;
  const MergedDaemon& daemon_;
  std::shared_ptr<DaemonSpec> spec_;
};

ConfigPlace DaemonBuilder::PlaceOf(const std::string& key) const {
  const ConfigPlace own = PlaceInForce(daemon_.settings, key);
  return own.source >= 0 ? own : PlaceInForce(context_.merged.defaults, key);
}

ConfigPlace DaemonBuilder::PlaceOfFirst(std::initializer_list<const char*> keys) const {
  for (const char* key : keys) {
    if (const ConfigPlace place = PlaceOf(key); place.source >= 0) return place;
  }
  return ConfigPlace{};
}

void DaemonBuilder::Apply(const std::string& key, const Setting<DaemonSetter>& setting) {
  if (!setting.value.has_value()) return;
  if (setting.text.empty()) return (*setting.value)(spec_.get());
  const absl::StatusOr<std::string> text = OwnText(setting.text);
  const absl::Status status =
      text.ok() ? SetDaemonKey(*FindDaemonKey(key), *text, spec_.get()) : text.status();
  if (status.ok()) return;
  context_.errors.Add(setting.place, absl::StrCat(key, ": ", status.message()));
}

absl::StatusOr<std::string> DaemonBuilder::OwnText(const std::string& text) const {
  if (spec_->instance == 0) return text;
  return TextForInstance(text, spec_->instance);
}

void DaemonBuilder::SetCommand() {
  const ConfigPlace place = daemon_.command->place;
  ParsedCommand command = *daemon_.command->value;
  if (spec_->instance != 0) {
    const absl::StatusOr<std::string> text = OwnText(command.text);
    absl::StatusOr<ParsedCommand> own = text.ok() ? ParseCommand(*text) : text.status();
    if (!own.ok()) {
      return context_.errors.Add(place, absl::StrCat("command: ", own.status().message()));
    }
    command = *std::move(own);
  }
  spec_->command = command.text;
  spec_->argv = command.argv();
  spec_->origin = absl::StrCat(context_.merged.sources[place.source], ":", place.line);
  for (const std::string& warning : CommandWarnings(command)) {
    context_.warnings.Add(place, absl::StrCat(spec_->name, ": ", warning));
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
  spec_->attributes.credentials = std::make_shared<const Credentials>(**std::move(credentials));
  WarnOfCredentials();
}

// Warns only: the configuration may be for a server with other rights.
void DaemonBuilder::WarnOfCredentials() {
  const std::string why_not =
      context_.accounts.own_identity().WhyNot(*spec_->attributes.credentials);
  if (why_not.empty()) return;
  context_.warnings.Add(PlaceOfFirst({"user", "group", "groups"}),
                        absl::StrCat("'", spec_->name, "' cannot be started: ", why_not));
}

bool DaemonBuilder::IsNew(const std::string& key) {
  const ConfigPlace place = PlaceOf(key);
  return place.source >= 0 && context_.checked.insert({place.source, place.line}).second;
}

// Ignores a directory that it may not look at: `hob check` need not have the server's rights.
void DaemonBuilder::CheckDirectory() {
  if (!IsNew("directory")) return;
  struct stat status;
  const std::string shown = Printable(spec_->attributes.directory, PATH_MAX);
  if (stat(spec_->attributes.directory.c_str(), &status) == 0) {
    if (!S_ISDIR(status.st_mode)) {
      Warn("directory", absl::StrCat("'", shown, "' is not a directory: name one"));
    }
  } else if (errno == ENOENT || errno == ENOTDIR) {
    Warn("directory",
         absl::StrCat("there is no directory '", shown, "': create it before the daemon starts"));
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

void DaemonBuilder::CheckReadiness() {
  if (spec_->ready != ReadyMode::kCheck || spec_->check.target != nullptr) return;
  Report("ready", absl::InvalidArgumentError(absl::StrCat(
                      "'", spec_->name, "' has no check: set check, or change ready")));
}

void DaemonBuilder::CheckProgramOfCheck() {
  if (spec_->check.kind() != CheckTarget::Kind::kExec || !IsNew("check")) return;
  absl::string_view command = spec_->check.target->text;
  absl::ConsumePrefix(&command, "exec:");
  const absl::StatusOr<ParsedCommand> parsed = ParseCommand(command);
  if (!parsed.ok()) return;
  for (const std::string& warning : CommandWarnings(*parsed)) Warn("check", warning);
}

void DaemonBuilder::CheckHalt() {
  const RestartPolicy& policy = spec_->restart_policy;
  if (CanEverHalt(policy)) return;
  context_.warnings.Add(
      PlaceOfFirst({"backoff", "retry_time", "max_retries"}),
      absl::StrCat("'", spec_->name, "' can never be halted: the delays between ",
                   policy.max_retries, " failures take at least ",
                   hob::FormatDuration(LeastSpanOfFailures(policy, policy.max_retries)),
                   ", and retry_time is ", hob::FormatDuration(policy.retry_time),
                   ": lengthen retry_time, or lower backoff or max_retries"));
}

void DaemonBuilder::AddPartners() {
  std::vector<Dependency>& all = spec_->depends_on;
  for (const std::string& name : spec_->restart_with) {
    if (context_.sets.count(name) > 0) {
      Report("restart_with", absl::InvalidArgumentError(absl::StrCat(
                                 "'", name, "' has instances: name one of them, such as '", name,
                                 "@1', or put '", name, "' into depends_on")));
      continue;
    }
    const auto is_same = [&name](const Dependency& other) { return other.daemon == name; };
    const auto found = std::find_if(all.begin(), all.end(), is_same);
    if (found == all.end()) {
      all.push_back({name, Dependency::Condition::kReady, /*restarts_with=*/true});
    } else {
      found->restarts_with = true;
    }
  }
}

void DaemonBuilder::NameInstances() {
  std::set<std::string> listed;
  for (const Dependency& dependency : spec_->depends_on) listed.insert(dependency.daemon);
  std::vector<Dependency> named;
  for (Dependency& dependency : spec_->depends_on) {
    const auto set = context_.sets.find(dependency.daemon);
    if (set == context_.sets.end()) {
      named.push_back(std::move(dependency));
      continue;
    }
    for (int i = 1; i <= set->second; ++i) {
      const std::string name = absl::StrCat(set->first, "@", i);
      if (listed.count(name) == 0) named.push_back({name, dependency.condition});
    }
  }
  spec_->depends_on = std::move(named);
}

ServerSettings BuildServer(const ServerLayer& layer, ProblemList* errors, ProblemList* warnings) {
  ServerSettings server = DefaultServerSettings(CurrentPaths());
  for (const auto& [key, setting] : layer) {
    if (setting.value.has_value()) (*setting.value)(&server);
  }
  const absl::Status status = CompleteServerSettings(&server);
  if (!status.ok()) {
    errors->Add(PlaceInForce(layer, "run_dir"),
                absl::StrCat("run_dir: ", status.message(), "; shorten it, or set listen"));
  }
  const ConfigPlace burst = PlaceInForce(layer, "start_burst");
  if (burst.source >= 0 && !server.start_rate.has_value()) {
    warnings->Add(burst, "start_burst: it does nothing without start_rate");
  }
  return server;
}

void WarnOfMissingCommand(const std::string& name, const MergedDaemon& daemon,
                          ProblemList* warnings) {
  if (daemon.command.has_value()) {
    warnings->Add(daemon.command->place,
                  absl::StrCat("'", name, "' has no command (it is empty here): skipped"));
  } else {
    warnings->Add(daemon.place, absl::StrCat("'", name, "' has no command anywhere: skipped"));
  }
}

// Greatest number of instances of all sets together: a mistake must not take the machine's memory.
constexpr int kMaxAllInstances = 20'000;

// Returns the sets among the daemons that have a command; leaves out sets beyond the limit, and
// reports that.
SetSizes FindSets(const MergedConfig& merged, ProblemList* errors) {
  SetSizes sets;
  int all = 0;
  for (const auto& [name, daemon] : merged.daemons) {
    if (!daemon.has_command()) continue;
    const auto* setting = FindInForce(daemon.settings, "instances");
    if (setting == nullptr) setting = FindInForce(merged.defaults, "instances");
    if (setting == nullptr) continue;
    DaemonSpec spec;
    (*setting->value)(&spec);
    all += spec.instances;
    if (all <= kMaxAllInstances) {
      sets.emplace(name, spec.instances);
    } else {
      errors->Add(setting->place, absl::StrCat("instances: all sets together have more than ",
                                               kMaxAllInstances, " instances: lower the number"));
      break;
    }
  }
  return sets;
}

DaemonSpecs BuildDaemons(const MergedConfig& merged, const SetSizes& sets, Accounts* accounts,
                         ProblemList* errors, ProblemList* warnings) {
  BuildContext context{merged, sets, *accounts, *errors, *warnings, {}, {}};
  ProblemList repeated;
  BuildContext repetition{merged, sets, *accounts, *errors, repeated, {}, {}};
  DaemonSpecs daemons;
  const auto add = [&daemons](std::shared_ptr<const DaemonSpec> spec) {
    daemons.emplace_hint(daemons.end(), spec->name, std::move(spec));
  };
  for (const auto& [name, daemon] : merged.daemons) {
    const auto set = sets.find(name);
    if (!daemon.has_command()) {
      WarnOfMissingCommand(name, daemon, warnings);
    } else if (set == sets.end()) {
      add(DaemonBuilder(context, name, daemon, 0).Build());
    } else {
      // The first instance with an error or with warnings speaks for all.
      const int errors_before = errors->count();
      const int warnings_before = warnings->count();
      for (int i = 1; i <= set->second && errors->count() == errors_before; ++i) {
        const bool is_warned = warnings->count() > warnings_before;
        add(DaemonBuilder(is_warned ? repetition : context, name, daemon, i).Build());
      }
    }
  }
  return daemons;
}

// Reports daemons that write the same log: the errors of `web` and the output of `web.err` both go
// to web.err.log.
void CheckLogNames(const DaemonSpecs& daemons, const MergedConfig& merged, ProblemList* errors) {
  for (const auto& [name, spec] : daemons) {
    absl::string_view stem = name;
    if (!absl::ConsumeSuffix(&stem, ".err") || spec->stdout_mode != OutputMode::kLog) continue;
    const auto other = daemons.find(std::string(stem));
    if (other == daemons.end() || other->second->stderr_mode != OutputMode::kLog) continue;
    errors->Add(
        merged.daemons.at(name).command->place,
        absl::StrCat("'", name, "' and '", stem, "' would both write the log ", name,
                     ".log: rename one of them, or set stderr = stdout in [daemon:", stem, "]"));
  }
}

// Greatest edit distance of a suggested name.
constexpr int kNearName = 2;

// Finds dependencies that can never be met.
class DependencyCheck {
 public:
  DependencyCheck(const DaemonSpecs& daemons, const SetSizes& sets, const MergedConfig& merged,
                  ProblemList* errors, ProblemList* warnings)
      : daemons_(daemons), sets_(sets), merged_(merged), errors_(errors), warnings_(warnings) {}

  void Run() {
    for (const auto& [name, spec] : daemons_) {
      if (spec->instance > 1) continue;
      const std::string configured(ConfiguredName(name));
      std::set<std::pair<std::string, Dependency::Condition>> checked;
      for (Dependency dependency : spec->depends_on) {
        const bool is_known = IsKnown(dependency.daemon);
        if (is_known) dependency.daemon = std::string(ConfiguredName(dependency.daemon));
        if (!checked.emplace(dependency.daemon, dependency.condition).second) continue;
        CheckOne(configured, dependency, is_known);
        dependencies_[configured].push_back(std::move(dependency));
      }
    }
    for (const auto& [name, dependencies] : dependencies_) Visit(name);
  }

 private:
  enum class Visited { kNo, kOnPath, kDone };

  // True if the configuration has the daemon. `daemons_` does not tell: it lacks the instances of a
  // set that follow one with an error.
  bool IsKnown(const std::string& name) const {
    const absl::optional<InstanceName> instance = ParseInstanceName(name);
    if (!instance.has_value()) return daemons_.count(name) > 0;
    const auto set = sets_.find(instance->set);
    return set != sets_.end() && instance->number <= set->second;
  }

  // Checks a dependency of `name`; both are names as configured if the other daemon is known.
  void CheckOne(const std::string& name, const Dependency& dependency, bool is_known) {
    if (!is_known) {
      std::vector<std::string> names;
      for (const auto& [other, spec] : daemons_) names.push_back(other);
      const std::string near = Nearest(dependency.daemon, names);
      const bool is_near = EditDistance(dependency.daemon, near, kNearName) <= kNearName;
      return Report(errors_, name, dependency,
                    absl::StrCat("there is no daemon '", dependency.daemon, "'",
                                 is_near ? absl::StrCat("; did you mean '", near, "'?")
                                         : absl::StrCat(": define it, or remove it from ",
                                                        KeyOf(dependency))));
    }
    const DaemonSpec& other = *FindConfigured(dependency.daemon);
    if (dependency.condition == Dependency::Condition::kCompleted && dependency.restarts_with) {
      return Report(errors_, name, dependency,
                    absl::StrCat("depends_on waits for '", dependency.daemon,
                                 "' to complete, so no daemon can restart with it: remove it from "
                                 "one key"));
    }
    if (dependency.condition == Dependency::Condition::kCompleted &&
        other.restart_policy.restart == RestartMode::kAlways) {
      return Report(errors_, name, dependency,
                    absl::StrCat("'", dependency.daemon,
                                 "' never completes, because it has restart = always: set restart "
                                 "= on-failure in [daemon:",
                                 dependency.daemon, "]"));
    }
    if (!other.autostart) {
      Report(warnings_, name, dependency,
             absl::StrCat("'", dependency.daemon, "' has autostart = no: '", name,
                          "' waits until an operator starts '", dependency.daemon, "'"));
    }
  }

  // Returns the daemon or the first instance of the set `name`.
  const DaemonSpec* FindConfigured(const std::string& name) const {
    const auto single = daemons_.find(name);
    return single != daemons_.end() ? single->second.get()
                                    : daemons_.at(absl::StrCat(name, "@1")).get();
  }

  // Visits the dependencies of `name` depth-first, and reports each cycle once. `last` is the
  // dependency on it.
  void Visit(const std::string& name, const Dependency& last = {}) {
    const auto found = dependencies_.find(name);
    if (found == dependencies_.end()) return;
    Visited& visited = visited_[name];
    if (visited == Visited::kDone) return;
    path_.push_back(name);
    if (visited == Visited::kOnPath) {
      const auto begin = std::find(path_.begin(), path_.end(), name);
      Report(errors_, path_[path_.size() - 2], last,
             absl::StrCat("dependency cycle: ", absl::StrJoin(begin, path_.end(), " -> "),
                          ": remove one of these dependencies"));
    } else {
      visited = Visited::kOnPath;
      for (const Dependency& dependency : found->second) {
        Visit(dependency.daemon, dependency);
      }
      visited_[name] = Visited::kDone;
    }
    path_.pop_back();
  }

  // Returns the key that has the dependency.
  static const char* KeyOf(const Dependency& dependency) {
    return dependency.restarts_with ? "restart_with" : "depends_on";
  }

  // Reports a problem with a dependency of the daemon `name`.
  void Report(ProblemList* problems, const std::string& name, const Dependency& dependency,
              const std::string& problem) {
    const char* const key = KeyOf(dependency);
    ConfigPlace place = PlaceInForce(merged_.daemons.at(name).settings, key);
    if (place.source < 0) place = PlaceInForce(merged_.defaults, key);
    problems->Add(place, absl::StrCat(key, ": ", problem));
  }

  const DaemonSpecs& daemons_;
  const SetSizes& sets_;
  const MergedConfig& merged_;
  ProblemList* const errors_;
  ProblemList* const warnings_;
  // The checked dependencies of each daemon and set that has some, by its name as configured.
  std::map<std::string, std::vector<Dependency>> dependencies_;
  std::map<std::string, Visited> visited_;
  std::vector<std::string> path_;
};

}  // namespace

Config BuildConfig(const MergedConfig& merged, Accounts* accounts, ProblemList* errors,
                   ProblemList* warnings) {
  Config config;
  config.server = BuildServer(merged.server, errors, warnings);
  const SetSizes sets = FindSets(merged, errors);
  config.daemons = BuildDaemons(merged, sets, accounts, errors, warnings);
  CheckLogNames(config.daemons, merged, errors);
  DependencyCheck(config.daemons, sets, merged, errors, warnings).Run();
  return config;
}

}  // namespace hob
