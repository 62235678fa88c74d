#include "tests/bench/answerer.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace hob {
namespace bench {
namespace {

constexpr int kBacklog = 1024;
constexpr absl::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

}  // namespace

absl::StatusOr<std::unique_ptr<Answerer>> Answerer::Begin() {
  UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener.get(), kBacklog) != 0) {
    return absl::ErrnoToStatus(errno, "no HTTP server can listen");
  }
  return std::unique_ptr<Answerer>(new Answerer(std::move(listener)));
}

Answerer::Answerer(UniqueFd listener)
    : listener_(std::move(listener)), thread_([this] { Serve(); }) {}

Answerer::~Answerer() {
  shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
}

std::string Answerer::url() const {
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return absl::StrCat("http://127.0.0.1:", ntohs(address.sin_port), "/");
}

void Answerer::Serve() {
  while (true) {
    const UniqueFd connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection.ok()) return;
    char request[4096];
    if (read(connection.get(), request, sizeof(request)) <= 0) continue;
    send(connection.get(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
  }
}

}  // namespace bench
}  // namespace hob
