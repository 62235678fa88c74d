#include "client/verbs/daemon_statuses.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/format.h"
#include "client/name_resolution.h"
#include "server/config/keys/values.h"
#include "server/daemon/exit_report.h"

namespace hob {
namespace client {
namespace {

std::string Setting(const v1::StatusResponse& status, const std::string& key) {
  const auto found = status.spec().settings().find(key);
  return found == status.spec().settings().end() ? "" : found->second;
}

std::string UpFor(const v1::Run& run, absl::Time now) {
  if (!run.has_start_time() || run.pid() == 0) return "";
  const absl::Time end = run.has_exit() ? ToTime(run.exit().time()) : now;
  return FormatAge(end - ToTime(run.start_time()));
}

// Returns the processor time of an ended run, in user mode and in the kernel together.
std::string CpuTime(const v1::Run& run) {
  if (!run.has_user_cpu_time()) return "";
  return FormatAge(ToDuration(run.user_cpu_time()) + ToDuration(run.system_cpu_time()));
}

std::string PeakMemory(const v1::Run& run) {
  return run.peak_memory_bytes() == 0 ? "" : FormatBytes(run.peak_memory_bytes());
}

// "; 3 processes outlived stop_timeout and were killed"; empty if hob killed none.
std::string Killed(const v1::Run& run) {
  ExitReport report;
  report.requested = run.exit().requested();
  report.verdict = run.verdict();
  report.killed_processes = run.killed_count();
  const std::string killed = DescribeKilled(report);
  return killed.empty() ? "" : absl::StrCat("; ", killed);
}

// Returns how the run ended, why hob ended it (if it did), and its last line on stderr.
std::string End(const v1::Run& run) {
  if (!run.has_exit()) return "still up";
  return absl::StrCat(
      DescribeExit(run.exit()), run.verdict().empty() ? "" : absl::StrCat("; ", run.verdict()),
      Killed(run),
      run.last_stderr_line().empty() ? "" : absl::StrCat("; last line: ", run.last_stderr_line()));
}

std::string When(const Session& session, const google::protobuf::Timestamp& time) {
  return FormatTimeAndAge(ToTime(time), session.Now(), session.environment().zone);
}

}  // namespace

absl::StatusOr<std::vector<v1::StatusResponse>> FetchStatuses(
    Session& session, const std::vector<std::string>& patterns) {
  const absl::StatusOr<std::vector<std::string>> names = ResolveNames(session, patterns);
  if (!names.ok()) return names.status();
  return session.supervisor().Status(*names);
}

bool HasCompleted(const v1::StatusResponse& status) {
  const v1::Daemon& daemon = status.daemon();
  if (daemon.state() != v1::Daemon::EXITED || status.runs().empty()) return false;
  const v1::Run& last = status.runs(0);
  if (last.exit().how_case() != v1::Exit::kExitCode || !last.verdict().empty()) return false;
  const std::vector<std::string> codes = SplitList(Setting(status, "success_exit_codes"));
  const std::string code = absl::StrCat(last.exit().exit_code());
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

std::string LogsOfFailure(const v1::StatusResponse& status) {
  const v1::Daemon& daemon = status.daemon();
  if (daemon.pid() != 0 || !daemon.has_last_exit() || HasCompleted(status)) return "";
  if (daemon.last_exit().requested() || daemon.last_exit().has_spawn_error()) return "";
  if (Setting(status, "stdout") != "log" && Setting(status, "stderr") != "log") return "";
  return absl::StrCat("hob logs ", daemon.name());
}

std::string ConditionName(v1::Dependency::Condition condition) {
  const std::string& name = v1::Dependency::Condition_Name(condition);
  return name.empty() ? absl::StrCat("condition ", static_cast<int>(condition))
                      : absl::AsciiStrToLower(name);
}

std::string DependenciesOf(const v1::StatusResponse& status) {
  std::vector<std::string> parts;
  for (const v1::Dependency& dependency : status.dependencies()) {
    parts.push_back(absl::StrCat(dependency.daemon(), ": ", ConditionName(dependency.condition()),
                                 dependency.met() ? " (met)" : ""));
  }
  return absl::StrJoin(parts, ", ");
}

std::string CheckOf(const Session& session, const v1::StatusResponse& status) {
  const v1::Daemon::Health health = status.daemon().health();
  if (health == v1::Daemon::HEALTH_UNSPECIFIED || status.daemon().pid() == 0) return "";
  std::string text = v1::Daemon::Health_Name(health);
  if (health == v1::Daemon::HEALTH_UNKNOWN) text = "no verdict yet";
  if (!status.has_check()) return text;
  const v1::CheckResult& check = status.check();
  absl::StrAppend(&text, "; ", check.message(), " in ", FormatAge(ToDuration(check.latency())),
                  ", ", FormatAge(session.Now() - ToTime(check.time())), " ago");
  if (check.consecutive_failures() > 1) {
    absl::StrAppend(&text, "; ", check.consecutive_failures(), " failures in a row");
  }
  return text;
}

std::string HoldOf(const Session& session, const v1::Daemon& daemon) {
  if (!daemon.has_hold()) return "";
  const v1::Hold& hold = daemon.hold();
  const std::string until = hold.has_expire_time()
                                ? absl::StrCat("until ", When(session, hold.expire_time()))
                                : "until released";
  return absl::StrCat("by ", hold.owner(), ", ", When(session, hold.create_time()), ", ", until,
                      ": ", hold.reason());
}

std::string OutdatedBy(const v1::StatusResponse& status) {
  const v1::Daemon& daemon = status.daemon();
  if (!IsOutdated(daemon)) return "";
  const std::string keys = absl::StrJoin(status.outdated_keys(), ", ");
  return absl::StrCat("runs generation ", daemon.running_generation(),
                      " of its configuration; generation ", daemon.config_generation(),
                      keys.empty() ? " is in force" : absl::StrCat(" differs in ", keys),
                      "; 'hob restart ", daemon.name(), "' applies it");
}

std::string EndOfHold(const Session& session, const v1::Daemon& daemon) {
  if (!daemon.hold().has_expire_time()) return "it is released";
  const absl::Time end = ToTime(daemon.hold().expire_time());
  return absl::StrCat("the hold expires, ",
                      FormatShortTime(end, session.Now(), session.environment().zone), " (in ",
                      FormatAge(end - session.Now()), "), or is released");
}

std::string NextStartOf(const Session& session, const v1::Daemon& daemon) {
  if (!daemon.has_next_start_time()) return "";
  const std::string time = When(session, daemon.next_start_time());
  if (!daemon.has_hold()) return time;
  const v1::Hold& hold = daemon.hold();
  const bool ends_before =
      hold.has_expire_time() && ToTime(hold.expire_time()) <= ToTime(daemon.next_start_time());
  if (ends_before) return time;
  return absl::StrCat("due ", time, ", but waits until ", EndOfHold(session, daemon),
                      ": 'hob release ", daemon.name(), "'; 'hob start ", daemon.name(),
                      "' starts it now");
}

bool HasDueTrial(const v1::StatusResponse& status) {
  const v1::Daemon& daemon = status.daemon();
  return daemon.state() == v1::Daemon::HALTED && !daemon.has_next_start_time() &&
         Setting(status, "on_halt") == "retry";
}

Table RunTable(const Session& session, const google::protobuf::RepeatedPtrField<v1::Run>& runs) {
  Table table({{"STARTED"}, {"PID", true}, {"UP", true}, {"CPU", true}, {"MEMORY", true}, {"END"}});
  const absl::Time now = session.Now();
  for (const v1::Run& run : runs) {
    const std::string started =
        run.has_start_time()
            ? FormatPreciseTime(ToTime(run.start_time()), now, session.environment().zone)
            : "";
    table.AddRow({{started},
                  {run.pid() == 0 ? "" : absl::StrCat(run.pid())},
                  {UpFor(run, now)},
                  {CpuTime(run)},
                  {PeakMemory(run)},
                  {End(run)}});
  }
  return table;
}

}  // namespace client
}  // namespace hob
