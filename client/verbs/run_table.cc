#include "client/verbs/run_table.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "client/format.h"
#include "server/daemon/exit_report.h"

namespace hob {
namespace client {
namespace {

std::string UpFor(const v1::Run& run, absl::Time now) {
  if (!run.has_start_time() || run.pid() == 0) return "";
  const absl::Time end = run.has_exit() ? ToTime(run.exit().time()) : now;
  return FormatAge(end - ToTime(run.start_time()));
}

// Processor time of an ended run, in user mode and in the kernel together.
std::string CpuTime(const v1::Run& run) {
  if (!run.has_user_cpu_time()) return "";
  return FormatAge(ToDuration(run.user_cpu_time()) + ToDuration(run.system_cpu_time()));
}

std::string PeakMemory(const v1::Run& run) {
  return run.peak_memory_bytes() == 0 ? "" : FormatBytes(run.peak_memory_bytes());
}

// Processes of it that hob killed.
std::string Killed(const v1::Run& run) {
  ExitReport report;
  report.requested = run.exit().requested();
  report.verdict = run.verdict();
  report.killed_processes = run.killed_count();
  const std::string killed = DescribeKilled(report);
  return killed.empty() ? "" : absl::StrCat("; ", killed);
}

// How it ended, why hob ended it where it did, and what it said last.
std::string End(const v1::Run& run) {
  if (!run.has_exit()) return "still up";
  return absl::StrCat(
      DescribeExit(run.exit()), run.verdict().empty() ? "" : absl::StrCat("; ", run.verdict()),
      Killed(run),
      run.last_stderr_line().empty() ? "" : absl::StrCat("; last line: ", run.last_stderr_line()));
}

}  // namespace

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
