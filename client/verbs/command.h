// What `start`, `stop` and `restart` have in common: one call for each daemon, all at once, each of
// which waits for the outcome.
#ifndef HOB_CLIENT_VERBS_COMMAND_H_
#define HOB_CLIENT_VERBS_COMMAND_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/calls.h"
#include "client/format.h"
#include "client/verbs/daemon_targets.h"
#include "client/verbs/verb.h"
#include "server/text/duration.h"

namespace hob {
namespace client {

// --timeout and --no-wait.
struct Waiting {
  // Empty when it is not given: kDefaultTimeout.
  std::string timeout_text;
  bool no_wait = false;

  void Define(CLI::App& command);
  // How long to wait for the outcome. InvalidArgument when `timeout_text` is not a duration greater
  // than 0, or is given with `no_wait`.
  absl::StatusOr<absl::Duration> Timeout() const;
};

// How long a command waits for its outcome without --timeout.
inline constexpr absl::Duration kDefaultTimeout = absl::Seconds(30);

// The server ends a call that waits at the time-out and says what goes on; the client waits that
// much longer for it to say so.
inline constexpr absl::Duration kAnswerGrace = absl::Seconds(5);

template <typename Request, typename Response>
class CommandVerb : public Verb {
 public:
  // `doing` is the word for its progress: "restarting".
  CommandVerb(VerbInfo info, std::string doing, Method<Request, Response> method)
      : info_(std::move(info)), doing_(std::move(doing)), method_(method) {}

  VerbInfo info() const override { return info_; }

  void Define(CLI::App& command) override {
    targets_.Define(command);
    waiting_.Define(command);
  }

  ExitCode Run(Session& session) override {
    const absl::StatusOr<absl::Duration> timeout = waiting_.Timeout();
    if (!timeout.ok()) return session.Fail(timeout.status());
    const absl::StatusOr<std::vector<std::string>> names = targets_.Resolve(session);
    if (!names.ok()) return session.Fail(names.status());
    if (names->empty()) session.Tell("the server has no daemons");
    const std::vector<Outcome<Response>> outcomes = CallForEach<Request, Response>(
        **session.Server(), method_, Requests(*names, *timeout),
        waiting_.no_wait ? kReadTimeout : *timeout + kAnswerGrace,
        ShowProgress(session, doing_, static_cast<int>(names->size())));
    return ShowOutcomes<Response>(session, *names, outcomes, [&](const Response& response) {
      session.Print(Summary(session, response.daemon()));
    });
  }

 private:
  std::vector<Request> Requests(const std::vector<std::string>& names,
                                absl::Duration timeout) const {
    std::vector<Request> requests;
    for (const std::string& name : names) {
      Request request;
      request.set_name(name);
      request.set_no_wait(waiting_.no_wait);
      if (!waiting_.no_wait) *request.mutable_timeout() = ToProto(timeout);
      requests.push_back(std::move(request));
    }
    return requests;
  }

  const VerbInfo info_;
  const std::string doing_;
  const Method<Request, Response> method_;
  DaemonTargets targets_;
  Waiting waiting_;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_COMMAND_H_
