#ifndef HOB_SERVER_RPC_LIST_BYTES_H_
#define HOB_SERVER_RPC_LIST_BYTES_H_

#include <string>

#include "absl/time/time.h"
#include "server/registry/registry.h"

namespace hob {

// The answer to a List, a ListResponse as it goes over the wire. Put together from the bytes of
// each daemon, which are made once and kept with its snapshot: most daemons have not changed since
// they were listed last, and to convert and encode them is all that a List costs. `wall_step` is
// Clock::WallStep; when the wall clock was set, all bytes are made anew.
std::string ListBytes(const Registry::Page& page, absl::Duration wall_step);

}  // namespace hob

#endif  // HOB_SERVER_RPC_LIST_BYTES_H_
