// Which daemons a verb that acts is for.
#ifndef HOB_CLIENT_VERBS_DAEMON_TARGETS_H_
#define HOB_CLIENT_VERBS_DAEMON_TARGETS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/calls.h"
#include "client/session.h"
#include "client/verbs/verb.h"
#include "hob/v1/supervisor.grpc.pb.h"

namespace hob {
namespace client {

// NAME... and --all.
struct DaemonTargets {
  std::vector<std::string> patterns;
  bool all = false;

  void Define(CLI::App& command);
  // InvalidArgument unless exactly one of the two is given.
  absl::Status Check() const;
  // The names that are meant. Blocks. Errors of Check, Session::Server and ResolveNames.
  absl::StatusOr<std::vector<std::string>> Resolve(Session& session) const;
};

// Shows "restarting 12/100" on standard error while several calls are under way, when that is a
// terminal; nothing else. `doing` is the word in front. The session outlives the result.
Progress ShowProgress(Session& session, const std::string& doing, int total);

// Tells each failure as "hob: NAME: MESSAGE" and hands each other response to `show`, in the order
// of `names`. Returns the code for all of them.
template <typename Response>
ExitCode ShowOutcomes(Session& session, const std::vector<std::string>& names,
                      const std::vector<Outcome<Response>>& outcomes,
                      const std::function<void(const Response&)>& show);

// One line about a daemon after a command: "web: RUNNING, pid 123\n". Escaped, coloured for the
// session's terminal.
std::string Summary(const Session& session, const v1::Daemon& daemon);

// Tells that a call for `name` failed; returns its exit code.
ExitCode TellFailure(Session& session, const std::string& name, const grpc::Status& status);

template <typename Response>
ExitCode ShowOutcomes(Session& session, const std::vector<std::string>& names,
                      const std::vector<Outcome<Response>>& outcomes,
                      const std::function<void(const Response&)>& show) {
  ExitCode code = ExitCode::kDone;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome<Response>& outcome = outcomes[i];
    if (!outcome.status.ok()) {
      code = Worse(code, TellFailure(session, names[i], outcome.status));
    } else if (session.json()) {
      session.PrintJson(outcome.response);
    } else {
      show(outcome.response);
    }
  }
  return code;
}

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_DAEMON_TARGETS_H_
