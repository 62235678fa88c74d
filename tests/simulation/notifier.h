#ifndef HOB_TESTS_SIMULATION_NOTIFIER_H_
#define HOB_TESTS_SIMULATION_NOTIFIER_H_

#include <deque>
#include <string>

#include "absl/types/optional.h"
#include "server/process/process.h"
#include "tests/simulation/kernel_witness.h"
#include "tests/simulation/random.h"
#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// How often processes fail to say that they are ready or alive, in a hundred.
struct ReadinessFaults {
  // The process never says that it is ready, or says it late.
  int never_ready = 10;
  int late_ready = 40;
  // It stops sending its watchdog messages.
  int falls_silent = 40;
};

// Sends the sd_notify(3) messages of one instance with ready = notify through the real socket. This
// process sends all of them, and remembers which of them are the instance's own.
//
// Not thread-safe.
class Notifier {
 public:
  // For an instance without a socket: sends nothing.
  Notifier() = default;
  // Draws what to send, and when. Messages of an earlier instance to the same socket do not count.
  Notifier(const SpawnRequest& request, const ReadinessFaults& readiness, Nanos now,
           Random& random);

  // True if there is a socket.
  bool has_socket() const { return !path_.empty(); }

  // Returns when it next sends something by itself; kInfinite if never.
  Nanos next() const { return ready_at_ < alive_at_ ? ready_at_ : alive_at_; }
  // Sends what is due at `now`; nothing if the process is `mute`, for which time goes by. True if
  // it sent something.
  bool SendUntil(Nanos now, bool mute);

  // Sends a message, from a process of the instance if `is_own`. True if the socket took it.
  bool Send(const NotifyMessage& message, bool is_own);

  // Called when hob has read the next datagram and asks who sent it. Returns the message if the
  // instance sent it.
  absl::optional<NotifyMessage> Received();

  // Returns how many messages hob has not read yet.
  int unread() const { return static_cast<int>(unread_.size()); }
  // True if the instance has said that it is ready.
  bool has_signalled_ready() const { return said_ready_; }

 private:
  struct Sent {
    NotifyMessage message;
    bool is_own = false;
  };

  std::string path_;
  Nanos ready_at_ = kInfinite;
  Nanos alive_at_ = kInfinite;
  Nanos alive_every_ = 0;
  // How many watchdog messages it still sends.
  int alive_left_ = 0;
  bool said_ready_ = false;
  std::deque<Sent> unread_;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_NOTIFIER_H_
