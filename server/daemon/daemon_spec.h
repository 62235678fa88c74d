// Holds the settings of a daemon; server/config/keys/daemon_keys.cc has the key of each, with its
// range.
#ifndef HOB_SERVER_DAEMON_DAEMON_SPEC_H_
#define HOB_SERVER_DAEMON_DAEMON_SPEC_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/daemon/check.h"
#include "server/daemon/process_attributes.h"
#include "server/daemon/restart_policy.h"

namespace hob {

// The way in which a daemon reports that it is ready to serve.
enum class ReadyMode {
  // Sends no report: it counts as ready after it stayed up for `start_time`.
  kNone,
  // An sd_notify(3) datagram with READY=1.
  kNotify,
  // A newline on descriptor `ready_fd`.
  kDescriptor,
  // Sends no report: it is ready once its check succeeds.
  kCheck,
};

// The processes that get the signal to end.
enum class StopScope {
  // All processes that the daemon started.
  kTree,
  // The main process alone.
  kMain,
};

enum class StdinMode {
  // An open pipe without any data, which ends when the server is gone.
  kHold,
  // /dev/null.
  kNull,
};

enum class OutputMode {
  // Kept in a log file.
  kLog,
  // Joined to stdout; for stderr only.
  kStdout,
  // Inherited from the server.
  kInherit,
  // /dev/null.
  kNull,
};

// A condition on another daemon, which must hold when a daemon starts.
struct Dependency {
  enum class Condition {
    // The other daemon is STARTING or RUNNING.
    kStarted,
    // It is RUNNING and ready; healthy, if it has a check.
    kReady,
    // It is EXITED, with one of its success codes.
    kCompleted,
  };
  std::string daemon;
  Condition condition = Condition::kReady;
  // True if the dependent ends, and starts again, whenever an instance of the other ends.
  bool restarts_with = false;
};

inline bool operator==(const Dependency& a, const Dependency& b) {
  return a.daemon == b.daemon && a.condition == b.condition && a.restarts_with == b.restarts_with;
}

// The settings of a daemon by key, as written in a configuration file.
using DaemonSettings = std::map<std::string, std::string>;

// The settings of a daemon. Immutable once made by the configuration; shared between threads as
// `std::shared_ptr<const DaemonSpec>`.
struct DaemonSpec {
  std::string name;
  // The set that the daemon is an instance of, and its number in it, from 1. Empty and 0 for a
  // single daemon.
  std::string instance_of;
  int instance = 0;
  // The generation of the configuration that last changed the daemon.
  int64_t generation = 1;

  // The command as written, and split into words; argv[0] is the absolute path of the program.
  std::string command;
  std::vector<std::string> argv;
  // The place of the command: "file:line".
  std::string origin;

  bool autostart = true;
  RestartPolicy restart_policy;
  // Conditions of a start, about different daemons, those of `restart_with` and every instance of a
  // set included. The dependencies of a configuration form no cycle.
  std::vector<Dependency> depends_on;
  // As configured.
  std::vector<std::string> restart_with;

  // As configured: the number of instances; 0 for a single daemon.
  int instances = 0;
  // A roll of the set waits while this many instances are down.
  int max_unavailable = 1;
  // Time that an instance must stay ready before a roll replaces the next.
  absl::Duration min_ready_time;

  // Time that a child must stay up to count as RUNNING; only for ReadyMode::kNone.
  absl::Duration start_time;
  ReadyMode ready = ReadyMode::kNone;
  // The child's readiness descriptor, >= 3; only for ReadyMode::kDescriptor.
  int ready_fd = -1;
  // From the spawn to readiness; infinite is allowed.
  absl::Duration ready_timeout = absl::Seconds(60);
  Check check;
  // Longest silence between two WATCHDOG=1; zero is off. Only for ReadyMode::kNotify.
  absl::Duration watchdog;

  // The signal that asks the daemon to end, and the processes that get it.
  int stop_signal = 15;
  StopScope stop_scope = StopScope::kTree;
  // Time between that signal and KILL, which goes to all processes that the daemon started, even if
  // only the main process got the signal. Zero kills immediately; infinite never kills.
  absl::Duration stop_timeout = absl::Seconds(10);

  // Names or numbers as configured; empty means those of the server. Resolved at load into
  // `attributes.credentials`.
  std::string user;
  std::string group;
  std::vector<std::string> groups;
  // `attributes.credentials` is null when neither `user`, `group` nor `groups` is configured.
  ProcessAttributes attributes;

  // In the order of the configuration, names unique. Overrides `env_file`, which is read at each
  // start.
  std::vector<std::pair<std::string, std::string>> environment;
  // An absolute path, preceded by `-` if the file need not exist; empty for none.
  std::string env_file;
  bool clear_environment = false;

  StdinMode stdin_mode = StdinMode::kHold;
  OutputMode stdout_mode = OutputMode::kLog;
  OutputMode stderr_mode = OutputMode::kLog;
  // Size at which a log is rotated; 0 never rotates.
  int64_t log_max_bytes = 10'000'000;
  int log_backups = 5;
  bool log_compress = true;

  // Every key except `command`, with its value in force; `instances` is empty. Two specs describe
  // the same daemon exactly if `argv`, `depends_on` and `*settings` are equal. Never null. Equal
  // settings of a configuration are shared, because they take 4 KiB and most daemons have the same.
  std::shared_ptr<const DaemonSettings> settings = std::make_shared<const DaemonSettings>();
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_DAEMON_SPEC_H_
