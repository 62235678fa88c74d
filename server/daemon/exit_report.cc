#include "server/daemon/exit_report.h"

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/daemon/signal_name.h"

namespace hob {
namespace {

// True for the steps that make something in the run_dir or in hob's control group.
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

}  // namespace hob
