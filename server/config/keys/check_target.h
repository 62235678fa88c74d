#ifndef HOB_SERVER_CONFIG_KEYS_CHECK_TARGET_H_
#define HOB_SERVER_CONFIG_KEYS_CHECK_TARGET_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/daemon/check.h"

namespace hob {

// Parses the value of `check`: `http://HOST:PORT/PATH`, `https://HOST:PORT/PATH`,
// `http+unix:/SOCKET:/PATH`, `tcp:HOST:PORT`, `unix:/SOCKET`, `grpc:HOST:PORT/SERVICE` or
// `exec:/PROGRAM ARGS`. An empty text is no check. Sets the fields that describe the target, and
// leaves the times and counts at their defaults. InvalidArgument says what would be right.
absl::StatusOr<CheckTarget> ParseCheck(absl::string_view text);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_CHECK_TARGET_H_
