// The exit codes of `hob`.
#ifndef HOB_CLIENT_EXIT_CODE_H_
#define HOB_CLIENT_EXIT_CODE_H_

#include "absl/status/status.h"

namespace hob {
namespace client {

// The exit code of hob; the README lists the codes for scripts.
enum class ExitCode {
  // Everything that was requested has been done.
  kDone = 0,
  // The request failed, or the output could not be written.
  kFailed = 1,
  // The command line is wrong.
  kUsage = 2,
  // Only `status`: a wanted or named daemon neither runs nor has completed.
  kNotRunning = 3,
  // The caller may not use the socket, or the method.
  kNoPermission = 4,
  // A named daemon does not exist.
  kNoSuchDaemon = 5,
  // The operation did not finish in time; it goes on.
  kTimedOut = 6,
  // The server is not reachable, or is shutting down.
  kUnreachable = 7,
};

// Only `status`: the state of a daemon is unknown, because there is no such daemon or the server
// does not answer. The same number as kNoPermission.
inline constexpr ExitCode kStatusUnknown = ExitCode::kNoPermission;

// Only `health`, for probes and monitoring plugins; 0 means serving. Degraded: the server serves,
// but a wanted daemon is neither up nor completed, or a daemon's output cannot be logged. Not
// serving: the server, or the named daemon, does not serve. Unknown: no answer.
inline constexpr ExitCode kHealthDegraded = ExitCode::kFailed;
inline constexpr ExitCode kHealthNotServing = ExitCode::kUsage;
inline constexpr ExitCode kHealthUnknown = ExitCode::kNotRunning;

// Returns the code for a failure, by its canonical code; kFailed for canonical codes without one.
ExitCode ExitCodeFor(const absl::Status& status);

// Returns the combined code of two outcomes, for daemons that fail differently. The more urgent one
// wins, in this order: kUnreachable, kNoPermission, kNoSuchDaemon, kUsage, kFailed, kTimedOut,
// kNotRunning, kDone.
ExitCode Worse(ExitCode a, ExitCode b);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_EXIT_CODE_H_
