#ifndef HOB_SERVER_DAEMON_CALLER_H_
#define HOB_SERVER_DAEMON_CALLER_H_

#include <string>

namespace hob {

// Says who asks for something. A plain value.
struct Caller {
  enum class Kind {
    // The server itself: at its boot and its end, for a reload, on a signal.
    kServer,
    // A client of a Unix socket; owner and mode of the socket's file say who may connect.
    kUnix,
    // A client of a TCP address, which everyone on the machine can reach.
    kTcp,
  };

  static Caller Server() { return {Kind::kServer, ""}; }

  Kind kind;
  // The client's address as gRPC writes it: "unix:", "ipv4:127.0.0.1:4711"; empty for kServer.
  std::string address;
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_CALLER_H_
