#include "server/config/daemon_keys.h"

#include <algorithm>
#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/config/environment.h"
#include "server/config/key_readers.h"
#include "server/config/quoting.h"
#include "server/daemon/signal_name.h"

namespace hob {
namespace {

using Text = absl::string_view;

constexpr int64_t kMaxRetries = std::numeric_limits<int32_t>::max();
constexpr double kMaxBackoffFactor = 1000;
constexpr int kFirstReadyFd = 3;
// A child has 1024 descriptors unless it is configured otherwise.
constexpr int kLastReadyFd = 1023;
constexpr int kMaxLogBackups = 1000;

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

absl::Status ReadExitCodes(Text text, DaemonSpec* spec) {
  const absl::StatusOr<std::vector<std::string>> items = SplitItems(text);
  if (!items.ok()) return items.status();
  std::set<int> codes;
  for (const std::string& item : *items) {
    int code = 0;
    if (absl::Status status = ReadInteger(item, 0, 255, &code); !status.ok()) return status;
    codes.insert(code);
  }
  spec->restart_policy.success_exit_codes.assign(codes.begin(), codes.end());
  return absl::OkStatus();
}

std::string WriteExitCodes(const DaemonSpec& spec) {
  const std::string codes = absl::StrJoin(spec.restart_policy.success_exit_codes, " ");
  return codes.empty() ? "''" : codes;
}

absl::Status ReadReady(Text text, DaemonSpec* spec) {
  Text number = text;
  if (absl::ConsumePrefix(&number, "fd:")) {
    int fd = -1;
    absl::Status status = ReadInteger(number, kFirstReadyFd, kLastReadyFd, &fd);
    if (!status.ok()) return status;
    spec->ready = ReadyMode::kDescriptor;
    spec->ready_fd = fd;
    return absl::OkStatus();
  }
  if (text != "none" && text != "notify") {
    return absl::InvalidArgumentError(absl::StrCat("'", Printable(text),
                                                   "' is none of none, notify and fd:N (N from ",
                                                   kFirstReadyFd, " to ", kLastReadyFd, ")"));
  }
  spec->ready = text == "none" ? ReadyMode::kNone : ReadyMode::kNotify;
  spec->ready_fd = -1;
  return absl::OkStatus();
}

std::string WriteReady(const DaemonSpec& spec) {
  if (spec.ready == ReadyMode::kDescriptor) return absl::StrCat("fd:", spec.ready_fd);
  return spec.ready == ReadyMode::kNotify ? "notify" : "none";
}

// A switch for "not at all" in a key that is a duration otherwise.
absl::Status ReadDurationOr(Text word, absl::Duration meaning, Text text, absl::Duration* field) {
  if (text != word) return ReadPositiveDuration(text, field);
  *field = meaning;
  return absl::OkStatus();
}

absl::Status ReadWatchdog(Text text, DaemonSpec* spec) {
  const absl::StatusOr<absl::Duration> zero = ParseDuration(text);
  if (zero.ok() && *zero == absl::ZeroDuration()) text = "off";
  return ReadDurationOr("off", absl::ZeroDuration(), text, &spec->watchdog);
}

absl::Status ReadStopSignal(Text text, DaemonSpec* spec) {
  const absl::optional<int> signal = ParseSignal(text);
  if (!signal.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", Printable(text), "' is no signal: write a name such as TERM or INT, or its number"));
  }
  spec->stop_signal = *signal;
  return absl::OkStatus();
}

// The name of a user or a group is checked against the machine later: here it only must be one.
absl::Status ReadAccountName(Text text, std::string* field) {
  if (SplitList(text).size() != 1 || SplitList(text)[0] != text) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", Printable(text), "' is no single name or number"));
  }
  *field = std::string(text);
  return absl::OkStatus();
}

absl::Status ReadGroups(Text text, DaemonSpec* spec) {
  const absl::StatusOr<std::vector<std::string>> items = SplitItems(text);
  if (!items.ok()) return items.status();
  if (items->empty()) return absl::InvalidArgumentError("the list of groups has no group in it");
  const std::set<std::string> groups(items->begin(), items->end());
  spec->groups.assign(groups.begin(), groups.end());
  return absl::OkStatus();
}

absl::Status ReadEnvironment(Text text, DaemonSpec* spec) {
  const absl::StatusOr<Environment> environment = ParseEnvironment(text);
  if (!environment.ok()) return environment.status();
  spec->environment = MergeEnvironments(std::move(spec->environment), *environment);
  return absl::OkStatus();
}

absl::Status ReadEnvFile(Text text, DaemonSpec* spec) {
  std::string path;
  const bool optional = absl::ConsumePrefix(&text, "-");
  if (absl::Status status = ReadPath(text, &path); !status.ok()) return status;
  spec->env_file = absl::StrCat(optional ? "-" : "", path);
  return absl::OkStatus();
}

template <typename Value>
std::string WriteOptional(const absl::optional<Value>& value) {
  return value.has_value() ? absl::StrCat(*value) : "";
}

std::string WriteOptionalLimit(const absl::optional<ResourceLimit>& limit) {
  return limit.has_value() ? FormatLimit(*limit) : "";
}

std::string WriteOptionalBoolean(const absl::optional<bool>& value) {
  return value.has_value() ? FormatBoolean(*value) : "";
}

constexpr bool kThrottle = true;
constexpr KeyChange kLive = KeyChange::kLive;
constexpr KeyChange kRestart = KeyChange::kRestart;

// The restart throttle's and their like.
std::vector<DaemonKey> RestartKeys() {
  return {
      {"autostart", "whether it starts with the server: yes or no", kLive, !kThrottle, false,
       [](Text t, DaemonSpec* s) { return Store(ParseBoolean(t), &s->autostart); },
       [](const DaemonSpec& s) { return FormatBoolean(s.autostart); }},
      {"restart", "which ends lead to a restart: always, on-failure or never", kLive, kThrottle,
       false,
       [](Text t, DaemonSpec* s) {
         return ReadChoice(t, RestartModes(), &s->restart_policy.restart);
       },
       [](const DaemonSpec& s) { return WriteChoice(RestartModes(), s.restart_policy.restart); }},
      {"success_exit_codes", "exit codes that are no failure for on-failure, 0 to 255", kLive,
       kThrottle, true, ReadExitCodes, WriteExitCodes},
      {"max_retries", "so many failures within retry_time halt it; 0 and 1: never restart", kLive,
       kThrottle, false,
       [](Text t, DaemonSpec* s) {
         return ReadInteger(t, 0, kMaxRetries, &s->restart_policy.max_retries);
       },
       [](const DaemonSpec& s) { return absl::StrCat(s.restart_policy.max_retries); }},
      {"retry_time", "the window in which failures are counted, a duration", kLive, kThrottle,
       false,
       [](Text t, DaemonSpec* s) { return Store(ParseDuration(t), &s->restart_policy.retry_time); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.restart_policy.retry_time); }},
      {"backoff", "delay before the first restart in a row, a duration; 0 restarts at once", kLive,
       kThrottle, false,
       [](Text t, DaemonSpec* s) { return Store(ParseDuration(t), &s->restart_policy.backoff); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.restart_policy.backoff); }},
      {"backoff_factor", "by what the delay grows with each restart, 1 or more", kLive, kThrottle,
       false,
       [](Text t, DaemonSpec* s) {
         return Store(ParseNumber(t, 1, kMaxBackoffFactor), &s->restart_policy.backoff_factor);
       },
       [](const DaemonSpec& s) { return FormatNumber(s.restart_policy.backoff_factor); }},
      {"backoff_max", "the longest delay, a duration", kLive, kThrottle, false,
       [](Text t, DaemonSpec* s) {
         return ReadPositiveDuration(t, &s->restart_policy.backoff_max);
       },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.restart_policy.backoff_max); }},
      {"backoff_jitter", "up to this share of the delay is added at random, 0% to 100%", kLive,
       kThrottle, false,
       [](Text t, DaemonSpec* s) {
         return Store(ParseFraction(t), &s->restart_policy.backoff_jitter);
       },
       [](const DaemonSpec& s) { return FormatFraction(s.restart_policy.backoff_jitter); }},
      {"on_halt", "what becomes of it when it is halted: stay or retry", kLive, kThrottle, false,
       [](Text t, DaemonSpec* s) {
         return ReadChoice(t, OnHaltChoices(), &s->restart_policy.on_halt);
       },
       [](const DaemonSpec& s) { return WriteChoice(OnHaltChoices(), s.restart_policy.on_halt); }},
      {"halt_retry", "time between two trial starts under on_halt = retry, a duration", kLive,
       kThrottle, false,
       [](Text t, DaemonSpec* s) { return ReadPositiveDuration(t, &s->restart_policy.halt_retry); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.restart_policy.halt_retry); }},
  };
}

// From the start to the stop.
std::vector<DaemonKey> LifeKeys() {
  return {
      {"start_time", "how long it must stay up to count as running, a duration", kRestart,
       !kThrottle, false,
       [](Text t, DaemonSpec* s) { return Store(ParseDuration(t), &s->start_time); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.start_time); }},
      {"ready", "how it tells that it is ready: none, notify or fd:N", kRestart, !kThrottle, false,
       ReadReady, WriteReady},
      {"ready_timeout", "how long it may take to be ready, a duration or infinity", kLive,
       !kThrottle, false,
       [](Text t, DaemonSpec* s) {
         return ReadDurationOr("infinity", absl::InfiniteDuration(), t, &s->ready_timeout);
       },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.ready_timeout); }},
      {"stop_signal", "the signal that asks it to end, a name or a number", kLive, !kThrottle,
       false, ReadStopSignal, [](const DaemonSpec& s) { return SignalName(s.stop_signal); }},
      {"stop_timeout", "how long it may take to end before KILL, a duration; 0: KILL at once",
       kLive, !kThrottle, false,
       [](Text t, DaemonSpec* s) { return Store(ParseDuration(t), &s->stop_timeout); },
       [](const DaemonSpec& s) { return hob::FormatDuration(s.stop_timeout); }},
      {"directory", "its working folder, an absolute path", kRestart, !kThrottle, false,
       [](Text t, DaemonSpec* s) { return ReadPath(t, &s->directory); },
       [](const DaemonSpec& s) { return WriteText(s.directory); }},
      {"umask", "the permissions that its files do not get, octal", kRestart, !kThrottle, false,
       [](Text t, DaemonSpec* s) { return Store(ParseMode(t), &s->umask); },
       [](const DaemonSpec& s) { return FormatMode(s.umask); }},
      {"user",
       "the user that it runs as, a name or a number. A number needs no entry in passwd(5); its "
       "group is then the one of the same number, unless `group` says otherwise",
       kRestart, !kThrottle, false,
       [](Text t, DaemonSpec* s) { return ReadAccountName(t, &s->user); },
       [](const DaemonSpec& s) { return WriteText(s.user); }},
      {"group", "its group, a name or a number; the user's primary one by default", kRestart,
       !kThrottle, false, [](Text t, DaemonSpec* s) { return ReadAccountName(t, &s->group); },
       [](const DaemonSpec& s) { return WriteText(s.group); }},
      {"groups", "its other groups, names or numbers", kRestart, !kThrottle, true, ReadGroups,
       [](const DaemonSpec& s) { return WriteItems(s.groups); }},
      {"environment", "variables: KEY=VALUE, KEY2=\"a b\"", kRestart, !kThrottle, true,
       ReadEnvironment, [](const DaemonSpec& s) { return FormatEnvironment(s.environment); }},
      {"env_file",
       "a file of variables, read at each start: an absolute path, or -PATH if it need not exist",
       kRestart, !kThrottle, false, ReadEnvFile,
       [](const DaemonSpec& s) { return WriteText(s.env_file); }},
      {"clear_environment", "whether it gets none of the server's variables: yes or no", kRestart,
       !kThrottle, false,
       [](Text t, DaemonSpec* s) { return Store(ParseBoolean(t), &s->clear_environment); },
       [](const DaemonSpec& s) { return FormatBoolean(s.clear_environment); }},
  };
}

// What it may use, and where its output goes.
std::vector<DaemonKey> ResourceKeys() {
  return {
      {"nice",
       "its scheduling priority, -20 to 19, against the other processes of the machine: that "
       "of its session too where the kernel weighs sessions (sched(7), autogroup)",
       kRestart, !kThrottle, false,
       [](Text t, DaemonSpec* s) { return Store(ParseInteger(t, -20, 19), &s->nice); },
       [](const DaemonSpec& s) { return WriteOptional(s.nice); }},
      {"oom_score_adj", "how soon the kernel kills it for memory, -1000 to 1000", kRestart,
       !kThrottle, false,
       [](Text t, DaemonSpec* s) { return Store(ParseInteger(t, -1000, 1000), &s->oom_score_adj); },
       [](const DaemonSpec& s) { return WriteOptional(s.oom_score_adj); }},
      {"limit_nofile", "open descriptors: N, SOFT:HARD or unlimited", kRestart, !kThrottle, false,
       [](Text t, DaemonSpec* s) { return Store(ParseLimit(t), &s->limit_nofile); },
       [](const DaemonSpec& s) { return WriteOptionalLimit(s.limit_nofile); }},
      {"limit_core", "bytes of a core file: N, SOFT:HARD or unlimited", kRestart, !kThrottle, false,
       [](Text t, DaemonSpec* s) { return Store(ParseLimit(t), &s->limit_core); },
       [](const DaemonSpec& s) { return WriteOptionalLimit(s.limit_core); }},
      {"limit_nproc", "processes of its user: N, SOFT:HARD or unlimited", kRestart, !kThrottle,
       false, [](Text t, DaemonSpec* s) { return Store(ParseLimit(t), &s->limit_nproc); },
       [](const DaemonSpec& s) { return WriteOptionalLimit(s.limit_nproc); }},
      {"limit_memlock", "bytes of locked memory: N, SOFT:HARD or unlimited", kRestart, !kThrottle,
       false, [](Text t, DaemonSpec* s) { return Store(ParseLimit(t), &s->limit_memlock); },
       [](const DaemonSpec& s) { return WriteOptionalLimit(s.limit_memlock); }},
      {"no_new_privileges", "whether setuid programs give it nothing: yes or no", kRestart,
       !kThrottle, false,
       [](Text t, DaemonSpec* s) { return Store(ParseBoolean(t), &s->no_new_privileges); },
       [](const DaemonSpec& s) { return WriteOptionalBoolean(s.no_new_privileges); }},
      {"watchdog", "longest silence between two WATCHDOG=1, a duration or off", kLive, !kThrottle,
       false, ReadWatchdog,
       [](const DaemonSpec& s) {
         return s.watchdog == absl::ZeroDuration() ? "off" : hob::FormatDuration(s.watchdog);
       }},
      {"stdin", "hold (an open pipe on which nothing arrives) or null", kRestart, !kThrottle, false,
       [](Text t, DaemonSpec* s) { return ReadChoice(t, StdinModes(), &s->stdin_mode); },
       [](const DaemonSpec& s) { return WriteChoice(StdinModes(), s.stdin_mode); }},
      {"stdout", "where its output goes: log, inherit or null", kRestart, !kThrottle, false,
       [](Text t, DaemonSpec* s) { return ReadChoice(t, StdoutModes(), &s->stdout_mode); },
       [](const DaemonSpec& s) { return WriteChoice(StdoutModes(), s.stdout_mode); }},
      {"stderr", "where its errors go: log, stdout, inherit or null", kRestart, !kThrottle, false,
       [](Text t, DaemonSpec* s) { return ReadChoice(t, StderrModes(), &s->stderr_mode); },
       [](const DaemonSpec& s) { return WriteChoice(StderrModes(), s.stderr_mode); }},
      {"log_max_bytes", "the size at which a log is rotated; 0 never rotates", kLive, !kThrottle,
       false, [](Text t, DaemonSpec* s) { return Store(ParseSize(t), &s->log_max_bytes); },
       [](const DaemonSpec& s) { return FormatSize(s.log_max_bytes); }},
      {"log_backups", "how many rotated logs are kept", kLive, !kThrottle, false,
       [](Text t, DaemonSpec* s) { return ReadInteger(t, 0, kMaxLogBackups, &s->log_backups); },
       [](const DaemonSpec& s) { return absl::StrCat(s.log_backups); }},
      {"log_compress", "whether rotated logs are compressed: yes or no", kLive, !kThrottle, false,
       [](Text t, DaemonSpec* s) { return Store(ParseBoolean(t), &s->log_compress); },
       [](const DaemonSpec& s) { return FormatBoolean(s.log_compress); }},
  };
}

std::vector<DaemonKey> AllKeys() {
  std::vector<DaemonKey> keys = RestartKeys();
  for (const auto& part : {LifeKeys(), ResourceKeys()}) {
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

absl::Status SetDaemonKey(const DaemonKey& key, absl::string_view text, DaemonSpec* spec) {
  if (key.quoted) return key.read(text, spec);
  const absl::StatusOr<std::string> plain = Unquote(text);
  if (!plain.ok()) return plain.status();
  return key.read(*plain, spec);
}

void WriteDaemonSettings(DaemonSpec* spec) {
  std::map<std::string, std::string> settings;
  for (const DaemonKey& key : DaemonKeys()) settings[key.name] = key.write(*spec);
  spec->settings = std::move(settings);
}

}  // namespace hob
