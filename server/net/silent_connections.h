#ifndef HOB_SERVER_NET_SILENT_CONNECTIONS_H_
#define HOB_SERVER_NET_SILENT_CONNECTIONS_H_

#include <poll.h>

#include <deque>
#include <functional>
#include <vector>

#include "absl/time/time.h"
#include "server/clock/clock.h"
#include "server/posix/unique_fd.h"

namespace hob {

// Holds connections whose callers have not sent anything yet. On a busy machine a client may get no
// processor for many seconds between its connect and its first byte; it must not be hung up on for
// that. Callers that only connect must not use up the descriptors either. So the number of silent
// connections is bounded rather than their time: if there are too many, the longest silent one is
// closed.
//
// Not thread-safe: belongs to the thread that polls.
class SilentConnections {
 public:
  // Maximum number of connections held.
  static constexpr int kMaxConnections = 64;
  // Maximum silence, even if there is room.
  static constexpr absl::Duration kMaxSilence = absl::Minutes(1);

  // Takes ownership of a connection whose caller has sent something or has left.
  using Handler = std::function<void(UniqueFd connection)>;

  // `clock` outlives the object.
  explicit SilentConnections(const Clock& clock = Clock::Real()) : clock_(clock) {}

  // Holds `connection`; if there are too many, hangs up on the longest silent one.
  void Add(UniqueFd connection);

  // Appends an entry for each connection, for poll(2).
  void AppendTo(std::vector<pollfd>& fds) const;

  // Returns the timeout for poll(2): milliseconds, rounded up, until Handle must hang up on a
  // caller; -1 without callers.
  int PollTimeout() const;

  // Passes readable connections to `handler` and hangs up on those that have been silent too long.
  // `polled` are the entries of AppendTo, filled in by poll(2); Add must not be called in between.
  void Handle(const pollfd* polled, const Handler& handler);

  int size() const { return static_cast<int>(held_.size()); }

 private:
  struct Connection {
    UniqueFd fd;
    MonotonicTime since;
  };

  const Clock& clock_;
  // The longest silent connection comes first.
  std::deque<Connection> held_;
};

}  // namespace hob

#endif  // HOB_SERVER_NET_SILENT_CONNECTIONS_H_
