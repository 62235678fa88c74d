#include "client/verbs/signal.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "client/calls.h"
#include "client/escape.h"
#include "client/verbs/daemon_targets.h"
#include "server/daemon/signal_name.h"
#include "server/text/printable.h"

namespace hob {
namespace client {
namespace {

class SignalVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"signal", "", "Send a signal to daemons", Arguments::kSignalAndDaemons};
  }

  void Define(CLI::App& command) override {
    command.add_option("SIG", signal_, "The signal: HUP, SIGHUP, RTMIN+3 or 1 to 64")
        ->type_name("")
        ->required();
    targets_.Define(command);
    command.add_flag("--tree", tree_,
                     "Everything that the daemon started, not its main process alone");
  }

  ExitCode Run(Session& session) override {
    const absl::optional<int> number = ParseSignal(signal_);
    if (!number.has_value()) {
      return session.Fail(absl::InvalidArgumentError(absl::StrCat(
          "'", Printable(signal_), "' is not a signal: write HUP, SIGHUP, RTMIN+3 or 1 to 64")));
    }
    const absl::StatusOr<std::vector<std::string>> names = targets_.Resolve(session);
    if (!names.ok()) return session.Fail(names.status());
    if (names->empty()) session.Tell("the server has no daemons");
    const auto outcomes = CallForEach<v1::SignalRequest, v1::SignalResponse>(
        **session.Server(), &v1::Supervisor::StubInterface::async_interface::Signal,
        Requests(*names), kReadTimeout,
        ShowProgress(session, "signalling", static_cast<int>(names->size())));
    return ShowOutcomes<v1::SignalResponse>(
        session, *names, outcomes, [&](const v1::SignalResponse& response) {
          session.Print(absl::StrCat(Escape(response.daemon().name()), ": ", SignalName(*number),
                                     tree_ ? " sent to everything under pid " : " sent to pid ",
                                     response.daemon().pid(), "\n"));
        });
  }

 private:
  std::vector<v1::SignalRequest> Requests(const std::vector<std::string>& names) const {
    std::vector<v1::SignalRequest> requests;
    for (const std::string& name : names) {
      v1::SignalRequest request;
      request.set_name(name);
      request.set_signal(signal_);
      request.set_all(tree_);
      requests.push_back(std::move(request));
    }
    return requests;
  }

  std::string signal_;
  DaemonTargets targets_;
  bool tree_ = false;
};

}  // namespace

std::unique_ptr<Verb> MakeSignalVerb() { return std::make_unique<SignalVerb>(); }

}  // namespace client
}  // namespace hob
