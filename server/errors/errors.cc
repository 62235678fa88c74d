#include "server/errors/errors.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/text/printable.h"

namespace hob {
namespace {

using Metadata = std::map<std::string, std::string>;

// Key of the status payload: an opaque URL. The value is the reason followed by the metadata, each
// piece ended by NUL; no text here contains a NUL.
constexpr absl::string_view kPayloadUrl = "hob/ErrorReason";
constexpr char kSeparator = '\0';

// gRPC drops a status over 8 KiB, and a status holds the message twice: once with up to three bytes
// for each of ours, once in base64 in the details.
constexpr size_t kMaxMessageBytes = 1700;
// Limits on the listed errors of a configuration, which leave room for the rest of the message.
constexpr size_t kMaxNamedErrors = 10;
constexpr size_t kMaxErrorBytes = 400;
constexpr size_t kMaxErrorsBytes = 1500;

// Returns at most `limit` bytes of a UTF-8 text, without splitting a character.
absl::string_view Truncate(absl::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (text[limit] & 0xc0) == 0x80) --limit;
  return text.substr(0, limit);
}

absl::Status MakeError(absl::StatusCode code, const std::string& message, absl::string_view reason,
                       const Metadata& metadata) {
  const bool fits = message.size() <= kMaxMessageBytes;
  absl::Status status(code,
                      fits ? message : absl::StrCat(Truncate(message, kMaxMessageBytes), "..."));
  std::string payload(reason);
  for (const auto& [key, value] : metadata) {
    absl::StrAppend(&payload, absl::string_view(&kSeparator, 1), key,
                    absl::string_view(&kSeparator, 1), value);
  }
  status.SetPayload(kPayloadUrl, absl::Cord(payload));
  return status;
}

}  // namespace

ErrorReason GetErrorReason(const absl::Status& status) {
  ErrorReason result;
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return result;
  const std::string text(*payload);
  const std::vector<std::string> pieces = absl::StrSplit(text, kSeparator);
  result.reason = pieces[0];
  for (int i = 1; i + 1 < pieces.size(); i += 2) result.metadata[pieces[i]] = pieces[i + 1];
  return result;
}

absl::Status DaemonNotFound(absl::string_view name, const std::vector<std::string>& near) {
  const std::string suggestion =
      near.empty() ? "" : absl::StrCat("; did you mean ", absl::StrJoin(near, " or "), "?");
  return MakeError(absl::StatusCode::kNotFound,
                   absl::StrCat("there is no daemon '", Printable(name), "'", suggestion),
                   "DAEMON_NOT_FOUND",
                   {{"name", Printable(name)}, {"near", absl::StrJoin(near, " ")}});
}

absl::Status SetIsNoDaemon(absl::string_view name, int instances) {
  const std::string first = absl::StrCat(name, "@1");
  const std::string all =
      instances == 1 ? first : absl::StrCat(first, " to ", name, "@", instances);
  return MakeError(absl::StatusCode::kNotFound,
                   absl::StrCat("'", name, "' is a set of instances: name one of ", all),
                   "DAEMON_NOT_FOUND", {{"name", std::string(name)}, {"near", first}});
}

absl::Status InvalidRequest(absl::string_view field, absl::string_view problem) {
  return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat(field, ": ", problem),
                   "INVALID_REQUEST", {{"field", std::string(field)}});
}

absl::Status MalformedRequest() {
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      "the request cannot be parsed: it is truncated, nested too deeply, or contains text "
      "that is not UTF-8",
      "MALFORMED_REQUEST", {});
}

absl::Status UnknownMethod(absl::string_view method, absl::string_view version) {
  return MakeError(absl::StatusCode::kUnimplemented,
                   absl::StrCat("hobd ", version, " has no method ", Printable(method),
                                ": the server may be older than the client"),
                   "UNKNOWN_METHOD",
                   {{"method", Printable(method)}, {"version", std::string(version)}});
}

absl::Status InvalidSignal(absl::string_view signal) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   absl::StrCat("'", Printable(signal),
                                "' is not a signal: give a name such as HUP or SIGHUP, or a number "
                                "from 1 to 64"),
                   "INVALID_SIGNAL", {{"signal", Printable(signal)}});
}

absl::Status InvalidConfig(const std::vector<std::string>& errors) {
  std::string message =
      absl::StrCat("the configuration has ", errors.size(),
                   errors.size() == 1 ? " error" : " errors", "; the current one stays in force");
  size_t named = 0;
  for (; named < std::min(errors.size(), kMaxNamedErrors); ++named) {
    const absl::string_view error = Truncate(errors[named], kMaxErrorBytes);
    if (message.size() + error.size() > kMaxErrorsBytes) break;
    absl::StrAppend(&message, "\n", error);
  }
  if (named < errors.size()) {
    absl::StrAppend(&message, "\n... and ", errors.size() - named,
                    " more: `hob reload --dry-run` shows all");
  }
  return MakeError(absl::StatusCode::kInvalidArgument, message, "INVALID_CONFIG",
                   {{"errors", absl::StrCat(errors.size())}});
}

absl::Status NotRunning(absl::string_view daemon, absl::string_view state) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("'", daemon, "' is ", state, ": it has no process to signal"),
                   "NOT_RUNNING", {{"daemon", std::string(daemon)}, {"state", std::string(state)}});
}

absl::Status NotKept(absl::string_view daemon, absl::string_view why) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("there is no log of '", daemon, "': ", why), "NOT_KEPT",
                   {{"daemon", std::string(daemon)}});
}

absl::Status StartFailed(absl::string_view daemon, absl::string_view why) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("'", daemon, "' did not come up: ", why), "START_FAILED",
                   {{"daemon", std::string(daemon)}});
}

absl::Status Blocked(absl::string_view daemon, absl::string_view why) {
  return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat("'", daemon, "' ", why),
                   "BLOCKED", {{"daemon", std::string(daemon)}});
}

absl::Status NotRestarted(absl::string_view daemon, absl::string_view why) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("'", daemon, "' was not restarted: ", why, "; it is still running"),
                   "START_FAILED", {{"daemon", std::string(daemon)}, {"still_running", "true"}});
}

absl::Status NotReplaced(absl::string_view daemon, absl::string_view why) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("'", daemon, "' was not restarted: ", why,
                                "; it is still running with its former configuration"),
                   "START_FAILED", {{"daemon", std::string(daemon)}, {"still_running", "true"}});
}

absl::Status RollFailed(absl::string_view name, absl::string_view why) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("the roll of '", name, "' ended: ", why), "ROLL_FAILED",
                   {{"daemon", std::string(name)}});
}

absl::Status Overtaken(absl::string_view daemon, absl::string_view command,
                       absl::string_view later) {
  return MakeError(absl::StatusCode::kAborted,
                   absl::StrCat("the ", command, " of '", daemon, "' was overtaken by a ", later),
                   "OVERTAKEN",
                   {{"command", std::string(command)},
                    {"daemon", std::string(daemon)},
                    {"later", std::string(later)}});
}

absl::Status TimedOut(absl::string_view daemon, absl::string_view command,
                      absl::string_view state) {
  return MakeError(absl::StatusCode::kDeadlineExceeded,
                   absl::StrCat("the ", command, " of '", daemon,
                                "' goes on, nothing is undone; it is ", state, " now"),
                   "TIMED_OUT",
                   {{"command", std::string(command)},
                    {"daemon", std::string(daemon)},
                    {"state", std::string(state)}});
}

absl::Status Unkillable(absl::string_view daemon, absl::string_view reason) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("'", daemon, "' cannot be ended: ", reason,
                                ". The command continues once it is gone"),
                   "UNKILLABLE", {{"daemon", std::string(daemon)}});
}

absl::Status ReadOnlyAddress(absl::string_view method) {
  return MakeError(absl::StatusCode::kPermissionDenied,
                   absl::StrCat(method,
                                " makes changes, but a TCP address serves only read-only methods: "
                                "use the Unix socket"),
                   "READ_ONLY_ADDRESS", {{"method", std::string(method)}});
}

absl::Status InvalidResumeToken(absl::string_view token) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   absl::StrCat("resume_token: '", Printable(token),
                                "' was not sent by a Watch: omit it to start with the "
                                "current state"),
                   "INVALID_RESUME_TOKEN", {{"token", Printable(token)}});
}

absl::Status ResumeTokenTooOld(absl::string_view why) {
  return MakeError(absl::StatusCode::kOutOfRange,
                   absl::StrCat("the changes since resume_token are no longer known: ", why,
                                "; omit it to start with the current state"),
                   "RESUME_TOKEN_TOO_OLD", {{"why", std::string(why)}});
}

absl::Status NoRoom(absl::string_view problem) {
  return MakeError(absl::StatusCode::kResourceExhausted, std::string(problem), "NO_ROOM", {});
}

absl::Status StateNotWritable(absl::string_view path, absl::string_view why) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("cannot write ", path, ": ", why,
                                "; state_dir must exist, be writable and have room"),
                   "STATE_NOT_WRITABLE", {{"path", std::string(path)}, {"why", std::string(why)}});
}

absl::Status ShuttingDown() {
  return MakeError(absl::StatusCode::kUnavailable, "the server is shutting down", "SHUTTING_DOWN",
                   {});
}

}  // namespace hob
