#ifndef HOB_SERVER_NET_PAGE_SERVER_H_
#define HOB_SERVER_NET_PAGE_SERVER_H_

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/posix/unique_fd.h"

// Types of libmicrohttpd.
struct MHD_Connection;
struct MHD_Daemon;

namespace hob {

// Serves one page over HTTP, on its own thread and on connections accepted elsewhere. libmicrohttpd
// speaks the protocol; the resources that hostile clients can take are bounded. GET and HEAD of the
// path get the page, any other path 404, any other method 405; a request that is not HTTP gets 400
// or is hung up on. Each connection gets one answer.
//
//   clients at a time       max_connections: one more replaces the oldest
//   waiting connections     kMaxWaiting: one more is hung up on
//   size of a request       16 KiB
//   silence of a client     timeout_seconds
//   pages in memory         max_connections
//
// Thread-safe.
class PageServer {
 public:
  static constexpr int kMaxWaiting = 64;

  struct Options {
    std::string path = "/metrics";
    std::string content_type = "text/plain; version=0.0.4; charset=utf-8";
    // At least 1.
    int max_connections = 8;
    // At least 1.
    unsigned timeout_seconds = 10;
  };

  // Makes the page for one client. Called on the server's thread, one call at a time.
  using MakePage = std::function<std::string()>;

  // Starts the thread, which inherits the caller's signal mask. ResourceExhausted if no thread or
  // descriptor is left.
  static absl::StatusOr<std::unique_ptr<PageServer>> Create(Options options, MakePage make_page);

  // Hangs up on all clients. Take must not be called any more.
  ~PageServer();

  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  // Takes ownership of a TCP connection and serves it. Never blocks.
  void Take(UniqueFd connection);

 private:
  // The callbacks of libmicrohttpd, which use its types.
  struct Callbacks;

  PageServer(Options options, MakePage make_page)
      : options_(std::move(options)), make_page_(std::move(make_page)) {}

  void OnStarted(MHD_Connection* connection);
  void OnEnded(MHD_Connection* connection);

  const Options options_;
  const MakePage make_page_;
  // Number of connections taken that have not ended.
  std::atomic<int> taken_ = 0;
  // Connections being served, oldest first. Used by the server's thread only.
  std::deque<MHD_Connection*> served_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace hob

#endif  // HOB_SERVER_NET_PAGE_SERVER_H_
