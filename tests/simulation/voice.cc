#include "tests/simulation/voice.h"

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

// A socket may be told to hold no more than ten (net.unix.max_dgram_qlen): a run must not depend on
// that.
constexpr size_t kMostOnTheWay = 8;
constexpr Nanos kMicrosecond = 1000;

// The value of a variable in the environment; empty when it is not there.
std::string ValueOf(const std::string& key, const SpawnRequest& request) {
  for (absl::string_view variable : request.environment) {
    if (absl::ConsumePrefix(&variable, absl::StrCat(key, "="))) return std::string(variable);
  }
  return "";
}

std::string Datagram(const Word& word) {
  switch (word.kind) {
    case Word::Kind::kReady:
      return "READY=1";
    case Word::Kind::kAlive:
      return "WATCHDOG=1";
    case Word::Kind::kTrigger:
      return "WATCHDOG=trigger";
    case Word::Kind::kStopping:
      return "STOPPING=1";
    case Word::Kind::kStatus:
      return absl::StrCat("STATUS=", word.status);
    case Word::Kind::kExtendTimeout:
      return absl::StrCat("EXTEND_TIMEOUT_USEC=", word.time / kMicrosecond);
    case Word::Kind::kNonsense:
      break;
  }
  return "READY\n=1\nWATCHDOG=2";
}

bool Send(const std::string& path, const std::string& datagram) {
  static const UniqueFd& speaker =
      *new UniqueFd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return false;
  memcpy(address.sun_path, path.data(), path.size());
  return sendto(speaker.get(), datagram.data(), datagram.size(), 0,
                reinterpret_cast<const sockaddr*>(&address), sizeof(address)) >= 0;
}

}  // namespace

Voice::Voice(const SpawnRequest& request, const Manners& manners, Nanos now, Random& random)
    : path_(ValueOf("NOTIFY_SOCKET", request)) {
  if (!can_speak()) return;
  if (!random.Chance(manners.never_tells)) {
    ready_at_ = now;
    if (random.Chance(manners.tells_late)) {
      ready_at_ += random.Of<Nanos>({kMillisecond, 500 * kMillisecond, 3 * kSecond});
    }
  }
  int64_t watchdog = 0;
  if (!absl::SimpleAtoi(ValueOf("WATCHDOG_USEC", request), &watchdog)) return;
  alive_every_ = watchdog * kMicrosecond / 2;
  alive_at_ = now + alive_every_;
  alive_left_ =
      random.Chance(manners.falls_silent) ? random.Below(8) : std::numeric_limits<int>::max();
}

bool Voice::SpeakUntil(Nanos now, bool mute) {
  bool said = false;
  if (ready_at_ <= now) {
    // Who is stopped says it later.
    ready_at_ = mute ? now + kSecond : kInfinite;
    if (!mute) said |= Say({Word::Kind::kReady}, /*is_own=*/true);
  }
  if (alive_at_ <= now) {
    alive_at_ = alive_left_ > 0 ? now + alive_every_ : kInfinite;
    if (!mute && alive_left_-- > 0) said |= Say({Word::Kind::kAlive}, /*is_own=*/true);
  }
  return said;
}

bool Voice::Say(const Word& word, bool is_own) {
  if (!can_speak() || on_the_way_.size() >= kMostOnTheWay) return false;
  if (!Send(path_, Datagram(word))) return false;
  on_the_way_.push_back({word, is_own});
  said_ready_ |= is_own && word.kind == Word::Kind::kReady;
  return true;
}

absl::optional<Word> Voice::Heard() {
  if (on_the_way_.empty()) return absl::nullopt;
  const Sent sent = on_the_way_.front();
  on_the_way_.pop_front();
  if (!sent.is_own) return absl::nullopt;
  return sent.word;
}

}  // namespace simulation
}  // namespace hob
