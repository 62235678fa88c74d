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

// The rates at which processes fail to report that they are ready or alive, in a hundred.
struct ReadinessFaults {
  // The process never reports that it is ready, or reports it late.
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
  // Makes a notifier for an instance without a socket, which sends nothing.
  Notifier() = default;
  // Draws the messages and their times. Messages of an earlier instance to the same socket do not
  // count.
  Notifier(const SpawnRequest& request, const ReadinessFaults& readiness, Nanos now,
           Random& random);

  // True if there is a socket.
  bool has_socket() const { return !path_.empty(); }

  // Returns when it next sends something by itself; kInfinite if never.
  Nanos next() const { return ready_at_ < alive_at_ ? ready_at_ : alive_at_; }
  // Sends the messages due at `now`. If the process is `mute`, delays readiness and drops the
  // others. True if it sent something.
  bool SendUntil(Nanos now, bool mute);

  // Sends a message, from a process of the instance if `is_own`. True if the socket took it.
  bool Send(const NotifyMessage& message, bool is_own);

  // Called when hob has read the next datagram and asks who sent it. Returns the message if the
  // instance sent it.
  absl::optional<NotifyMessage> Received();

  // Returns the number of messages that hob has not read yet.
  int unread() const { return static_cast<int>(unread_.size()); }
  // True if the instance has reported that it is ready.
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
  // The number of watchdog messages left to send.
  int alive_left_ = 0;
  bool said_ready_ = false;
  std::deque<Sent> unread_;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_NOTIFIER_H_
