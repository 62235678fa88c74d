#include "server/rpc/unknown_methods.h"

#include "absl/strings/match.h"
#include "server/errors/errors.h"
#include "server/rpc/status.h"
#include "server/version/version.h"

namespace hob {
namespace {

// A call that fails before it has begun.
class FailedCall : public grpc::ServerGenericBidiReactor {
 public:
  explicit FailedCall(const absl::Status& status) { Finish(ToGrpcStatus(status)); }

 private:
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerGenericBidiReactor* UnknownMethods::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  return new FailedCall(UnknownMethod(context->method(), kVersion));
}

bool IsOfUnknownMethod(const grpc::experimental::ServerRpcInfo& call) {
  // gRPC takes them for streams in both directions; of those there is only reflection's.
  return call.type() == grpc::experimental::ServerRpcInfo::Type::BIDI_STREAMING &&
         !absl::StartsWith(call.method(), "/grpc.reflection.");
}

}  // namespace hob
