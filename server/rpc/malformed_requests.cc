#include "server/rpc/malformed_requests.h"

#include "server/errors/errors.h"
#include "server/rpc/status.h"

namespace hob {
namespace {

using grpc::experimental::InterceptionHookPoints;

// One call.
class Call : public grpc::experimental::Interceptor {
 public:
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE) &&
        methods->GetRecvMessage() == nullptr) {
      malformed_ = true;
    }
    if (malformed_ &&
        methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      methods->ModifySendStatus(ToGrpcStatus(MalformedRequest()));
    }
    methods->Proceed();
  }

 private:
  bool malformed_ = false;
};

class Factory : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    // A stream of requests ends with a message that is none.
    const bool has_one_request =
        info->type() == grpc::experimental::ServerRpcInfo::Type::UNARY ||
        info->type() == grpc::experimental::ServerRpcInfo::Type::SERVER_STREAMING;
    return has_one_request ? new Call : nullptr;
  }
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> AnswerMalformedRequests() {
  return std::make_unique<Factory>();
}

}  // namespace hob
