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

// Holds connections whose callers have not sent anything yet. A client of a busy machine may get no
// processor for many seconds between its connect and its first byte, and must not be hung up on for
// that; a caller that only connects must not use up the descriptors. Both hold, because the number
// of silent connections is bounded rather than their time: when there are too many, the one that
// has been silent longest makes room.
//
// Not thread-safe: belongs to the thread that polls.
class SilentConnections {
 public:
  // Most connections that are held.
  static constexpr int kMost = 64;
  // Longest silence, even where there is room.
  static constexpr absl::Duration kPatience = absl::Minutes(1);

  // Takes over a connection whose caller has spoken, or has gone away.
  using Handler = std::function<void(UniqueFd connection, bool is_unix)>;

  // `clock` outlives it.
  explicit SilentConnections(const Clock& clock = Clock::Real()) : clock_(clock) {}

  // Holds `connection`; hangs up on the one that has been silent longest if there are too many.
  void Add(UniqueFd connection, bool is_unix);

  // Appends an entry for each connection, for poll(2).
  void AppendTo(std::vector<pollfd>& fds) const;

  // The timeout for poll(2): milliseconds, rounded up, until Handle has to hang up on a caller; -1
  // if there is none.
  int PollTimeout() const;

  // Hands the connections that can be read to `handler` and hangs up on those that have been silent
  // too long. `polled` are the entries of AppendTo, filled in by poll(2); no Add came between.
  void Handle(const pollfd* polled, const Handler& handler);

  int size() const { return static_cast<int>(held_.size()); }

 private:
  struct Connection {
    UniqueFd fd;
    bool is_unix = false;
    MonotonicTime since;
  };

  const Clock& clock_;
  // The one that has been silent longest comes first.
  std::deque<Connection> held_;
};

}  // namespace hob

#endif  // HOB_SERVER_NET_SILENT_CONNECTIONS_H_
