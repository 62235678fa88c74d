#include "server/daemon/hold.h"

#include "absl/strings/str_cat.h"
#include "server/daemon/caller.h"

namespace hob {

std::string DescribeHold(const Hold& hold) {
  return absl::StrCat("held ", ByCaller({Caller::Kind::kUser, hold.owner, hold.reason}));
}

}  // namespace hob
