#include "client/exit_code.h"

namespace hob {
namespace client {
namespace {

int Gravity(ExitCode code) {
  switch (code) {
    case ExitCode::kDone:
      return 0;
    case ExitCode::kNotRunning:
      return 1;
    case ExitCode::kTimedOut:
      return 2;
    case ExitCode::kFailed:
      return 3;
    case ExitCode::kUsage:
      return 4;
    case ExitCode::kNoSuchDaemon:
      return 5;
    case ExitCode::kNoPermission:
      return 6;
    case ExitCode::kUnreachable:
      return 7;
  }
  return 0;
}

}  // namespace

ExitCode ExitCodeFor(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kDone;
    case absl::StatusCode::kInvalidArgument:
      return ExitCode::kUsage;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return ExitCode::kNoPermission;
    case absl::StatusCode::kNotFound:
      return ExitCode::kNoSuchDaemon;
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kTimedOut;
    case absl::StatusCode::kUnavailable:
      return ExitCode::kUnreachable;
    default:
      return ExitCode::kFailed;
  }
}

ExitCode Worse(ExitCode a, ExitCode b) { return Gravity(a) >= Gravity(b) ? a : b; }

}  // namespace client
}  // namespace hob
