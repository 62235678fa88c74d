#include "server/rpc/list_bytes.h"

#include <memory>
#include <vector>

#include "hob/v1/supervisor.pb.h"
#include "server/daemon/shown_times.h"
#include "server/rpc/convert.h"

namespace hob {
namespace {

// A whole answer with one daemon: answers one after the other are the answer with all of them,
// because that is how a repeated field is written.
std::string Encode(const DaemonSnapshot& daemon) {
  v1::ListResponse response;
  ToProto(daemon, *response.add_daemons());
  return response.SerializeAsString();
}

}  // namespace

std::string ListBytes(const Registry::Page& page, absl::Duration wall_step) {
  std::vector<std::shared_ptr<const std::string>> pieces;
  pieces.reserve(page.daemons.size());
  size_t size = 0;
  for (const DaemonSnapshotPtr& daemon : page.daemons) {
    pieces.push_back(
        daemon->encoded.GetOrMake([&] { return Encode(*WithShownTimes(daemon, wall_step)); },
                                  absl::ToInt64Nanoseconds(wall_step)));
    size += pieces.back()->size();
  }
  std::string end;
  if (page.more) {
    v1::ListResponse rest;
    rest.set_next_page_token(page.daemons.back()->name());
    end = rest.SerializeAsString();
  }
  std::string bytes;
  bytes.reserve(size + end.size());
  for (const auto& piece : pieces) bytes += *piece;
  return bytes += end;
}

}  // namespace hob
