#include "tests/simulation/notifier.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/posix/unique_fd.h"

namespace hob {
namespace simulation {
namespace {

// A socket may hold ten datagrams at the most (net.unix.max_dgram_qlen), and a run must not depend
// on that limit.
constexpr size_t kMaxUnread = 8;
constexpr Nanos kMicrosecond = 1000;

// Returns the value of a variable in the environment; empty if it is not set.
std::string ValueOf(const std::string& key, const SpawnRequest& request) {
  for (absl::string_view variable : request.environment) {
    if (absl::ConsumePrefix(&variable, absl::StrCat(key, "="))) return std::string(variable);
  }
  return "";
}

std::string Datagram(const NotifyMessage& message) {
  switch (message.kind) {
    case NotifyMessage::Kind::kReady:
      return "READY=1";
    case NotifyMessage::Kind::kAlive:
      return "WATCHDOG=1";
    case NotifyMessage::Kind::kTrigger:
      return "WATCHDOG=trigger";
    case NotifyMessage::Kind::kStopping:
      return "STOPPING=1";
    case NotifyMessage::Kind::kStatus:
      return absl::StrCat("STATUS=", message.status);
    case NotifyMessage::Kind::kExtendTimeout:
      return absl::StrCat("EXTEND_TIMEOUT_USEC=", message.time / kMicrosecond);
    case NotifyMessage::Kind::kMalformed:
      break;
  }
  return "READY\n=1\nWATCHDOG=2";
}

bool SendDatagram(const std::string& path, const std::string& datagram) {
  static const UniqueFd& sender =
      *new UniqueFd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return false;
  memcpy(address.sun_path, path.data(), path.size());
  return sendto(sender.get(), datagram.data(), datagram.size(), 0,
                reinterpret_cast<const sockaddr*>(&address), sizeof(address)) >= 0;
}

}  // namespace

Notifier::Notifier(const SpawnRequest& request, const ReadinessFaults& readiness, Nanos now,
                   Random& random)
    : path_(ValueOf("NOTIFY_SOCKET", request)) {
  if (!has_socket()) return;
  if (!random.Chance(readiness.never_ready)) {
    ready_at_ = now;
    if (random.Chance(readiness.late_ready)) {
      ready_at_ += random.Of<Nanos>({kMillisecond, 500 * kMillisecond, 3 * kSecond});
    }
  }
  int64_t watchdog = 0;
  if (!absl::SimpleAtoi(ValueOf("WATCHDOG_USEC", request), &watchdog)) return;
  alive_every_ = watchdog * kMicrosecond / 2;
  alive_at_ = now + alive_every_;
  alive_left_ =
      random.Chance(readiness.falls_silent) ? random.Below(8) : std::numeric_limits<int>::max();
}

bool Notifier::SendUntil(Nanos now, bool mute) {
  bool said = false;
  if (ready_at_ <= now) {
    // A stopped process reports readiness later.
    ready_at_ = mute ? now + kSecond : kInfinite;
    if (!mute) said |= Send({NotifyMessage::Kind::kReady}, /*is_own=*/true);
  }
  if (alive_at_ <= now) {
    alive_at_ = alive_left_ > 0 ? now + alive_every_ : kInfinite;
    if (!mute && alive_left_-- > 0) said |= Send({NotifyMessage::Kind::kAlive}, /*is_own=*/true);
  }
  return said;
}

bool Notifier::Send(const NotifyMessage& message, bool is_own) {
  if (!has_socket() || unread_.size() >= kMaxUnread) return false;
  if (!SendDatagram(path_, Datagram(message))) return false;
  unread_.push_back({message, is_own});
  said_ready_ |= is_own && message.kind == NotifyMessage::Kind::kReady;
  return true;
}

absl::optional<NotifyMessage> Notifier::Received() {
  if (unread_.empty()) return absl::nullopt;
  const Sent sent = unread_.front();
  unread_.pop_front();
  if (!sent.is_own) return absl::nullopt;
  return sent.message;
}

}  // namespace simulation
}  // namespace hob
