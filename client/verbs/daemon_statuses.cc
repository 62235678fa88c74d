#include "client/verbs/daemon_statuses.h"

#include <utility>

#include "client/calls.h"
#include "client/name_resolution.h"
#include "client/rpc_status.h"

namespace hob {
namespace client {

absl::StatusOr<std::vector<v1::StatusResponse>> FetchStatuses(
    Session& session, const std::vector<std::string>& patterns) {
  const absl::StatusOr<v1::Supervisor::Stub*> server = session.Server();
  if (!server.ok()) return server.status();
  const absl::StatusOr<std::vector<std::string>> names = ResolveNamesForCalls(**server, patterns);
  if (!names.ok()) return names.status();
  std::vector<v1::StatusRequest> requests(names->size());
  for (size_t i = 0; i < requests.size(); ++i) requests[i].set_name((*names)[i]);
  auto outcomes = CallForEach<v1::StatusRequest, v1::StatusResponse>(
      **server, &v1::Supervisor::StubInterface::async_interface::Status, requests, kReadTimeout,
      [](int) {});
  std::vector<v1::StatusResponse> responses;
  for (Outcome<v1::StatusResponse>& outcome : outcomes) {
    if (!outcome.status.ok()) return ToStatus(outcome.status);
    responses.push_back(std::move(outcome.response));
  }
  return responses;
}

}  // namespace client
}  // namespace hob
