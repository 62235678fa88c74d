// Shows how commands to daemons ended.
#ifndef HOB_CLIENT_VERBS_COMMAND_OUTPUT_H_
#define HOB_CLIENT_VERBS_COMMAND_OUTPUT_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/exit_code.h"
#include "client/session.h"
#include "client/supervisor_client.h"
#include "hob/v1/supervisor.pb.h"

namespace hob {
namespace client {

// Returns "; held by alice (uid 1001): disk swap", escaped; empty for a daemon that is not held.
std::string HeldBy(const Session& session, const v1::Daemon& daemon);

// Returns a description of a daemon after a command: "web: RUNNING, pid 123", with its hold.
// Escaped, coloured for the session's terminal.
std::string Summary(const Session& session, const v1::Daemon& daemon);

// Reports a failed call for `name`; returns its exit code.
ExitCode TellFailure(Session& session, const std::string& name, const absl::Status& failure,
                     bool connection_broke);

// Reports each failure as "hob: NAME: MESSAGE" and passes every other response to `show`, in the
// order of `names`. Returns the code for all of them.
template <typename Response>
ExitCode ShowOutcomes(Session& session, const std::vector<std::string>& names,
                      const std::vector<Outcome<Response>>& outcomes,
                      const std::function<void(const Response&)>& show) {
  ExitCode code = ExitCode::kDone;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome<Response>& outcome = outcomes[i];
    if (!outcome.status.ok()) {
      code = Worse(code, TellFailure(session, names[i], outcome.status, outcome.connection_broke));
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

#endif  // HOB_CLIENT_VERBS_COMMAND_OUTPUT_H_
