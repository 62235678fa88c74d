#include "server/config/keys/daemon_keys.h"

#include <algorithm>
#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/config/ini/quoting.h"
#include "server/config/keys/check_target.h"
#include "server/config/keys/environment.h"
#include "server/config/keys/key_parsers.h"
#include "server/daemon/daemon_name.h"
#include "server/daemon/dependency.h"
#include "server/daemon/signal_name.h"
#include "server/text/duration.h"
#include "server/text/printable.h"

namespace hob {
namespace {

using Text = absl::string_view;

constexpr int64_t kMaxRetries = std::numeric_limits<int32_t>::max();
constexpr double kMaxBackoffFactor = 1000;
constexpr int kFirstReadyFd = 3;
// A child may have 1024 descriptors by default.
constexpr int kLastReadyFd = 1023;
constexpr int kMaxLogBackups = 1000;
constexpr int64_t kMaxAttempts = 1000;

const Choices<RestartMode>& RestartModes() {
  static const auto& choices = *new Choices<RestartMode>{{"always", RestartMode::kAlways},
                                                         {"on-failure", RestartMode::kOnFailure},
                                                         {"never", RestartMode::kNever}};
  return choices;
}

const Choices<OnHalt>& OnHaltChoices() {
  static const auto& choices =
      *new Choices<OnHalt>{{"stay", OnHalt::kStay}, {"retry", OnHalt::kRetry}};
  return choices;
}

const Choices<StopScope>& StopScopes() {
  static const auto& choices =
      *new Choices<StopScope>{{"tree", StopScope::kTree}, {"main", StopScope::kMain}};
  return choices;
}

const Choices<StdinMode>& StdinModes() {
  static const auto& choices =
      *new Choices<StdinMode>{{"hold", StdinMode::kHold}, {"null", StdinMode::kNull}};
  return choices;
}

const Choices<OutputMode>& StdoutModes() {
  static const auto& choices = *new Choices<OutputMode>{
      {"log", OutputMode::kLog}, {"inherit", OutputMode::kInherit}, {"null", OutputMode::kNull}};
  return choices;
}

const Choices<OutputMode>& StderrModes() {
  static const auto& choices = *new Choices<OutputMode>{{"log", OutputMode::kLog},
                                                        {"stdout", OutputMode::kStdout},
                                                        {"inherit", OutputMode::kInherit},
                                                        {"null", OutputMode::kNull}};
  return choices;
}

using ParsedSetter = absl::StatusOr<DaemonSetter>;

// Returns a setter for a field of a part of the spec.
template <typename Part, typename Field, typename Value>
ParsedSetter PartSetterOf(Part DaemonSpec::*part, Field Part::*field, absl::StatusOr<Value> value) {
  if (!value.ok()) return value.status();
  return DaemonSetter([part, field, set = Field(*std::move(value))](DaemonSpec* spec) {
    spec->*part.*field = set;
  });
}

template <typename Field, typename Value>
ParsedSetter PolicySetterOf(Field RestartPolicy::*field, absl::StatusOr<Value> value) {
  return PartSetterOf(&DaemonSpec::restart_policy, field, std::move(value));
}

template <typename Field, typename Value>
ParsedSetter CheckSetterOf(Field Check::*field, absl::StatusOr<Value> value) {
  return PartSetterOf(&DaemonSpec::check, field, std::move(value));
}

// Returns a setter for the target of a check.
ParsedSetter CheckTargetSetter(Text text) {
  absl::StatusOr<CheckTarget> parsed = ParseCheck(text);
  if (!parsed.ok()) return parsed.status();
  std::shared_ptr<const CheckTarget> target;
  if (parsed->kind != CheckTarget::Kind::kNone) {
    target = std::make_shared<const CheckTarget>(*std::move(parsed));
  }
  return DaemonSetter([target](DaemonSpec* spec) { spec->check.target = target; });
}

const Choices<Check::Action>& CheckActions() {
  static const auto& choices = *new Choices<Check::Action>{{"restart", Check::Action::kRestart},
                                                           {"none", Check::Action::kNone}};
  return choices;
}

template <typename Field, typename Value>
ParsedSetter AttributeSetterOf(Field ProcessAttributes::*field, absl::StatusOr<Value> value) {
  return PartSetterOf(&DaemonSpec::attributes, field, std::move(value));
}

absl::StatusOr<std::vector<int>> ParseExitCodes(Text text) {
  const absl::StatusOr<std::vector<std::string>> items = SplitItems(text);
  if (!items.ok()) return items.status();
  std::set<int> codes;
  for (const std::string& item : *items) {
    const absl::StatusOr<int64_t> code = ParseInteger(item, 0, 255);
    if (!code.ok()) return code.status();
    codes.insert(static_cast<int>(*code));
  }
  return std::vector<int>(codes.begin(), codes.end());
}

std::string WriteExitCodes(const DaemonSpec& spec) {
  const std::string codes = absl::StrJoin(spec.restart_policy.success_exit_codes, " ");
  return codes.empty() ? "''" : codes;
}

ParsedSetter ReadySetter(ReadyMode mode, int fd) {
  return DaemonSetter([mode, fd](DaemonSpec* spec) {
    spec->ready = mode;
    spec->ready_fd = fd;
  });
}

ParsedSetter ParseReady(Text text) {
  Text number = text;
  if (absl::ConsumePrefix(&number, "fd:")) {
    const absl::StatusOr<int64_t> fd = ParseInteger(number, kFirstReadyFd, kLastReadyFd);
    if (!fd.ok()) return fd.status();
    return ReadySetter(ReadyMode::kDescriptor, static_cast<int>(*fd));
  }
  if (text == "none") return ReadySetter(ReadyMode::kNone, -1);
  if (text == "notify") return ReadySetter(ReadyMode::kNotify, -1);
  if (text == "check") return ReadySetter(ReadyMode::kCheck, -1);
  return absl::InvalidArgumentError(
      absl::StrCat("'", Printable(text), "' is none of none, notify, check and fd:N (N from ",
                   kFirstReadyFd, " to ", kLastReadyFd, ")"));
}

std::string WriteReady(const DaemonSpec& spec) {
  switch (spec.ready) {
    case ReadyMode::kNone:
      return "none";
    case ReadyMode::kNotify:
      return "notify";
    case ReadyMode::kDescriptor:
      return absl::StrCat("fd:", spec.ready_fd);
    case ReadyMode::kCheck:
      return "check";
  }
  return "";
}

// Parses a duration above 0, or `word`, which stands for `meaning`.
absl::StatusOr<absl::Duration> ParseDurationOr(Text word, absl::Duration meaning, Text text) {
  if (text == word) return meaning;
  return ParsePositiveDuration(text);
}

absl::StatusOr<absl::Duration> ParseWatchdog(Text text) {
  const absl::StatusOr<absl::Duration> zero = ParseDuration(text);
  if (zero.ok() && *zero == absl::ZeroDuration()) return absl::ZeroDuration();
  return ParseDurationOr("off", absl::ZeroDuration(), text);
}

absl::StatusOr<absl::Duration> ParseStopTimeout(Text text) {
  if (text == "infinity") return absl::InfiniteDuration();
  return ParseDuration(text);
}

absl::StatusOr<int> ParseStopSignal(Text text) {
  const absl::optional<int> signal = ParseSignal(text);
  if (signal.has_value()) return *signal;
  return absl::InvalidArgumentError(absl::StrCat(
      "'", Printable(text), "' is not a signal: write a name such as TERM or INT, or its number"));
}

// Parses the name or number of a user or group, which the machine need not have.
absl::StatusOr<std::string> ParseAccountName(Text text) {
  const std::vector<std::string> items = SplitList(text);
  if (items.size() == 1 && items[0] == text) return std::string(text);
  return absl::InvalidArgumentError(
      absl::StrCat("'", Printable(text), "' is not a single name or number"));
}

absl::StatusOr<std::vector<std::string>> ParseGroups(Text text) {
  const absl::StatusOr<std::vector<std::string>> items = SplitItems(text);
  if (!items.ok()) return items.status();
  if (items->empty()) return absl::InvalidArgumentError("the list of groups has no group in it");
  const std::set<std::string> groups(items->begin(), items->end());
  return std::vector<std::string>(groups.begin(), groups.end());
}

ParsedSetter ParseEnvironmentKey(Text text) {
  absl::StatusOr<Environment> environment = ParseEnvironment(text);
  if (!environment.ok()) return environment.status();
  return DaemonSetter([added = *std::move(environment)](DaemonSpec* spec) {
    spec->environment = MergeEnvironments(std::move(spec->environment), added);
  });
}

absl::StatusOr<std::string> ParseEnvFile(Text text) {
  const bool optional = absl::ConsumePrefix(&text, "-");
  const absl::StatusOr<std::string> path = ParsePath(text);
  if (!path.ok() || !optional) return path;
  return absl::StrCat("-", *path);
}

template <typename Value>
std::string WriteOptional(const absl::optional<Value>& value) {
  return value.has_value() ? absl::StrCat(*value) : "";
}

std::string WriteOptionalBoolean(const absl::optional<bool>& value) {
  return value.has_value() ? FormatBoolean(*value) : "";
}

constexpr bool kThrottle = true;
constexpr bool kPerInstance = true;
constexpr KeyChange kLive = KeyChange::kLive;
constexpr KeyChange kRestart = KeyChange::kRestart;

const Choices<Dependency::Condition>& Conditions() {
  using Condition = Dependency::Condition;
  static const auto& choices = *new Choices<Condition>{{"started", Condition::kStarted},
                                                       {"ready", Condition::kReady},
                                                       {"completed", Condition::kCompleted}};
  return choices;
}

absl::StatusOr<std::vector<Dependency>> ParseDependencies(Text text) {
  const absl::StatusOr<std::vector<std::string>> items = SplitItems(text);
  if (!items.ok()) return items.status();
  std::vector<Dependency> dependencies;
  std::set<std::string> names;
  for (const std::string& item : *items) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(item, absl::MaxSplits(':', 1));
    if (!IsNameOfDaemon(parts.first)) {
      return absl::InvalidArgumentError(WhyInvalidDaemonName(parts.first));
    }
    if (!names.insert(parts.first).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", parts.first, "' is listed twice: keep one of them"));
    }
    Dependency dependency{parts.first, Dependency::Condition::kReady};
    if (parts.first != item) {
      const auto condition = ParseChoice(parts.second, Conditions());
      if (!condition.ok()) return condition.status();
      dependency.condition = *condition;
    }
    dependencies.push_back(std::move(dependency));
  }
  return dependencies;
}

std::string WriteDependencies(const DaemonSpec& spec) {
  return absl::StrJoin(spec.depends_on, " ", [](std::string* out, const Dependency& dependency) {
    absl::StrAppend(out, dependency.daemon);
    if (dependency.condition == Dependency::Condition::kReady) return;
    absl::StrAppend(out, ":", ConditionName(dependency.condition));
  });
}

absl::StatusOr<std::vector<std::string>> ParsePartners(Text text) {
  const absl::StatusOr<std::vector<std::string>> items = SplitItems(text);
  if (!items.ok()) return items.status();
  for (auto name = items->begin(); name != items->end(); ++name) {
    if (!IsNameOfDaemon(*name)) {
      return absl::InvalidArgumentError(WhyInvalidDaemonName(*name));
    }
    if (std::find(items->begin(), name, *name) != name) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", *name, "' is listed twice: keep one of them"));
    }
  }
  return items;
}

// Returns the keys of restarts and of the throttle.
std::vector<DaemonKey> RestartKeys() {
  return {
      {"autostart", "Whether the daemon starts with the server: yes or no.", kLive, !kThrottle,
       false, [](Text t) { return SetterOf(&DaemonSpec::autostart, ParseBoolean(t)); },
       [](const DaemonSpec& s) { return FormatBoolean(s.autostart); }},
      {"depends_on",
       "Daemons that this one depends on: a list of NAME or NAME:CONDITION, with the condition "
       "ready (the default), started or completed. This one starts when all conditions hold; a "
       "shutdown, a reload or stop --dependents stops it before them.",
       kLive, !kThrottle, true,
       [](Text t) { return SetterOf(&DaemonSpec::depends_on, ParseDependencies(t)); },
       WriteDependencies},
      {"restart_with",
       "Daemons that this one depends on and restarts with: a list of names. When one ends, this "
       "one ends too, and starts again once all are ready; a command that ends one ends this one "
       "first.",
       kLive, !kThrottle, true,
       [](Text t) { return SetterOf(&DaemonSpec::restart_with, ParsePartners(t)); },
       [](const DaemonSpec& s) { return absl::StrJoin(s.restart_with, " "); }},
      {"restart",
       "Which exits lead to a restart: always (all), on-failure (all but success_exit_codes) or "
       "never (none).",
       kLive, kThrottle, false,
       [](Text t) {
         return PolicySetterOf(&RestartPolicy::restart, ParseChoice(t, RestartModes()));
       },
       [](const DaemonSpec& s) { return WriteChoice(RestartModes(), s.restart_policy.restart); }},
      {"success_exit_codes",
       "Exit codes that are no failure under restart = on-failure, a list of numbers from 0 to "
       "255.",
       kLive, kThrottle, true,
       [](Text t) { return PolicySetterOf(&RestartPolicy::success_exit_codes, ParseExitCodes(t)); },
       WriteExitCodes},
      {"max_retries",
       "Number of failures within retry_time that halts the daemon, 0 to 2147483647. With 0 or 1 "
       "the first failure halts it.",
       kLive, kThrottle, false,
       [](Text t) {
         return PolicySetterOf(&RestartPolicy::max_retries, ParseInteger(t, 0, kMaxRetries));
       },
       [](const DaemonSpec& s) { return absl::StrCat(s.restart_policy.max_retries); }},
      {"retry_time",
       "Length of the window in which failures count towards max_retries, a duration such as 5, "
       "500ms or 1min30s.",
       kLive, kThrottle, false,
       [](Text t) { return PolicySetterOf(&RestartPolicy::retry_time, ParseDuration(t)); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.restart_policy.retry_time); }},
      {"backoff", "Delay before the first restart in a row, a duration. 0 restarts at once.", kLive,
       kThrottle, false,
       [](Text t) { return PolicySetterOf(&RestartPolicy::backoff, ParseDuration(t)); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.restart_policy.backoff); }},
      {"backoff_factor", "Factor by which the delay grows with each restart in a row, 1 to 1000.",
       kLive, kThrottle, false,
       [](Text t) {
         return PolicySetterOf(&RestartPolicy::backoff_factor,
                               ParseNumber(t, 1, kMaxBackoffFactor));
       },
       [](const DaemonSpec& s) { return FormatNumber(s.restart_policy.backoff_factor); }},
      {"backoff_max",
       "Longest delay before a restart, a duration above 0. After that much uptime (at least "
       "retry_time) the next delay is backoff again.",
       kLive, kThrottle, false,
       [](Text t) { return PolicySetterOf(&RestartPolicy::backoff_max, ParsePositiveDuration(t)); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.restart_policy.backoff_max); }},
      {"backoff_jitter", "Largest share of the delay that is added to it at random, 0% to 100%.",
       kLive, kThrottle, false,
       [](Text t) { return PolicySetterOf(&RestartPolicy::backoff_jitter, ParseFraction(t)); },
       [](const DaemonSpec& s) { return FormatFraction(s.restart_policy.backoff_jitter); }},
      {"on_halt",
       "What a halted daemon waits for: stay (an operator) or retry (a trial start every "
       "halt_retry).",
       kLive, kThrottle, false,
       [](Text t) {
         return PolicySetterOf(&RestartPolicy::on_halt, ParseChoice(t, OnHaltChoices()));
       },
       [](const DaemonSpec& s) { return WriteChoice(OnHaltChoices(), s.restart_policy.on_halt); }},
      {"halt_retry", "Time between two trial starts under on_halt = retry, a duration above 0.",
       kLive, kThrottle, false,
       [](Text t) { return PolicySetterOf(&RestartPolicy::halt_retry, ParsePositiveDuration(t)); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.restart_policy.halt_retry); }},
  };
}

// Returns the keys of a set of instances.
std::vector<DaemonKey> InstanceKeys() {
  return {
      {"instances",
       "Number of instances, 1 to 1000: NAME@1, NAME@2 and so on in place of NAME. In command, "
       "environment, directory, env_file and check, %i is the number and %% a percent sign.",
       kLive, !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::instances, ParseInteger(t, 1, kMaxInstances)); },
       // The number of instances is no property of one.
       [](const DaemonSpec&) { return ""; }},
      {"max_unavailable",
       "Greatest number of instances that may be down at a time while a reload or restart replaces "
       "them one after the other, 1 to 1000.",
       kLive, !kThrottle, false,
       [](Text t) {
         return SetterOf(&DaemonSpec::max_unavailable, ParseInteger(t, 1, kMaxInstances));
       },
       [](const DaemonSpec& s) { return absl::StrCat(s.max_unavailable); }},
      {"min_ready_time",
       "How long a new instance must stay ready, and healthy if it has a check, before the next "
       "one is replaced, a duration.",
       kLive, !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::min_ready_time, ParseDuration(t)); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.min_ready_time); }},
  };
}

// Returns the keys of start and stop, and of the environment of the process.
std::vector<DaemonKey> LifeKeys() {
  return {
      {"start_time",
       "How long a process must stay up to count as RUNNING, a duration. It applies to ready = "
       "none only.",
       kRestart, !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::start_time, ParseDuration(t)); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.start_time); }},
      {"ready",
       "How the daemon reports that it is ready: none, notify (READY=1 as in sd_notify(3)), fd:N "
       "(a newline on descriptor N, 3 to 1023) or check (its check succeeds).",
       kRestart, !kThrottle, false, ParseReady, WriteReady},
      {"ready_timeout",
       "Longest time from start to readiness, a duration above 0 or infinity. A daemon that takes "
       "longer is stopped, and that is a failure.",
       kLive, !kThrottle, false,
       [](Text t) {
         return SetterOf(&DaemonSpec::ready_timeout,
                         ParseDurationOr("infinity", absl::InfiniteDuration(), t));
       },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.ready_timeout); }},
      {"stop_signal",
       "Signal that asks the daemon to end: a name such as TERM or INT, or its number.", kLive,
       !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::stop_signal, ParseStopSignal(t)); },
       [](const DaemonSpec& s) { return SignalName(s.stop_signal); }},
      {"stop_scope",
       "Processes of the daemon that get the stop signal: tree (all of them) or main (the main "
       "process alone).",
       kLive, !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::stop_scope, ParseChoice(t, StopScopes())); },
       [](const DaemonSpec& s) { return WriteChoice(StopScopes(), s.stop_scope); }},
      {"stop_timeout",
       "How long everything that the daemon started has to end before KILL, a duration. 0 kills at "
       "once, infinity never.",
       kLive, !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::stop_timeout, ParseStopTimeout(t)); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.stop_timeout); }},
      {"directory", "Working directory, an absolute path.", kRestart, !kThrottle, false,
       [](Text t) { return AttributeSetterOf(&ProcessAttributes::directory, ParsePath(t)); },
       [](const DaemonSpec& s) { return WriteText(s.attributes.directory); }, kPerInstance},
      {"umask",
       "Permission bits that new files of the daemon do not get (umask(2)), octal, 0 to 0777.",
       kRestart, !kThrottle, false,
       [](Text t) { return AttributeSetterOf(&ProcessAttributes::umask, ParseMode(t)); },
       [](const DaemonSpec& s) { return FormatMode(s.attributes.umask); }},
      {"user",
       "User that the daemon runs as, a name or a number. A number needs no entry in passwd(5); "
       "its "
       "group is then that of the same number, unless group says otherwise. Not set: the server's.",
       kRestart, !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::user, ParseAccountName(t)); },
       [](const DaemonSpec& s) { return WriteText(s.user); }},
      {"group",
       "Primary group of the daemon, a name or a number. Not set: that of user, or the server's.",
       kRestart, !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::group, ParseAccountName(t)); },
       [](const DaemonSpec& s) { return WriteText(s.group); }},
      {"groups",
       "Supplementary groups of the daemon, a list of names or numbers. Not set: those of user, or "
       "the server's.",
       kRestart, !kThrottle, true,
       [](Text t) { return SetterOf(&DaemonSpec::groups, ParseGroups(t)); },
       [](const DaemonSpec& s) { return WriteItems(s.groups); }},
      {"environment",
       "Environment variables: KEY=VALUE, KEY2=\"a b\". They override env_file, and those of a "
       "daemon override those of [os_daemon_settings].",
       kRestart, !kThrottle, true, ParseEnvironmentKey,
       [](const DaemonSpec& s) { return FormatEnvironment(s.environment); }, kPerInstance},
      {"env_file",
       "File of environment variables, read at each start: an absolute path, or -PATH if it need "
       "not exist.",
       kRestart, !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::env_file, ParseEnvFile(t)); },
       [](const DaemonSpec& s) { return WriteText(s.env_file); }, kPerInstance},
      {"clear_environment",
       "Whether the daemon starts without the server's environment variables: yes or no.", kRestart,
       !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::clear_environment, ParseBoolean(t)); },
       [](const DaemonSpec& s) { return FormatBoolean(s.clear_environment); }},
  };
}

// Returns the key of a limit. An absent limit is not configured.
DaemonKey LimitRow(const LimitKey& limit) {
  const auto parse = [resource = limit.resource](Text t) -> ParsedSetter {
    const absl::StatusOr<ResourceLimit> parsed = ParseLimit(t);
    if (!parsed.ok()) return parsed.status();
    return DaemonSetter(
        [resource, set = *parsed](DaemonSpec* spec) { spec->attributes.limits[resource] = set; });
  };
  const auto write = [resource = limit.resource](const DaemonSpec& spec) {
    const ResourceLimit* const found = FindLimit(spec.attributes.limits, resource);
    return found == nullptr ? "" : FormatLimit(*found);
  };
  return {limit.name, limit.help, kRestart, !kThrottle, false, parse, write};
}

// Returns the keys of priorities, limits and privileges.
std::vector<DaemonKey> ResourceKeys() {
  std::vector<DaemonKey> keys = {
      {"nice",
       "Nice value, from -20 (scheduled first) to 19 (last); set for the daemon's session as well "
       "where the kernel weighs sessions (sched(7), autogroup). Not set: the server's.",
       kRestart, !kThrottle, false,
       [](Text t) { return AttributeSetterOf(&ProcessAttributes::nice, ParseInteger(t, -20, 19)); },
       [](const DaemonSpec& s) { return WriteOptional(s.attributes.nice); }},
      {"oom_score_adj",
       "How readily the kernel kills the daemon when memory runs out, from -1000 (never) to 1000 "
       "(first). Not set: the server's.",
       kRestart, !kThrottle, false,
       [](Text t) {
         return AttributeSetterOf(&ProcessAttributes::oom_score_adj, ParseInteger(t, -1000, 1000));
       },
       [](const DaemonSpec& s) { return WriteOptional(s.attributes.oom_score_adj); }},
  };
  for (const LimitKey& limit : kLimitKeys) keys.push_back(LimitRow(limit));
  keys.push_back(
      {"no_new_privileges",
       "Whether setuid and setgid programs give the daemon no privileges (PR_SET_NO_NEW_PRIVS): "
       "yes or no. Not set: as for the server.",
       kRestart, !kThrottle, false,
       [](Text t) {
         return AttributeSetterOf(&ProcessAttributes::no_new_privileges, ParseBoolean(t));
       },
       [](const DaemonSpec& s) { return WriteOptionalBoolean(s.attributes.no_new_privileges); }});
  return keys;
}

// Returns the keys of the check.
std::vector<DaemonKey> CheckKeys() {
  return {
      {"check",
       "The health check: http://HOST:PORT/PATH or https://... (status 200 to 399), "
       "http+unix:/SOCKET:/PATH, tcp:HOST:PORT or unix:/SOCKET (accepts), grpc:HOST:PORT/SERVICE "
       "(SERVING) or exec:/PROGRAM ARGS (exits with 0).",
       kLive, !kThrottle, true, CheckTargetSetter,
       [](const DaemonSpec& s) {
         return s.check.kind() == CheckTarget::Kind::kExec ? s.check.text()
                                                           : WriteText(s.check.text());
       },
       kPerInstance},
      {"check_interval", "Time between the starts of two attempts, a duration above 0.", kLive,
       !kThrottle, false,
       [](Text t) { return CheckSetterOf(&Check::interval, ParsePositiveDuration(t)); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.check.interval); }},
      {"check_timeout", "Time limit of an attempt, a duration above 0.", kLive, !kThrottle, false,
       [](Text t) { return CheckSetterOf(&Check::timeout, ParsePositiveDuration(t)); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.check.timeout); }},
      {"check_delay",
       "Delay before the first attempt, a duration; counted from RUNNING or, with ready = check, "
       "from the start.",
       kLive, !kThrottle, false,
       [](Text t) { return CheckSetterOf(&Check::delay, ParseDuration(t)); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.check.delay); }},
      {"check_failures",
       "Failed attempts in a row that make the daemon unhealthy, 1 to 1000. With ready = check, "
       "failures do not count until it is ready.",
       kLive, !kThrottle, false,
       [](Text t) { return CheckSetterOf(&Check::failures, ParseInteger(t, 1, kMaxAttempts)); },
       [](const DaemonSpec& s) { return absl::StrCat(s.check.failures); }},
      {"check_successes", "Successful attempts in a row that make the daemon healthy, 1 to 1000.",
       kLive, !kThrottle, false,
       [](Text t) { return CheckSetterOf(&Check::successes, ParseInteger(t, 1, kMaxAttempts)); },
       [](const DaemonSpec& s) { return absl::StrCat(s.check.successes); }},
      {"check_action",
       "The reaction when the daemon becomes unhealthy: restart (hob ends it, which counts as a "
       "failure) or none (hob only reports it).",
       kLive, !kThrottle, false,
       [](Text t) { return CheckSetterOf(&Check::action, ParseChoice(t, CheckActions())); },
       [](const DaemonSpec& s) { return WriteChoice(CheckActions(), s.check.action); }},
  };
}

// Returns the keys of the watchdog and of input and output.
std::vector<DaemonKey> OutputKeys() {
  return {
      {"watchdog",
       "Longest time between two WATCHDOG=1 messages (sd_notify(3)), a duration or off. A daemon "
       "silent for longer gets ABRT, which is a failure. Needs ready = notify.",
       kLive, !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::watchdog, ParseWatchdog(t)); },
       [](const DaemonSpec& s) {
         return s.watchdog == absl::ZeroDuration() ? "off" : hob::FormatDuration(s.watchdog);
       }},
      {"stdin",
       "Standard input: hold (an open pipe on which nothing arrives and which ends with the "
       "server) or null.",
       kRestart, !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::stdin_mode, ParseChoice(t, StdinModes())); },
       [](const DaemonSpec& s) { return WriteChoice(StdinModes(), s.stdin_mode); }},
      {"stdout", "Standard output: log (NAME.log in log_dir), inherit (the server's) or null.",
       kRestart, !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::stdout_mode, ParseChoice(t, StdoutModes())); },
       [](const DaemonSpec& s) { return WriteChoice(StdoutModes(), s.stdout_mode); }},
      {"stderr",
       "Standard error: log (NAME.err.log in log_dir), stdout (joined to it), inherit (the "
       "server's) or null.",
       kRestart, !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::stderr_mode, ParseChoice(t, StderrModes())); },
       [](const DaemonSpec& s) { return WriteChoice(StderrModes(), s.stderr_mode); }},
      {"log_max_bytes",
       "Size at which a log is rotated, in bytes or with a unit such as 10MB or 64KiB. 0 never "
       "rotates.",
       kLive, !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::log_max_bytes, ParseSize(t)); },
       [](const DaemonSpec& s) { return FormatSize(s.log_max_bytes); }},
      {"log_backups", "Number of rotated logs that are kept of each log, 0 to 1000.", kLive,
       !kThrottle, false,
       [](Text t) {
         return SetterOf(&DaemonSpec::log_backups, ParseInteger(t, 0, kMaxLogBackups));
       },
       [](const DaemonSpec& s) { return absl::StrCat(s.log_backups); }},
      {"log_compress", "Whether rotated logs are compressed with zstd: yes or no.", kLive,
       !kThrottle, false,
       [](Text t) { return SetterOf(&DaemonSpec::log_compress, ParseBoolean(t)); },
       [](const DaemonSpec& s) { return FormatBoolean(s.log_compress); }},
  };
}

std::vector<DaemonKey> AllKeys() {
  std::vector<DaemonKey> keys = RestartKeys();
  for (const auto& part : {InstanceKeys(), LifeKeys(), CheckKeys(), ResourceKeys(), OutputKeys()}) {
    keys.insert(keys.end(), part.begin(), part.end());
  }
  return keys;
}

}  // namespace

const std::vector<DaemonKey>& DaemonKeys() {
  static const auto& keys = *new std::vector<DaemonKey>(AllKeys());
  return keys;
}

std::vector<std::string> DaemonKeyNames() {
  std::vector<std::string> names;
  for (const DaemonKey& key : DaemonKeys()) names.push_back(key.name);
  return names;
}

const DaemonKey* FindDaemonKey(absl::string_view name) {
  for (const DaemonKey& key : DaemonKeys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

absl::StatusOr<DaemonSetter> ParseDaemonKey(const DaemonKey& key, absl::string_view text) {
  if (key.quoted) return key.parse(text);
  const absl::StatusOr<std::string> plain = Unquote(text);
  if (!plain.ok()) return plain.status();
  return key.parse(*plain);
}

absl::StatusOr<std::string> TextForInstance(absl::string_view text, int number) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result.push_back(text[i]);
      continue;
    }
    const char next = ++i < text.size() ? text[i] : '\0';
    if (next == 'i') {
      absl::StrAppend(&result, number);
    } else if (next == '%') {
      result.push_back('%');
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", Printable(text.substr(i - 1, 2)),
          "' has no meaning in a daemon with instances: write %i for the number of the instance, "
          "or %% for a percent sign"));
    }
  }
  return result;
}

absl::Status SetDaemonKey(const DaemonKey& key, absl::string_view text, DaemonSpec* spec) {
  const absl::StatusOr<DaemonSetter> set = ParseDaemonKey(key, text);
  if (set.ok()) (*set)(spec);
  return set.status();
}

void WriteDaemonSettings(DaemonSpec* spec) {
  DaemonSettings settings;
  for (const DaemonKey& key : DaemonKeys()) settings[key.name] = key.write(*spec);
  spec->settings = std::make_shared<const DaemonSettings>(std::move(settings));
}

}  // namespace hob
