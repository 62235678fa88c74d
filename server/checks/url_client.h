#ifndef HOB_SERVER_CHECKS_URL_CLIENT_H_
#define HOB_SERVER_CHECKS_URL_CLIENT_H_

#include <poll.h>

#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "server/checks/attempt.h"
#include "server/daemon/check.h"

namespace hob {

// Makes HTTP requests and connections, many at a time, with libcurl's multi interface.
//
// Loads libcurl for the first request: linked, its thirty libraries would cost every server memory
// and startup time, and its OpenSSL would clash with gRPC's.
//
// Not thread-safe: belongs to the prober's thread.
class UrlClient {
 public:
  UrlClient();
  // All attempts must be gone.
  ~UrlClient();

  UrlClient(const UrlClient&) = delete;
  UrlClient& operator=(const UrlClient&) = delete;

  // Begins a check of kind kHttp or kConnect. Never follows a redirect, uses no proxy, does not
  // verify certificates, and reads at most 4 KiB of a body. Precondition: `check` has that kind.
  std::unique_ptr<Attempt> Begin(const CheckTarget& check);

  // Waits until one of `fds` or of the attempts' own descriptors is ready, or until `timeout` has
  // passed, and does what is due. InfiniteDuration waits for ever.
  void Wait(std::vector<pollfd>& fds, absl::Duration timeout);

 private:
  class Curl;
  class UrlAttempt;

  // Does what libcurl can do now. Returns true if an attempt has an answer.
  bool Perform();

  std::unique_ptr<Curl> curl_;
};

}  // namespace hob

#endif  // HOB_SERVER_CHECKS_URL_CLIENT_H_
