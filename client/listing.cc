#include "client/listing.h"

#include <chrono>

#include "absl/time/time.h"

namespace hob {
namespace client {
namespace {

// The most that the API allows: as few turns as possible.
constexpr int kPageSize = 5000;

grpc::Status ListPages(v1::Supervisor::StubInterface& server, v1::ListRequest request,
                       v1::ListResponse& all) {
  all.Clear();
  do {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kReadTimeout));
    v1::ListResponse page;
    const grpc::Status status = server.List(&context, request, &page);
    if (!status.ok()) return status;
    request.set_page_token(page.next_page_token());
    if (all.daemons().empty()) {
      // Mostly there is one page, and to copy it would take as long as to read it.
      all.Swap(&page);
    } else {
      all.MergeFrom(page);
    }
  } while (!request.page_token().empty());
  all.clear_next_page_token();
  return grpc::Status::OK;
}

}  // namespace

absl::StatusOr<v1::ListResponse> ListDaemons(Session& session,
                                             const std::vector<std::string>& patterns,
                                             const std::vector<v1::Daemon::State>& states) {
  v1::ListRequest request;
  for (const std::string& pattern : patterns) request.add_names(pattern);
  for (const v1::Daemon::State state : states) request.add_states(state);
  request.set_page_size(kPageSize);
  v1::ListResponse all;
  const absl::Status status = session.Read(
      [&](Connection& connection) { return ListPages(*connection.stub, request, all); });
  if (!status.ok()) return status;
  return all;
}

}  // namespace client
}  // namespace hob
