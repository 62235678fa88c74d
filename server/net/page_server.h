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

// Of libmicrohttpd.
struct MHD_Connection;
struct MHD_Daemon;

namespace hob {

struct HttpLibrary;

// Serves one page over HTTP, on a thread of its own and to connections that somebody else has
// accepted: libmicrohttpd speaks the protocol, and what hostile clients may take of the server is
// bounded. GET and HEAD of the path get the page, any other path 404, any other method 405, and
// what is no HTTP 400 or the end of the connection. Each connection has one answer.
//
//   clients at a time       most_connections: one more takes the place of the oldest
//   waiting to be looked at kMostWaiting: one more is hung up on
//   a request               16 KiB
//   silence of a client     patience_seconds
//   pages in memory         most_connections
//
// Thread-safe.
class PageServer {
 public:
  static constexpr int kMostWaiting = 64;

  struct Options {
    std::string path = "/metrics";
    std::string content_type = "text/plain; version=0.0.4; charset=utf-8";
    // At least 1.
    int most_connections = 8;
    // At least 1.
    unsigned patience_seconds = 10;
  };

  // Makes the page for one client; called on the server's thread, one call at a time.
  using MakePage = std::function<std::string()>;

  // Starts the thread, with the signals blocked that the caller has blocked. ResourceExhausted when
  // the machine has no room for it, NotFound when libmicrohttpd is not installed.
  static absl::StatusOr<std::unique_ptr<PageServer>> Create(Options options, MakePage make_page);

  // Hangs up on everybody. Take is not called any more.
  ~PageServer();

  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  // Serves a TCP connection. Never blocks.
  void Take(UniqueFd connection);

 private:
  // What libmicrohttpd calls, and knows the types of.
  struct Callbacks;

  PageServer(Options options, MakePage make_page, const HttpLibrary& http)
      : options_(std::move(options)), make_page_(std::move(make_page)), http_(http) {}

  void Begun(MHD_Connection* connection);
  void Ended(MHD_Connection* connection);

  const Options options_;
  const MakePage make_page_;
  const HttpLibrary& http_;
  // Connections that were taken and have not ended.
  std::atomic<int> taken_ = 0;
  // Those that are served, the oldest first. Only of the server's thread.
  std::deque<MHD_Connection*> served_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace hob

#endif  // HOB_SERVER_NET_PAGE_SERVER_H_
