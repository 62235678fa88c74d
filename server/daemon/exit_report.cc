#include "server/daemon/exit_report.h"

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/daemon/signal_name.h"

namespace hob {
namespace {

// True for the steps that make files in the run_dir or in hob's control group.
bool MakesFilesOfHob(absl::string_view stage) {
  return stage == "clone" || stage == "notify" || stage == "stdout" || stage == "stderr";
}

struct Describe {
  std::string operator()(const ExitedWithCode& end) const {
    return absl::StrCat("exit code ", end.code);
  }
  std::string operator()(const KilledBySignal& end) const {
    return absl::StrCat("signal ", end.signal, " (", SignalName(end.signal), ")",
                        end.core_dumped ? ", core dumped" : "");
  }
  std::string operator()(const SpawnFailure& end) const {
    return absl::StrCat(end.stage, ": ", end.message);
  }
  std::string operator()(const UnobservedEnd&) const { return "ended unobserved"; }
};

}  // namespace

bool SpawnFailure::IsShortage() const {
  switch (error_number) {
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return true;
    case ENOSPC:
    case EDQUOT:
    case ENOBUFS:
      return MakesFilesOfHob(stage);
    default:
      return false;
  }
}

std::string DescribeEnd(const EndOfProcess& end) { return absl::visit(Describe{}, end); }

std::string DescribeKilled(const ExitReport& report) {
  if (report.killed_processes == 0) return "";
  const bool is_one = report.killed_processes == 1;
  const std::string processes =
      absl::StrCat(report.killed_processes, is_one ? " process" : " processes");
  const char* const killed = is_one ? " was killed" : " were killed";
  const bool was_stopped = report.requested || !report.verdict.empty();
  return was_stopped ? absl::StrCat(processes, " outlived stop_timeout and", killed)
                     : absl::StrCat(processes, " that it left behind", killed);
}

}  // namespace hob
