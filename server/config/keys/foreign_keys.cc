#include "server/config/keys/foreign_keys.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hob {
namespace {

constexpr absl::string_view kNoOrder =
    "leave it out: hob starts all daemons at once, except those with depends_on, which names the "
    "daemons that must be up first";
constexpr absl::string_view kNeeds = "it names daemons of hob that must be up first";
constexpr absl::string_view kPartners =
    "it names daemons of hob that this one ends and restarts with";
constexpr absl::string_view kNoLogFile =
    "leave it out: what it writes goes to NAME.log and NAME.err.log in log_dir of [hob]; stdout "
    "and stderr say otherwise (inherit, null)";
constexpr absl::string_view kWholeTree =
    "leave it out: a stop reaches everything that the daemon started; stop_scope = main asks the "
    "main process alone";
constexpr absl::string_view kBeforeAndAfter =
    "make it part of the command: /bin/sh -c 'BEFORE && exec PROGRAM'";
constexpr absl::string_view kNoEvents = "leave it out: hob watch tells of every change";
constexpr absl::string_view kDescription = "leave it out, or make it a comment with ';'";
constexpr absl::string_view kNoSuchLimit =
    "hob sets no such limit: leave it out, or let the command start the program with a tool that "
    "does, "
    "such as /usr/bin/setpriv or /usr/bin/prlimit";
constexpr absl::string_view kNoSandbox =
    "hob confines no daemon: leave it out, or let the command start the program with a tool that "
    "does, "
    "such as /usr/bin/unshare or /usr/bin/bwrap";
constexpr absl::string_view kForeground =
    "leave it out: the program stays in the foreground, and hob needs no pid file";

struct ForeignSection {
  // Ends in a colon if the name of a program follows.
  absl::string_view name;
  absl::string_view owner;
  absl::string_view advice;
};

constexpr absl::string_view kOfDaemons = "hob's equivalents are keys of [daemon:NAME]";
constexpr absl::string_view kOfServer = "hob's equivalents are keys of [hob]";

constexpr ForeignSection kForeignSections[] = {
    {"Service", "systemd", "write [daemon:NAME] with what ExecStart says as its command"},
    {"Unit", "systemd", kOfDaemons},
    {"Install", "systemd", kOfDaemons},
    {"Socket", "systemd", "let the program open its socket itself"},
    {"Timer", "systemd", "let cron(8) start it, or a program of its own that waits"},
    {"supervisord", "supervisord", kOfServer},
    {"unix_http_server", "supervisord", kOfServer},
    {"inet_http_server", "supervisord", kOfServer},
    {"supervisorctl", "supervisord", "hob --address and HOB_ADDRESS lead to the server"},
    {"rpcinterface:", "supervisord", "hob needs none"},
    {"include", "supervisord", "name more files and directories with --config"},
    {"group:", "supervisord", "hob has no groups, commands take globs such as 'web-*'"},
    {"eventlistener:", "supervisord", "hob has no listeners, hob watch tells of every change"},
    {"fcgi-program:", "supervisord",
     "write [daemon:NAME], and let the program open its socket itself"},
};

}  // namespace

const std::vector<ForeignKey>& ForeignDaemonKeys() {
  static const auto& keys = *new std::vector<ForeignKey>{
      // supervisord: https://supervisord.org/configuration.html
      {"autorestart", "restart", "true is always, unexpected is on-failure, false is never"},
      {"exitcodes", "success_exit_codes", "it counts with restart = on-failure"},
      {"killasgroup", "", kWholeTree},
      {"numprocs", "", "write a section [daemon:NAME] for each process"},
      {"numprocs_start", "", "write a section [daemon:NAME] for each process"},
      {"priority", "", kNoOrder},
      {"process_name", "", "leave it out: the name is that of the section, [daemon:NAME]"},
      {"redirect_stderr", "stderr", "stderr = stdout puts both into one log"},
      {"serverurl", "", "leave it out: clients find the server by listen of [hob]"},
      {"startretries", "max_retries", "it counts failures within retry_time"},
      {"startsecs", "start_time", ""},
      {"stderr_capture_maxbytes", "", kNoEvents},
      {"stderr_events_enabled", "", kNoEvents},
      {"stderr_logfile", "", kNoLogFile},
      {"stderr_logfile_backups", "log_backups", ""},
      {"stderr_logfile_maxbytes", "log_max_bytes", ""},
      {"stderr_syslog", "stderr", "stderr = inherit passes it on to where hobd's own goes"},
      {"stdout_capture_maxbytes", "", kNoEvents},
      {"stdout_events_enabled", "", kNoEvents},
      {"stdout_logfile", "", kNoLogFile},
      {"stdout_logfile_backups", "log_backups", ""},
      {"stdout_logfile_maxbytes", "log_max_bytes", ""},
      {"stdout_syslog", "stdout", "stdout = inherit passes it on to where hobd's own goes"},
      {"stopasgroup", "", kWholeTree},
      {"stopsignal", "stop_signal", ""},
      {"stopwaitsecs", "stop_timeout", ""},
      // systemd.service(5), systemd.exec(5), systemd.kill(5)
      {"AmbientCapabilities", "", kNoSuchLimit},
      {"CapabilityBoundingSet", "", kNoSuchLimit},
      {"CPUAffinity", "", "make it part of the command: /usr/bin/taskset -c 0-3 PROGRAM"},
      {"CPUQuota", "", kNoSuchLimit},
      {"CPUWeight", "nice", ""},
      {"DynamicUser", "user", "create a user for the daemon and name it"},
      {"Environment", "environment", ""},
      {"EnvironmentFile", "env_file", ""},
      {"ExecCondition", "", kBeforeAndAfter},
      {"ExecReload", "", "leave it out, and send the signal yourself: hob signal HUP NAME"},
      {"ExecStart", "command", ""},
      {"ExecStartPost", "", kBeforeAndAfter},
      {"ExecStartPre", "", kBeforeAndAfter},
      {"ExecStop", "stop_signal", "a daemon is asked to end by a signal"},
      {"ExecStopPost", "", "make it part of the command: /bin/sh -c 'PROGRAM; AFTER'"},
      {"FinalKillSignal", "", "leave it out: what is left after stop_timeout gets KILL"},
      {"Group", "group", ""},
      {"IOSchedulingClass", "", "make it part of the command: /usr/bin/ionice -c 3 PROGRAM"},
      {"KillMode", "", kWholeTree},
      {"KillSignal", "stop_signal", ""},
      {"LimitCORE", "limit_core", ""},
      {"LimitMEMLOCK", "limit_memlock", ""},
      {"LimitNOFILE", "limit_nofile", ""},
      {"LimitNPROC", "limit_nproc", ""},
      {"LimitSTACK", "", kNoSuchLimit},
      {"MemoryHigh", "", kNoSuchLimit},
      {"MemoryMax", "", kNoSuchLimit},
      {"Nice", "nice", ""},
      {"NoNewPrivileges", "no_new_privileges", ""},
      {"NotifyAccess", "", "leave it out: with ready = notify hob listens to the daemon"},
      {"OOMScoreAdjust", "oom_score_adj", ""},
      {"PassEnvironment", "",
       "leave it out: hobd's environment is passed on, see "
       "clear_environment"},
      {"PIDFile", "", kForeground},
      {"PrivateTmp", "", kNoSandbox},
      {"ProtectHome", "", kNoSandbox},
      {"ProtectSystem", "", kNoSandbox},
      {"ReadWritePaths", "", kNoSandbox},
      {"RemainAfterExit", "", "leave it out: a daemon that is done is EXITED"},
      {"Restart", "restart", "its values are always, on-failure and never; no is never"},
      {"RestartPreventExitStatus", "success_exit_codes", "it counts with restart = on-failure"},
      {"RestartSec", "backoff", ""},
      {"RuntimeDirectory", "", "create it before the daemon starts, or in its command"},
      {"RuntimeMaxSec", "", "make it part of the command: /usr/bin/timeout 1h PROGRAM"},
      {"SendSIGKILL", "", "leave it out: what is left after stop_timeout gets KILL"},
      {"Slice", "", kNoSuchLimit},
      {"StandardError", "stderr", "its values are log, stdout, inherit and null"},
      {"StandardInput", "stdin", "its values are hold and null"},
      {"StandardOutput", "stdout", "its values are log, inherit and null"},
      {"StartLimitAction", "on_halt", ""},
      {"StartLimitBurst", "max_retries", ""},
      {"StartLimitInterval", "retry_time", ""},
      {"StartLimitIntervalSec", "retry_time", ""},
      {"StateDirectory", "", "create it before the daemon starts, or in its command"},
      {"SuccessExitStatus", "success_exit_codes", "it counts with restart = on-failure"},
      {"SupplementaryGroups", "groups", ""},
      {"SyslogIdentifier", "", "leave it out: the log is named for the daemon"},
      {"TasksMax", "limit_nproc", "it counts the processes of the daemon's user"},
      {"TimeoutSec", "stop_timeout", "for the start it is ready_timeout"},
      {"TimeoutStartSec", "ready_timeout", ""},
      {"TimeoutStopSec", "stop_timeout", ""},
      {"Type", "ready",
       "notify is ready = notify, simple and exec are ready = none; for forking, "
       "start the program in the foreground; for oneshot, set restart = "
       "on-failure"},
      {"UMask", "umask", ""},
      {"UnsetEnvironment", "", "make it part of the command: /usr/bin/env -u NAME PROGRAM"},
      {"User", "user", ""},
      {"WatchdogSec", "watchdog", ""},
      {"WorkingDirectory", "directory", ""},
      // systemd.unit(5)
      {"After", "depends_on", kNeeds},
      {"Alias", "", "leave it out: a daemon has one name, that of its section"},
      {"Before", "", kNoOrder},
      {"BindsTo", "restart_with", kPartners},
      {"Conflicts", "",
       "leave it out: set autostart = no for the one that does not start by itself"},
      {"DefaultDependencies", "", kNoOrder},
      {"Description", "", kDescription},
      {"Documentation", "", kDescription},
      {"OnFailure", "", kNoEvents},
      {"PartOf", "restart_with", kPartners},
      {"RequiredBy", "autostart", "yes starts it with the server"},
      {"Requires", "depends_on", kNeeds},
      {"Requisite", "depends_on", kNeeds},
      {"WantedBy", "autostart", "yes starts it with the server"},
      {"Wants", "depends_on", kNeeds},
  };
  return keys;
}

const std::vector<ForeignKey>& ForeignServerKeys() {
  static const auto& keys = *new std::vector<ForeignKey>{
      {"childlogdir", "log_dir", ""},
      {"chmod", "socket_mode", ""},
      {"chown", "socket_group", ""},
      {"file", "listen", "it is written unix:/PATH"},
      {"identifier", "", "leave it out: a server is known by its address"},
      {"logfile", "", "leave it out: hobd writes its own log to stderr"},
      {"logfile_backups", "", "leave it out: hobd writes its own log to stderr"},
      {"logfile_maxbytes", "", "leave it out: hobd writes its own log to stderr"},
      {"loglevel", "", "leave it out: hobd writes its own log to stderr"},
      {"minfds", "", "leave it out: hobd raises its limit by itself"},
      {"minprocs", "", "leave it out: hobd says at the start if the limit is too low"},
      {"nocleanup", "", "leave it out: logs are kept"},
      {"nodaemon", "", "leave it out: hobd stays in the foreground"},
      {"password", "", "leave it out: socket_mode and socket_group say who may connect"},
      {"pidfile", "", "leave it out: hobd needs none"},
      {"port", "listen", "it is written 127.0.0.1:PORT"},
      {"silent", "", "leave it out: hobd writes its own log to stderr"},
      {"strip_ansi", "", "leave it out: logs hold the bytes that were written"},
      {"username", "", "leave it out: socket_mode and socket_group say who may connect"},
  };
  return keys;
}

std::string AdviceOnKey(absl::string_view key, const std::vector<ForeignKey>& keys) {
  for (const ForeignKey& foreign : keys) {
    if (!absl::EqualsIgnoreCase(foreign.name, key)) continue;
    if (foreign.hobs.empty()) return std::string(foreign.advice);
    const std::string question = absl::StrCat("did you mean '", foreign.hobs, "'?");
    return foreign.advice.empty() ? question : absl::StrCat(question, " (", foreign.advice, ")");
  }
  return "";
}

std::string AdviceOnSection(absl::string_view name) {
  for (const ForeignSection& section : kForeignSections) {
    const bool is_prefix = absl::EndsWith(section.name, ":");
    if (is_prefix ? absl::StartsWith(name, section.name) : name == section.name) {
      return absl::StrCat("it is ", section.owner, "'s: ", section.advice);
    }
  }
  return "";
}

}  // namespace hob
