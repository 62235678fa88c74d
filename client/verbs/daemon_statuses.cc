#include "client/verbs/daemon_statuses.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/calls.h"
#include "client/name_resolution.h"
#include "server/config/values.h"

namespace hob {
namespace client {

namespace {

std::string Setting(const v1::StatusResponse& status, const std::string& key) {
  const auto found = status.spec().settings().find(key);
  return found == status.spec().settings().end() ? "" : found->second;
}

}  // namespace

absl::StatusOr<std::vector<v1::StatusResponse>> FetchStatuses(
    Session& session, const std::vector<std::string>& patterns) {
  const absl::StatusOr<std::vector<std::string>> names = ResolveNamesForCalls(session, patterns);
  if (!names.ok()) return names.status();
  std::vector<v1::StatusRequest> requests(names->size());
  for (size_t i = 0; i < requests.size(); ++i) requests[i].set_name((*names)[i]);
  std::vector<v1::StatusResponse> responses;
  const absl::Status status = session.Read([&](Connection& connection) {
    responses.clear();
    auto outcomes = CallForEach<v1::StatusRequest, v1::StatusResponse>(
        *connection.stub, &v1::Supervisor::StubInterface::async_interface::Status, requests,
        kReadTimeout, [](int) {});
    for (Outcome<v1::StatusResponse>& outcome : outcomes) {
      if (!outcome.status.ok()) return outcome.status;
      responses.push_back(std::move(outcome.response));
    }
    return grpc::Status::OK;
  });
  if (!status.ok()) return status;
  return responses;
}

bool HasCompleted(const v1::StatusResponse& status) {
  const v1::Daemon& daemon = status.daemon();
  if (daemon.state() != v1::Daemon::EXITED || status.runs().empty()) return false;
  const v1::Run& last = status.runs(0);
  if (last.exit().how_case() != v1::Exit::kExitCode || !last.verdict().empty()) return false;
  const std::vector<std::string> codes = SplitList(Setting(status, "success_exit_codes"));
  const std::string code = absl::StrCat(last.exit().exit_code());
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

std::string LogsOfFailure(const v1::StatusResponse& status) {
  const v1::Daemon& daemon = status.daemon();
  if (daemon.pid() != 0 || !daemon.has_last_exit() || HasCompleted(status)) return "";
  if (daemon.last_exit().requested() || daemon.last_exit().has_spawn_error()) return "";
  if (Setting(status, "stdout") != "log" && Setting(status, "stderr") != "log") return "";
  return absl::StrCat("hob logs ", daemon.name());
}

}  // namespace client
}  // namespace hob
