#include "client/verbs/command_output.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/table.h"

namespace hob {
namespace client {

std::string HeldBy(const Session& session, const v1::Daemon& daemon) {
  if (!daemon.has_hold()) return "";
  return absl::StrCat(
      "; ", Escape(DescribeHold(daemon.hold(), session.Now(), session.environment().zone)));
}

std::string Summary(const Session& session, const v1::Daemon& daemon) {
  std::string text = absl::StrCat(
      Escape(daemon.name()), ": ",
      Paint(StateName(daemon.state()), StateColour(daemon.state()), session.terminal()));
  if (daemon.pid() != 0) absl::StrAppend(&text, ", pid ", daemon.pid());
  // Behind the cause of the stop, the reason counts the killed processes.
  const size_t more = daemon.reason().find("; ");
  if (daemon.state() == v1::Daemon::STOPPED && more != std::string::npos) {
    absl::StrAppend(&text, Escape(daemon.reason().substr(more)));
  }
  return absl::StrCat(text, HeldBy(session, daemon));
}

ExitCode TellFailure(Session& session, const std::string& name, const absl::Status& failure,
                     bool connection_broke) {
  std::string text(failure.message());
  if (connection_broke) {
    absl::StrAppend(&text, "; it may have done what it was asked for: see 'hob status ", name, "'");
  }
  absl::string_view message = text;
  absl::ConsumePrefix(&message, absl::StrCat(name, ": "));
  // The server's message about an unknown daemon contains its name.
  if (absl::IsNotFound(failure)) {
    session.Tell(message);
  } else {
    session.Tell(absl::StrCat(name, ": ", message));
  }
  return ExitCodeFor(failure);
}

}  // namespace client
}  // namespace hob
