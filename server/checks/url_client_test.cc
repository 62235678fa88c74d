// Against sockets of the test itself.
#include "server/checks/url_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/posix/unique_fd.h"

namespace hob {
namespace {

using testing::HasSubstr;

// A server that gives one answer to every request.
class Answerer {
 public:
  explicit Answerer(std::string answer, const std::string& socket_path = "")
      : answer_(std::move(answer)) {
    if (socket_path.empty()) {
      BindToLoopback();
    } else {
      sockaddr_un address = {};
      address.sun_family = AF_UNIX;
      socket_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
      listener_.Reset(socket(AF_UNIX, SOCK_STREAM, 0));
      EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    }
    EXPECT_EQ(listen(listener_.get(), 128), 0);
    thread_ = std::thread([this] { Serve(); });
  }

  ~Answerer() {
    shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  std::string address() const {
    sockaddr_in address = {};
    socklen_t size = sizeof(address);
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  }
  // The beginning of the last request. Meaningless before the answer to it.
  const std::string& request() const { return request_; }

 private:
  void BindToLoopback() {
    listener_.Reset(socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }

  void Serve() {
    while (true) {
      const UniqueFd connection(accept(listener_.get(), nullptr, nullptr));
      if (!connection.ok()) return;
      char buffer[4096];
      const ssize_t count = read(connection.get(), buffer, sizeof(buffer));
      if (count > 0) request_.assign(buffer, count);
      // The client may have hung up.
      send(connection.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
    }
  }

  const std::string answer_;
  UniqueFd listener_;
  std::string request_;
  std::thread thread_;
};

std::string Response(const std::string& status, const std::string& body = "fine") {
  return absl::StrCat("HTTP/1.1 ", status, "\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
}

CheckTarget Http(const std::string& address) {
  CheckTarget check;
  check.kind = CheckTarget::Kind::kHttp;
  check.address = absl::StrCat("http://", address, "/health");
  return check;
}

CheckTarget Connect(const std::string& address, const std::string& socket = "") {
  CheckTarget check;
  check.kind = CheckTarget::Kind::kConnect;
  check.address = address;
  check.socket = socket;
  return check;
}

class UrlClientTest : public testing::Test {
 protected:
  // Returns the answer as "ok: MESSAGE" or "failed: MESSAGE".
  std::string Ask(const CheckTarget& check) {
    const std::unique_ptr<Attempt> attempt = client_.Begin(check);
    absl::optional<Attempt::Answer> answer = attempt->Look();
    while (!answer.has_value()) {
      std::vector<pollfd> none;
      client_.Wait(none, absl::InfiniteDuration());
      answer = attempt->Look();
    }
    return absl::StrCat(answer->ok ? "ok: " : "failed: ", answer->message);
  }

  // Returns an address at which nobody listens.
  std::string DeadAddress() { return Answerer("").address(); }

  UrlClient client_;
};

TEST_F(UrlClientTest, StatusesFrom200To399AreSuccess) {
  const Answerer fine(Response("200 OK"));
  EXPECT_EQ(Ask(Http(fine.address())), "ok: HTTP 200");
  EXPECT_THAT(fine.request(), HasSubstr("GET /health HTTP/1.1\r\n"));
  const Answerer moved(Response("302 Found"));
  EXPECT_EQ(Ask(Http(moved.address())), "ok: HTTP 302") << "redirects are not followed";
  const Answerer busy(Response("503 Service Unavailable"));
  EXPECT_EQ(Ask(Http(busy.address())), "failed: HTTP 503");
}

TEST_F(UrlClientTest, ALongBodyIsNotRead) {
  const Answerer talker("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" +
                        std::string(100'000, 'x'));
  EXPECT_EQ(Ask(Http(talker.address())), "ok: HTTP 200");
}

TEST_F(UrlClientTest, AFailureSaysWhatHappened) {
  EXPECT_EQ(Ask(Http(DeadAddress())), "failed: Connection refused");
  EXPECT_EQ(Ask(Connect(DeadAddress())), "failed: Connection refused");
  const Answerer silent("");
  EXPECT_THAT(Ask(Http(silent.address())), HasSubstr("failed: Empty reply"));
  const Answerer babbler("no HTTP at all\r\n\r\n");
  EXPECT_THAT(Ask(Http(babbler.address())), HasSubstr("failed: "));
  CheckTarget tls = Http(babbler.address());
  tls.address.replace(0, 4, "https");
  EXPECT_THAT(Ask(tls), HasSubstr("failed: "));
  EXPECT_THAT(Ask(Http("no-such-host.invalid:80")), HasSubstr("failed: Could not resolve host"));
}

TEST_F(UrlClientTest, AConnectionIsSuccess) {
  const Answerer any("");
  EXPECT_EQ(Ask(Connect(any.address())), "ok: connected");
}

TEST_F(UrlClientTest, UnixSocketsAreReachedByTheirPath) {
  // A path in the test's own directory may be too long.
  char directory[] = "/tmp/hob-urls-XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const std::string path = absl::StrCat(directory, "/s");
  const Answerer fine(Response("200 OK"), path);
  CheckTarget check = Http("localhost");
  check.socket = path;
  EXPECT_EQ(Ask(check), "ok: HTTP 200");
  EXPECT_EQ(Ask(Connect("", path)), "ok: connected");
  EXPECT_EQ(Ask(Connect("", path + ".missing")), "failed: No such file or directory");
  unlink(path.c_str());
  rmdir(directory);
}

TEST_F(UrlClientTest, ProxiesAreIgnored) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  const Answerer fine(Response("200 OK"));
  EXPECT_EQ(Ask(Http(fine.address())), "ok: HTTP 200");
  unsetenv("http_proxy");
}

TEST_F(UrlClientTest, ManyAttemptsAreMadeAtOnce) {
  const Answerer fine(Response("200 OK"));
  std::vector<std::unique_ptr<Attempt>> attempts;
  for (int i = 0; i < 50; ++i) attempts.push_back(client_.Begin(Http(fine.address())));
  for (const auto& attempt : attempts) {
    while (!attempt->Look().has_value()) {
      std::vector<pollfd> none;
      client_.Wait(none, absl::InfiniteDuration());
    }
    EXPECT_TRUE(attempt->Look()->ok);
  }
}

TEST_F(UrlClientTest, AnAttemptMayBeAbandoned) {
  // The listener never accepts.
  const UniqueFd listener(socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_EQ(listen(listener.get(), 1), 0);
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  std::unique_ptr<Attempt> attempt =
      client_.Begin(Http(absl::StrCat("127.0.0.1:", ntohs(address.sin_port))));
  std::vector<pollfd> none;
  client_.Wait(none, absl::Milliseconds(1));
  EXPECT_FALSE(attempt->Look().has_value());
  attempt = nullptr;
  client_.Wait(none, absl::Milliseconds(1));
}

TEST_F(UrlClientTest, AWaitEndsWhenADescriptorIsReady) {
  const Answerer fine(Response("200 OK"));
  Ask(Http(fine.address()));
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  ASSERT_EQ(write(writer.get(), "x", 1), 1);
  std::vector<pollfd> fds = {{reader.get(), POLLIN, 0}};
  client_.Wait(fds, absl::InfiniteDuration());
}

}  // namespace
}  // namespace hob
