#include "server/daemon/caller.h"

#include "absl/strings/str_cat.h"
#include "server/text/printable.h"

namespace hob {

std::string ByCaller(const Caller& caller) {
  return absl::StrCat("by ", caller.name, caller.reason.empty() ? "" : ": ",
                      Printable(caller.reason, kMaxReasonCharacters));
}

}  // namespace hob
