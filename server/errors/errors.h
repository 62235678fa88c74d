// Every failure that a user can meet over RPC, one factory each: the code is chosen here and
// nowhere else, the message says what was wrong with which thing and what to do, and the reason
// rides along for google.rpc.ErrorInfo. Must not know gRPC or protos.
#ifndef HOB_SERVER_ERRORS_ERRORS_H_
#define HOB_SERVER_ERRORS_ERRORS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace hob {

// The machine-readable side of an error; the names are those of google.rpc.ErrorInfo.
struct ErrorReason {
  // UPPER_SNAKE_CASE.
  std::string reason;
  // Whatever varies in the message.
  std::map<std::string, std::string> metadata;
};

// The reason of an error made by a factory below; empty `reason` for any other status.
ErrorReason GetErrorReason(const absl::Status& status);

// NOT_FOUND. `near` are names that the user may have meant.
absl::Status DaemonNotFound(absl::string_view name, const std::vector<std::string>& near);

// INVALID_ARGUMENT: the field `field` of a request; `problem` is a sentence without it.
absl::Status InvalidRequest(absl::string_view field, absl::string_view problem);

// INVALID_ARGUMENT: what came is no request of the method.
absl::Status MalformedRequest();

// UNIMPLEMENTED: this server, of version `version`, has no method `method`
// ("/package.Service/Name").
absl::Status UnknownMethod(absl::string_view method, absl::string_view version);

// INVALID_ARGUMENT: `signal` is none.
absl::Status InvalidSignal(absl::string_view signal);

// INVALID_ARGUMENT: `errors` (each "file:line: message") in the configuration; the first ones are
// named.
absl::Status InvalidConfig(const std::vector<std::string>& errors);

// FAILED_PRECONDITION: there is no live instance; `state` says what there is.
absl::Status NotRunning(absl::string_view daemon, absl::string_view state);

// FAILED_PRECONDITION: nothing is kept of what the daemon writes, or not of the stream that was
// asked for; `why` is a sentence that names the keys.
absl::Status NotKept(absl::string_view daemon, absl::string_view why);

// FAILED_PRECONDITION: the instance that was to come up did not; `why` is a sentence.
absl::Status StartFailed(absl::string_view daemon, absl::string_view why);

// FAILED_PRECONDITION (START_FAILED as well): it is certain beforehand that a new instance cannot
// start, so the present one was left alone and is still running; `why` is a sentence.
absl::Status NotRestarted(absl::string_view daemon, absl::string_view why);

// The same for a reload: the present instance keeps running with its former configuration.
absl::Status NotReplaced(absl::string_view daemon, absl::string_view why);

// ABORTED: the command `later` came before the outcome of `command`.
absl::Status Overtaken(absl::string_view daemon, absl::string_view command,
                       absl::string_view later);

// DEADLINE_EXCEEDED: `command` is still going on, in state `state`.
absl::Status TimedOut(absl::string_view daemon, absl::string_view command, absl::string_view state);

// FAILED_PRECONDITION: KILL does not end something of the daemon, and nothing more can be done
// about it from here; `reason` is that of the daemon, which says why.
absl::Status Unkillable(absl::string_view daemon, absl::string_view reason);

// PERMISSION_DENIED: `method` changes something and came over TCP.
absl::Status ReadOnlyAddress(absl::string_view method);

// INVALID_ARGUMENT: `token` is none that a Watch of this server has sent.
absl::Status InvalidResumeToken(absl::string_view token);

// OUT_OF_RANGE: the changes after a resume token are not known any more; `why` is a sentence.
absl::Status ResumeTokenTooOld(absl::string_view why);

// RESOURCE_EXHAUSTED: the machine has no room for what was asked; `problem` is a sentence.
absl::Status NoRoom(absl::string_view problem);

// UNAVAILABLE: the server is stopping.
absl::Status ShuttingDown();

}  // namespace hob

#endif  // HOB_SERVER_ERRORS_ERRORS_H_
