#ifndef HOB_SERVER_DAEMON_CALLER_H_
#define HOB_SERVER_DAEMON_CALLER_H_

#include <string>

namespace hob {

// Maximum length of Caller::reason.
inline constexpr int kMaxReasonCharacters = 200;

// Identifies the sender of a request, with the reason that it gives. A plain value.
struct Caller {
  enum class Kind {
    // The server itself: at boot and shutdown.
    kServer,
    // A user of this machine: a client of a Unix socket, where the owner and mode of the socket's
    // file decide who may connect, or the sender of a signal.
    kUser,
    // A client of a TCP address, which every user of the machine can reach.
    kTcp,
  };

  static Caller Server() { return {Kind::kServer, "hobd", ""}; }

  Kind kind;
  // The sender for people: "alice (uid 1001)"; for kTcp its address, "127.0.0.1:4711".
  std::string name;
  // Untrusted text for people; may be empty.
  std::string reason;
};

// Returns the sender and its reason in a safe form: "by alice (uid 1001): deploying 4.2".
std::string ByCaller(const Caller& caller);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_CALLER_H_
