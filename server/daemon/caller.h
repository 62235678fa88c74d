#ifndef HOB_SERVER_DAEMON_CALLER_H_
#define HOB_SERVER_DAEMON_CALLER_H_

#include <string>

namespace hob {

// Identifies the sender of a request. A plain value.
struct Caller {
  enum class Kind {
    // The server itself: at boot and shutdown, for a reload, or on a signal.
    kServer,
    // A client of a Unix socket; the owner and mode of the socket's file decide who may connect.
    kUnix,
    // A client of a TCP address, which every user of the machine can reach.
    kTcp,
  };

  static Caller Server() { return {Kind::kServer, ""}; }

  Kind kind;
  // The client's address as gRPC writes it: "unix:", "ipv4:127.0.0.1:4711"; empty for kServer.
  std::string address;
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_CALLER_H_
