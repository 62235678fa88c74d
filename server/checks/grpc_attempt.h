#ifndef HOB_SERVER_CHECKS_GRPC_ATTEMPT_H_
#define HOB_SERVER_CHECKS_GRPC_ATTEMPT_H_

#include <functional>
#include <memory>

#include "server/checks/attempt.h"
#include "server/daemon/check.h"

namespace hob {

// Begins a check of kind kGrpc: asks grpc.health.v1.Health at check.address, over a new connection
// without TLS, until it is destroyed. `wake` is called once, on any thread, when Look has an
// answer, perhaps after the attempt is destroyed; it must not block.
std::unique_ptr<Attempt> BeginGrpcAttempt(const CheckTarget& check, std::function<void()> wake);

}  // namespace hob

#endif  // HOB_SERVER_CHECKS_GRPC_ATTEMPT_H_
