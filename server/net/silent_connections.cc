#include "server/net/silent_connections.h"

#include <algorithm>
#include <utility>

namespace hob {

void SilentConnections::Add(UniqueFd connection) {
  if (size() == kMaxConnections) held_.pop_front();
  held_.push_back({std::move(connection), clock_.Now().monotonic});
}

void SilentConnections::AppendTo(std::vector<pollfd>& fds) const {
  for (const Connection& connection : held_) fds.push_back({connection.fd.get(), POLLIN, 0});
}

int SilentConnections::PollTimeout() const {
  if (held_.empty()) return -1;
  const absl::Duration left = held_.front().since + kMaxSilence - clock_.Now().monotonic;
  return static_cast<int>(absl::Ceil(std::max(left, absl::ZeroDuration()), absl::Milliseconds(1)) /
                          absl::Milliseconds(1));
}

void SilentConnections::Handle(const pollfd* polled, const Handler& handler) {
  const MonotonicTime now = clock_.Now().monotonic;
  std::deque<Connection> silent;
  for (Connection& connection : held_) {
    // The end of a connection is readable too; its next owner handles it.
    if ((polled++)->revents != 0) {
      handler(std::move(connection.fd));
    } else if (connection.since + kMaxSilence > now) {
      silent.push_back(std::move(connection));
    }
  }
  held_ = std::move(silent);
}

}  // namespace hob
