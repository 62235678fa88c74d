#ifndef HOB_SERVER_CONFIG_KEYS_CHECK_TARGET_H_
#define HOB_SERVER_CONFIG_KEYS_CHECK_TARGET_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/daemon/check.h"

namespace hob {

// Parses the value of `check`: `http://HOST:PORT/PATH`, `https://HOST:PORT/PATH`,
// `http+unix:/SOCKET:/PATH`, `tcp:HOST:PORT`, `unix:/SOCKET`, `grpc:HOST:PORT/SERVICE` or
// `exec:/PROGRAM ARGS`. Empty text means no check. InvalidArgument says how to correct the value.
absl::StatusOr<CheckTarget> ParseCheck(absl::string_view text);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_CHECK_TARGET_H_
