#include "server/checks/url_client.h"

// libcurl's macros that check types would call its functions by name.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <string.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/text/printable.h"

// curl_easy_setopt and curl_easy_getinfo are macros that take exactly three arguments.
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

namespace hob {
namespace {

// A check has no use for a longer body.
constexpr size_t kMaxBody = 4096;
constexpr size_t kMaxMessage = 200;

// The names of the library: with OpenSSL, as most programs need it, or with GnuTLS.
constexpr const char* kLibraries[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

}  // namespace

// libcurl and one multi handle.
class UrlClient::Curl {
 public:
  Curl() {
    void* library = nullptr;
    std::string why_not;
    for (const char* name : kLibraries) {
      if (library == nullptr) library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
      // The first library is the one that users have.
      if (library == nullptr && why_not.empty()) why_not = dlerror();
    }
    const bool found = library != nullptr && Find(library, "curl_global_init", global_init) &&
                       Find(library, "curl_multi_init", multi_init) &&
                       Find(library, "curl_multi_cleanup", multi_cleanup) &&
                       Find(library, "curl_multi_add_handle", multi_add_handle) &&
                       Find(library, "curl_multi_remove_handle", multi_remove_handle) &&
                       Find(library, "curl_multi_perform", multi_perform) &&
                       Find(library, "curl_multi_poll", multi_poll) &&
                       Find(library, "curl_multi_info_read", multi_info_read) &&
                       Find(library, "curl_easy_init", easy_init) &&
                       Find(library, "curl_easy_cleanup", easy_cleanup) &&
                       Find(library, "curl_easy_setopt", easy_setopt) &&
                       Find(library, "curl_easy_getinfo", easy_getinfo) &&
                       Find(library, "curl_easy_strerror", easy_strerror);
    if (!found) {
      problem =
          absl::StrCat("libcurl cannot be loaded: ", why_not.empty() ? "it is too old" : why_not,
                       "; install libcurl4");
      return;
    }
    if (global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) multi = multi_init();
    if (multi == nullptr) problem = "libcurl cannot be initialized";
  }

  ~Curl() {
    if (multi != nullptr) multi_cleanup(multi);
  }

  // The reason why it cannot be used; empty if it can.
  std::string problem;
  CURLM* multi = nullptr;

  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_multi_init) multi_init = nullptr;
  decltype(&::curl_multi_cleanup) multi_cleanup = nullptr;
  decltype(&::curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&::curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&::curl_multi_perform) multi_perform = nullptr;
  decltype(&::curl_multi_poll) multi_poll = nullptr;
  decltype(&::curl_multi_info_read) multi_info_read = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;

 private:
  template <typename Function>
  static bool Find(void* library, const char* name, Function*& function) {
    function = reinterpret_cast<Function*>(dlsym(library, name));
    return function != nullptr;
  }
};

class UrlClient::UrlAttempt : public Attempt {
 public:
  // `curl` outlives the object.
  UrlAttempt(Curl& curl, const CheckTarget& check)
      : curl_(curl), is_http_(check.kind == CheckTarget::Kind::kHttp) {
    if (curl_.problem.empty()) easy_ = curl_.easy_init();
    if (easy_ == nullptr) {
      // That is hobd's problem, not the daemon's.
      answer_ = Answer{false, curl_.problem.empty() ? "out of memory" : curl_.problem,
                       /*is_shortage=*/true};
      return;
    }
    SetUp(check);
    const CURLMcode added = curl_.multi_add_handle(curl_.multi, easy_);
    if (added != CURLM_OK) answer_ = Answer{false, "out of memory", /*is_shortage=*/true};
  }

  ~UrlAttempt() override {
    if (easy_ == nullptr) return;
    curl_.multi_remove_handle(curl_.multi, easy_);
    curl_.easy_cleanup(easy_);
  }

  absl::optional<Answer> Look() override { return answer_; }

  // Called when libcurl has done what it can.
  void Done(CURLcode code) {
    long status = 0;
    if (is_http_) curl_.easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    // The rest of the body is not wanted.
    if (code == CURLE_WRITE_ERROR && status > 0) code = CURLE_OK;
    if (code != CURLE_OK) {
      answer_ = Failure(code);
    } else if (!is_http_) {
      answer_ = Answer{true, "connected"};
    } else {
      answer_ = Answer{status >= 200 && status < 400, absl::StrCat("HTTP ", status)};
    }
  }

 private:
  void SetUp(const CheckTarget& check) {
    const auto set = [this](CURLoption option, auto value) {
      curl_.easy_setopt(easy_, option, value);
    };
    const std::string url =
        is_http_ ? check.address
                 : absl::StrCat("http://", check.address.empty() ? "localhost" : check.address);
    set(CURLOPT_URL, url.c_str());
    if (!check.socket.empty()) set(CURLOPT_UNIX_SOCKET_PATH, check.socket.c_str());
    if (!is_http_) set(CURLOPT_CONNECT_ONLY, 1L);
    set(CURLOPT_PRIVATE, static_cast<void*>(this));
    set(CURLOPT_ERRORBUFFER, error_);
    set(CURLOPT_NOSIGNAL, 1L);
    // The end of an attempt does not wait for a name server.
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_NOPROXY, "*");
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_USERAGENT, "hob");
    // A new connection each time: the check is of the daemon, not of a connection.
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
    set(CURLOPT_WRITEFUNCTION, &UrlAttempt::TakeBody);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  }

  static size_t TakeBody(char*, size_t size, size_t count, void* attempt) {
    size_t& taken = static_cast<UrlAttempt*>(attempt)->body_;
    taken += size * count;
    return taken > kMaxBody ? 0 : size * count;
  }

  Answer Failure(CURLcode code) const {
    long error_number = 0;
    curl_.easy_getinfo(easy_, CURLINFO_OS_ERRNO, &error_number);
    const int error = static_cast<int>(error_number);
    if (code == CURLE_COULDNT_CONNECT && error != 0) {
      return {false, strerrordesc_np(error), /*is_shortage=*/error == EADDRNOTAVAIL};
    }
    const char* const text = error_[0] != 0 ? error_ : curl_.easy_strerror(code);
    return {false, Printable(absl::string_view(text).substr(0, strcspn(text, "\n")), kMaxMessage),
            /*is_shortage=*/code == CURLE_OUT_OF_MEMORY};
  }

  Curl& curl_;
  const bool is_http_;
  CURL* easy_ = nullptr;
  char error_[CURL_ERROR_SIZE] = {};
  size_t body_ = 0;
  absl::optional<Answer> answer_;
};

UrlClient::UrlClient() = default;
UrlClient::~UrlClient() = default;

std::unique_ptr<Attempt> UrlClient::Begin(const CheckTarget& check) {
  // A shortage may have prevented an earlier load.
  if (curl_ == nullptr || !curl_->problem.empty()) curl_ = std::make_unique<Curl>();
  return std::make_unique<UrlAttempt>(*curl_, check);
}

void UrlClient::Wait(std::vector<pollfd>& fds, absl::Duration timeout) {
  // Rounded up, so that a deadline has passed afterwards.
  const int64_t milliseconds =
      absl::ToInt64Milliseconds(absl::Ceil(timeout, absl::Milliseconds(1)));
  const int bound =
      static_cast<int>(std::min<int64_t>(milliseconds, std::numeric_limits<int>::max()));
  if (curl_ == nullptr || curl_->multi == nullptr) {
    poll(fds.data(), fds.size(), timeout == absl::InfiniteDuration() ? -1 : bound);
    return;
  }
  std::vector<curl_waitfd> waited;
  for (const pollfd& fd : fds) {
    short events = 0;
    if ((fd.events & POLLIN) != 0) events |= CURL_WAIT_POLLIN;
    if ((fd.events & POLLPRI) != 0) events |= CURL_WAIT_POLLPRI;
    if (fd.fd >= 0) waited.push_back({fd.fd, events, 0});
  }
  // Returns at once if an attempt is over: nothing would end the wait.
  if (Perform()) return;
  curl_->multi_poll(curl_->multi, waited.data(), waited.size(), bound, nullptr);
  Perform();
}

bool UrlClient::Perform() {
  int running = 0;
  curl_->multi_perform(curl_->multi, &running);
  bool any_done = false;
  int left = 0;
  while (const CURLMsg* message = curl_->multi_info_read(curl_->multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* attempt = nullptr;
    curl_->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &attempt);
    reinterpret_cast<UrlAttempt*>(attempt)->Done(message->data.result);
    any_done = true;
  }
  return any_done;
}

}  // namespace hob
