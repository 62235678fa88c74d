// What `hob` exits with.
#ifndef HOB_CLIENT_EXIT_CODE_H_
#define HOB_CLIENT_EXIT_CODE_H_

#include "absl/status/status.h"

namespace hob {
namespace client {

// How hob ends; README lists the codes for scripts.
enum class ExitCode {
  // Everything that was asked for is done.
  kDone = 0,
  // It failed, or the output could not be written.
  kFailed = 1,
  // The command line is wrong.
  kUsage = 2,
  // Only `status`: a daemon that is wanted, or was named, neither runs nor has completed.
  kNotRunning = 3,
  // No right to the socket, or to the method.
  kNoPermission = 4,
  // No such daemon.
  kNoSuchDaemon = 5,
  // Not finished in time; it goes on.
  kTimedOut = 6,
  // The server is not reachable, or is shutting down.
  kUnreachable = 7,
};

// Only `status`: nothing is known of a daemon, because there is none or the server does not tell.
// The same number as kNoPermission.
inline constexpr ExitCode kStatusUnknown = ExitCode::kNoPermission;

// Only `health`, as probes and monitoring plugins take it. Degraded: the server is fine, and a
// daemon that is wanted neither is up nor has completed, or what a daemon writes cannot be kept.
// Not serving: the server or the daemon that was asked for. Unknown: no answer. 0 is serving.
inline constexpr ExitCode kHealthDegraded = ExitCode::kFailed;
inline constexpr ExitCode kHealthNotServing = ExitCode::kUsage;
inline constexpr ExitCode kHealthUnknown = ExitCode::kNotRunning;

// The code for a failure: by its canonical code, kFailed for those without one of their own.
ExitCode ExitCodeFor(const absl::Status& status);

// The code for two outcomes together, when several daemons fail differently. The one that says most
// about what to do first wins: kUnreachable, kNoPermission, kNoSuchDaemon, kUsage, kFailed,
// kTimedOut, kNotRunning, kDone.
ExitCode Worse(ExitCode a, ExitCode b);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_EXIT_CODE_H_
