#ifndef HOB_TESTS_BENCH_SERVER_STUB_H_
#define HOB_TESTS_BENCH_SERVER_STUB_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "hob/v1/supervisor.grpc.pb.h"

namespace hob {
namespace bench {

// Returns a client of the server at `address`, with a connection of its own.
inline std::unique_ptr<v1::Supervisor::Stub> ConnectTo(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return v1::Supervisor::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_SERVER_STUB_H_
