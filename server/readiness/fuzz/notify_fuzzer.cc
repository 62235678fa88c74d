// Checks parsing and receiving of sd_notify(3) datagrams: two texts in one datagram mean the same
// as both in order, and the socket returns exactly what ParseNotifyMessage makes of the bytes sent.
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "bazel/fuzzing/text.h"
#include "glog/logging.h"
#include "server/readiness/notify_message.h"
#include "server/readiness/notify_socket.h"

namespace hob {
namespace {

// NotifySocket skips longer datagrams.
constexpr size_t kMaxDatagram = 4096;

bool operator==(const NotifyMessage& a, const NotifyMessage& b) {
  return a.ready == b.ready && a.stopping == b.stopping && a.watchdog_alive == b.watchdog_alive &&
         a.watchdog_trigger == b.watchdog_trigger && a.status == b.status &&
         a.extend_timeout == b.extend_timeout && a.main_pid == b.main_pid;
}

// Returns the message of `first` followed by `second` in one datagram.
NotifyMessage Both(const NotifyMessage& first, const NotifyMessage& second) {
  NotifyMessage both = second;
  both.ready |= first.ready;
  both.stopping |= first.stopping;
  both.watchdog_alive |= first.watchdog_alive;
  both.watchdog_trigger |= first.watchdog_trigger;
  if (!both.status.has_value()) both.status = first.status;
  if (!both.extend_timeout.has_value()) both.extend_timeout = first.extend_timeout;
  if (!both.main_pid.has_value()) both.main_pid = first.main_pid;
  return both;
}

void CheckMessage(const NotifyMessage& message) {
  if (message.status.has_value()) {
    // A character has at most four bytes, and each becomes four when escaped.
    CHECK_LE(message.status->size(), kMaxStatusLength * 16 + 3);
    CHECK(IsPrintable(*message.status)) << *message.status;
  }
  if (message.extend_timeout.has_value()) {
    CHECK(*message.extend_timeout > absl::ZeroDuration());
    CHECK(*message.extend_timeout < absl::InfiniteDuration());
  }
  if (message.main_pid.has_value()) CHECK_GT(*message.main_pid, 0);
}

void CheckLines(absl::string_view datagram) {
  const NotifyMessage whole = ParseNotifyMessage(datagram);
  CheckMessage(whole);
  for (size_t newline = datagram.find('\n'); newline != absl::string_view::npos;
       newline = datagram.find('\n', newline + 1)) {
    CHECK(Both(ParseNotifyMessage(datagram.substr(0, newline)),
               ParseNotifyMessage(datagram.substr(newline + 1))) == whole);
  }
  CHECK(ParseNotifyMessage(absl::StrCat(datagram, "\n", datagram)) == whole);
}

// A socket under test, and one that sends to it.
class Channel {
 public:
  Channel() : directory_(MakeDirectory()), receiver_(Bind(directory_ + "/notify")) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string path = directory_ + "/notify";
    CHECK_LT(path.size(), sizeof(address.sun_path));
    path.copy(address.sun_path, path.size());
    sender_ = UniqueFd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    PCHECK(connect(sender_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    // From here on only the sender needs the path, and a crash leaves no file.
    unlink(path.c_str());
    rmdir(directory_.c_str());
  }

  void CheckReceive(absl::string_view datagram) {
    PCHECK(send(sender_.get(), datagram.data(), datagram.size(), 0) == datagram.size());
    const bool passed_over = datagram.empty() || datagram.size() > kMaxDatagram;
    const auto received = receiver_.Receive();
    CHECK_EQ(received.has_value(), !passed_over);
    if (!received.has_value()) return;
    CHECK_EQ(received->sender, getpid());
    CHECK(received->message == ParseNotifyMessage(datagram));
    CHECK(!receiver_.Receive().has_value());
  }

 private:
  static std::string MakeDirectory() {
    std::string directory = "/tmp/hob-notify-XXXXXX";
    PCHECK(mkdtemp(directory.data()) != nullptr);
    return directory;
  }

  static NotifySocket Bind(const std::string& path) {
    auto bound = NotifySocket::Bind(path);
    CHECK(absl::holds_alternative<NotifySocket>(bound));
    return std::move(absl::get<NotifySocket>(bound));
  }

  const std::string directory_;
  NotifySocket receiver_;
  UniqueFd sender_;
};

}  // namespace
}  // namespace hob

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static hob::Channel& channel = *new hob::Channel;
  const absl::string_view datagram = hob::AsText(data, size);
  hob::CheckLines(datagram);
  channel.CheckReceive(datagram);
  return 0;
}
