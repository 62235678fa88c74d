#ifndef HOB_SERVER_RPC_WATCH_H_
#define HOB_SERVER_RPC_WATCH_H_

#include <grpcpp/support/server_callback.h>

#include "hob/v1/supervisor.grpc.pb.h"
#include "server/clock/clock.h"
#include "server/registry/change_notifier.h"
#include "server/registry/registry.h"

namespace hob {

// Answers a Watch from the registry's changes, until the client goes away or the notifier ends.
// Everything but `request` outlives the call.
grpc::ServerWriteReactor<v1::WatchResponse>* Watch(const Registry& registry,
                                                   ChangeNotifier& notifier,
                                                   const v1::WatchRequest& request,
                                                   const Clock& clock = Clock::Real());

}  // namespace hob

#endif  // HOB_SERVER_RPC_WATCH_H_
