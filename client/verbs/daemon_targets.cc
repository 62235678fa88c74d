#include "client/verbs/daemon_targets.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/name_resolution.h"
#include "client/rpc_status.h"

namespace hob {
namespace client {

void DaemonTargets::Define(CLI::App& command) {
  DefineList(command, "NAME", "Names of daemons, and globs (*, ?, [a-z]) on them", false, patterns);
  command.add_flag("--all", all, "Every daemon of the server");
}

absl::Status DaemonTargets::Check() const {
  if (all && !patterns.empty()) {
    return absl::InvalidArgumentError("--all means every daemon: give it or names, not both");
  }
  if (!all && patterns.empty()) {
    return absl::InvalidArgumentError("which daemons? Give names, globs or --all");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> DaemonTargets::Resolve(Session& session) const {
  const absl::Status status = Check();
  if (!status.ok()) return status;
  absl::StatusOr<std::vector<std::string>> names = ResolveNamesForCalls(session, patterns);
  if (!names.ok()) return names;
  // The call that the names are for comes next, and Server cannot fail any more.
  if (const auto server = session.Server(); !server.ok()) return server.status();
  return names;
}

Progress ShowProgress(Session& session, const std::string& doing, int total) {
  if (!session.environment().err_terminal.is_terminal || total < 2) return [](int) {};
  return [&session, doing, total](int done) {
    std::ostream& err = *session.environment().err;
    // Each line takes the place of the one before; the last one leaves the line empty.
    err << "\r\x1b[K";
    if (done < total) err << doing << " " << done << "/" << total;
    err << std::flush;
  };
}

std::string Summary(const Session& session, const v1::Daemon& daemon) {
  std::string text = absl::StrCat(
      Escape(daemon.name()), ": ",
      Paint(StateName(daemon.state()), StateColour(daemon.state()), session.terminal()));
  if (daemon.pid() != 0) absl::StrAppend(&text, ", pid ", daemon.pid());
  // Behind who stopped it, the reason says how many processes had to be killed.
  const size_t more = daemon.reason().find("; ");
  if (daemon.state() == v1::Daemon::STOPPED && more != std::string::npos) {
    absl::StrAppend(&text, Escape(daemon.reason().substr(more)));
  }
  return absl::StrCat(text, "\n");
}

ExitCode TellFailure(Session& session, const std::string& name, const grpc::Status& status) {
  const absl::Status failure = ToStatus(status);
  std::string text(failure.message());
  if (IsBrokenConnection(status)) {
    absl::StrAppend(&text, "; it may have done what it was asked for: see 'hob status ", name, "'");
  }
  absl::string_view message = text;
  absl::ConsumePrefix(&message, absl::StrCat(name, ": "));
  // The server's sentence about a daemon that is not there names it.
  if (absl::IsNotFound(failure)) {
    session.Tell(message);
  } else {
    session.Tell(absl::StrCat(name, ": ", message));
  }
  return ExitCodeFor(failure);
}

}  // namespace client
}  // namespace hob
