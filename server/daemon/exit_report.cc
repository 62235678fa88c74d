#include "server/daemon/exit_report.h"

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "server/daemon/signal_name.h"

namespace hob {
namespace {

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
  return error_number == EAGAIN || error_number == ENOMEM || error_number == EMFILE ||
         error_number == ENFILE;
}

std::string DescribeEnd(const EndOfProcess& end) { return absl::visit(Describe{}, end); }

}  // namespace hob
