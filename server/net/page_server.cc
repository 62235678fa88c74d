#include "server/net/page_server.h"

#include <microhttpd.h>
#include <sys/socket.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace hob {
namespace {

constexpr size_t kMaxRequestBytes = 16 << 10;

// epoll rather than select: a server of thousands of daemons has descriptors above FD_SETSIZE.
constexpr unsigned kFlags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC;

// Sends `body` and closes the connection.
MHD_Result Send(MHD_Connection* connection, unsigned code, const std::string& content_type,
                std::string body) {
  auto* const owned = new std::string(std::move(body));
  MHD_Response* const response = MHD_create_response_from_buffer_with_free_callback_cls(
      owned->size(), owned->data(), [](void* text) { delete static_cast<std::string*>(text); },
      owned);
  if (response == nullptr) {
    delete owned;
    return MHD_NO;
  }
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type.c_str());
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  if (code == MHD_HTTP_METHOD_NOT_ALLOWED) {
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  }
  const MHD_Result queued = MHD_queue_response(connection, code, response);
  MHD_destroy_response(response);
  return queued;
}

MHD_Result Refuse(MHD_Connection* connection, unsigned code, std::string why) {
  return Send(connection, code, "text/plain; charset=utf-8", std::move(why));
}

}  // namespace

struct PageServer::Callbacks {
  static MHD_Result Answer(void* server, MHD_Connection* connection, const char* url,
                           const char* method, const char* version, const char*, size_t*, void**) {
    const auto& self = *static_cast<PageServer*>(server);
    const absl::string_view verb = method;
    if (!absl::StartsWith(version, "HTTP/1.")) {
      return Refuse(connection, MHD_HTTP_BAD_REQUEST, "HTTP/1.x is required.\n");
    }
    if (verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD) {
      return Refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD are allowed.\n");
    }
    if (url != self.options_.path) {
      return Refuse(connection, MHD_HTTP_NOT_FOUND, "Only " + self.options_.path + " exists.\n");
    }
    return Send(connection, MHD_HTTP_OK, self.options_.content_type, self.make_page_());
  }

  static void OnConnection(void* server, MHD_Connection* connection, void**,
                           MHD_ConnectionNotificationCode what) {
    auto& self = *static_cast<PageServer*>(server);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) return self.OnStarted(connection);
    self.OnEnded(connection);
  }
};

absl::StatusOr<std::unique_ptr<PageServer>> PageServer::Create(Options options,
                                                               MakePage make_page) {
  std::unique_ptr<PageServer> server(new PageServer(std::move(options), std::move(make_page)));
  // An evicted connection closes one loop later, so the library's limit exceeds ours.
  server->daemon_ = MHD_start_daemon(
      kFlags, 0, nullptr, nullptr, &Callbacks::Answer, server.get(), MHD_OPTION_NOTIFY_CONNECTION,
      &Callbacks::OnConnection, server.get(), MHD_OPTION_CONNECTION_LIMIT,
      unsigned{2 * kMaxWaiting}, MHD_OPTION_CONNECTION_MEMORY_LIMIT, kMaxRequestBytes,
      MHD_OPTION_CONNECTION_TIMEOUT, server->options_.timeout_seconds, MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    return absl::ResourceExhaustedError("no thread or descriptor is left for the metrics server");
  }
  return server;
}

PageServer::~PageServer() {
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

void PageServer::Take(UniqueFd connection) {
  if (taken_.fetch_add(1) >= kMaxWaiting) {
    --taken_;
    return;
  }
  sockaddr_storage peer = {};
  socklen_t length = sizeof(peer);
  getpeername(connection.get(), reinterpret_cast<sockaddr*>(&peer), &length);
  // The library takes over or closes the descriptor in every case.
  const MHD_Result added =
      MHD_add_connection(daemon_, connection.Release(), reinterpret_cast<sockaddr*>(&peer), length);
  if (added == MHD_NO) --taken_;
}

void PageServer::OnStarted(MHD_Connection* connection) {
  served_.push_back(connection);
  if (static_cast<int>(served_.size()) <= options_.max_connections) return;
  const MHD_ConnectionInfo* const info =
      MHD_get_connection_info(served_.front(), MHD_CONNECTION_INFO_CONNECTION_FD);
  shutdown(info->connect_fd, SHUT_RDWR);
  served_.pop_front();
}

void PageServer::OnEnded(MHD_Connection* connection) {
  const auto found = std::find(served_.begin(), served_.end(), connection);
  if (found != served_.end()) served_.erase(found);
  --taken_;
}

}  // namespace hob
