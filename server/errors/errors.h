// One factory for each failure that a user can meet over RPC. Each chooses the code; the message
// states the problem, the object and the remedy; the reason is attached for google.rpc.ErrorInfo.
// Must not know gRPC or protos.
#ifndef HOB_SERVER_ERRORS_ERRORS_H_
#define HOB_SERVER_ERRORS_ERRORS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace hob {

// The machine-readable part of an error; named as in google.rpc.ErrorInfo.
struct ErrorReason {
  // UPPER_SNAKE_CASE.
  std::string reason;
  // The variable parts of the message.
  std::map<std::string, std::string> metadata;
};

// Returns the reason of an error made by a factory below; `reason` is empty for any other status.
ErrorReason GetErrorReason(const absl::Status& status);

// NOT_FOUND. `near` are names that the user may have meant.
absl::Status DaemonNotFound(absl::string_view name, const std::vector<std::string>& near);

// NOT_FOUND: `name` is a set with `instances` instances, and one daemon is asked for.
absl::Status SetIsNoDaemon(absl::string_view name, int instances);

// INVALID_ARGUMENT: the field `field` of a request is wrong; `problem` is a predicate such as "is
// negative".
absl::Status InvalidRequest(absl::string_view field, absl::string_view problem);

// INVALID_ARGUMENT: the request cannot be parsed.
absl::Status MalformedRequest();

// UNIMPLEMENTED: this server, of version `version`, does not have the method `method`
// ("/package.Service/Name").
absl::Status UnknownMethod(absl::string_view method, absl::string_view version);

// INVALID_ARGUMENT: `signal` is not a signal.
absl::Status InvalidSignal(absl::string_view signal);

// INVALID_ARGUMENT: the configuration has `errors` (each "file:line: message"); the message lists
// the first ones.
absl::Status InvalidConfig(const std::vector<std::string>& errors);

// FAILED_PRECONDITION: there is no live instance; `state` is the daemon's state.
absl::Status NotRunning(absl::string_view daemon, absl::string_view state);

// FAILED_PRECONDITION: the daemon's output, or the requested stream, is not logged; `why` is a
// sentence that names the keys.
absl::Status NotKept(absl::string_view daemon, absl::string_view why);

// FAILED_PRECONDITION: the new instance did not come up; `why` is a sentence.
absl::Status StartFailed(absl::string_view daemon, absl::string_view why);

// FAILED_PRECONDITION: the daemon waits for others that will not be up by themselves; `why` is the
// chain to the root cause.
absl::Status Blocked(absl::string_view daemon, absl::string_view why);

// FAILED_PRECONDITION (also START_FAILED): a new instance certainly could not start, so the current
// one was left running; `why` is a sentence.
absl::Status NotRestarted(absl::string_view daemon, absl::string_view why);

// The same for a reload: the current instance keeps running with its previous configuration.
absl::Status NotReplaced(absl::string_view daemon, absl::string_view why);

// FAILED_PRECONDITION: a roll of the set or daemon `name` ended; `why` is a sentence.
absl::Status RollFailed(absl::string_view name, absl::string_view why);

// ABORTED: the command `later` arrived before the outcome of `command`.
absl::Status Overtaken(absl::string_view daemon, absl::string_view command,
                       absl::string_view later);

// DEADLINE_EXCEEDED: `command` is still in progress, in state `state`.
absl::Status TimedOut(absl::string_view daemon, absl::string_view command, absl::string_view state);

// FAILED_PRECONDITION: KILL does not end a process of the daemon, and hob can do no more; `reason`
// is the daemon's reason, with the cause.
absl::Status Unkillable(absl::string_view daemon, absl::string_view reason);

// PERMISSION_DENIED: `method` makes changes and was called over TCP.
absl::Status ReadOnlyAddress(absl::string_view method);

// INVALID_ARGUMENT: `token` was not sent by a Watch of this server.
absl::Status InvalidResumeToken(absl::string_view token);

// OUT_OF_RANGE: the changes since a resume token are no longer kept; `why` is a sentence.
absl::Status ResumeTokenTooOld(absl::string_view why);

// RESOURCE_EXHAUSTED: the machine lacks the resources for the request; `problem` is a sentence.
absl::Status NoRoom(absl::string_view problem);

// FAILED_PRECONDITION: the file `path`, which must outlive the server, cannot be written, because
// of `why`.
absl::Status StateNotWritable(absl::string_view path, absl::string_view why);

// UNAVAILABLE: the server is stopping.
absl::Status ShuttingDown();

}  // namespace hob

#endif  // HOB_SERVER_ERRORS_ERRORS_H_
