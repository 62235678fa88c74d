#include "server/net/page_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A client connected to the server through a socket pair; needs no port.
class Client {
 public:
  explicit Client(PageServer& server) {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    fd_.Reset(ends[0]);
    server.Take(UniqueFd(ends[1]));
  }

  void Send(const std::string& bytes) {
    size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t count = send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      // The server may have stopped reading.
      if (count < 0) return;
      sent += count;
    }
  }

  // Returns everything received until the server hangs up.
  std::string Receive() {
    std::string all;
    char buffer[65536];
    ssize_t count = 0;
    while ((count = read(fd_.get(), buffer, sizeof(buffer))) > 0) all.append(buffer, count);
    EXPECT_TRUE(count == 0 || errno == ECONNRESET);
    return all;
  }

  std::string Ask(const std::string& request) {
    Send(request);
    return Receive();
  }

 private:
  UniqueFd fd_;
};

class PageServerTest : public testing::Test {
 protected:
  static PageServer::Options Patient() {
    PageServer::Options options;
    options.timeout_seconds = 600;
    return options;
  }

  std::unique_ptr<PageServer> Serve(const PageServer::Options& options) {
    auto server = PageServer::Create(
        options, [this] { return absl::StrCat("page ", ++pages_, "\n", padding_); });
    EXPECT_TRUE(server.ok()) << server.status();
    return *std::move(server);
  }

  std::string Ask(const std::string& request) { return Client(*server_).Ask(request); }

  int pages_ = 0;
  std::string padding_;
  std::unique_ptr<PageServer> server_ = Serve(Patient());
};

TEST_F(PageServerTest, MakesAPageForEachGet) {
  const std::string answer = Ask("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 7\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\npage 1\n"));
  EXPECT_THAT(Ask("GET /metrics?name=web HTTP/1.0\r\n\r\n"), EndsWith("\r\n\r\npage 2\n"));
}

TEST_F(PageServerTest, HeadReturnsHeadersOnly) {
  const std::string answer = Ask("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 7\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(PageServerTest, OtherPathsAreNotFound) {
  for (const char* path : {"/", "/metrics/", "/metricsx", "/../metrics", "//metrics", "/METRICS"}) {
    EXPECT_THAT(Ask(absl::StrCat("GET ", path, " HTTP/1.0\r\n\r\n")),
                StartsWith("HTTP/1.1 404 Not Found\r\n"))
        << path;
  }
  EXPECT_EQ(pages_, 0);
}

TEST_F(PageServerTest, OtherMethodsAreNotAllowed) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "X"}) {
    const std::string answer = Ask(absl::StrCat(method, " /metrics HTTP/1.0\r\n\r\n"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n")) << method;
    EXPECT_THAT(answer, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
  }
  EXPECT_THAT(Ask("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\nabc"),
              StartsWith("HTTP/1.1 405 "));
  EXPECT_EQ(pages_, 0);
}

TEST_F(PageServerTest, RejectsOtherProtocols) {
  for (const std::string& garbage :
       {std::string("garbage\r\n\r\n"), std::string("GET /metrics\r\n\r\n"),
        std::string("GET /metrics HTTP/9.9\r\n\r\n"),
        std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")}) {
    const std::string answer = Ask(garbage);
    EXPECT_TRUE(answer.empty() || absl::StartsWith(answer, "HTTP/1.1 400 ") ||
                absl::StartsWith(answer, "HTTP/1.1 505 "))
        << garbage << answer;
  }
  EXPECT_EQ(pages_, 0);
}

TEST_F(PageServerTest, RejectsTooLongRequestsBeforeTheirEnd) {
  const std::string much(1 << 20, 'a');
  EXPECT_THAT(Ask("GET /metrics HTTP/1.0\r\nX: " + much), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Ask("GET /" + much), StartsWith("HTTP/1.1 414 "));
  EXPECT_EQ(pages_, 0);
}

TEST_F(PageServerTest, AnswersOnceForEachConnection) {
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  Ask(absl::StrCat(request, request, request));
  EXPECT_EQ(pages_, 1);
}

TEST_F(PageServerTest, ServesManyClientsDespiteSilentOnes) {
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 200; ++i) {
    // Each client is served or evicted before the next one connects.
    silent.push_back(std::make_unique<Client>(*server_));
    silent.back()->Send("GET /met");
    EXPECT_THAT(Ask("GET /metrics HTTP/1.0\r\n\r\n"), EndsWith(absl::StrCat("page ", i + 1, "\n")));
  }
  EXPECT_EQ(silent.front()->Receive(), "") << "the oldest was evicted";
}

TEST_F(PageServerTest, ClientsThatDoNotReadDelayNobodyAndUseBoundedMemory) {
  padding_ = std::string(4 << 20, 'x');
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 40; ++i) {
    slow.push_back(std::make_unique<Client>(*server_));
    slow.back()->Send("GET /metrics HTTP/1.0\r\n\r\n");
    // The first byte shows that the answer has begun.
    EXPECT_THAT(Ask("HEAD /metrics HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  }
  const std::string cut = slow.front()->Receive();
  EXPECT_LT(cut.size(), padding_.size());
  const std::string whole = slow.back()->Receive();
  EXPECT_GT(whole.size(), padding_.size());
}

TEST_F(PageServerTest, HangsUpOnASilentClient) {
  PageServer::Options impatient;
  impatient.timeout_seconds = 1;
  server_ = Serve(impatient);
  EXPECT_EQ(Ask("GET /metrics HTTP/1.1\r\nHost: a\r\n"), "");
}

TEST_F(PageServerTest, ClientMayLeaveDuringAnAnswer) {
  padding_ = std::string(4 << 20, 'x');
  for (int i = 0; i < 20; ++i) Client(*server_).Send("GET /metrics HTTP/1.0\r\n\r\n");
  EXPECT_THAT(Ask("GET /metrics HTTP/1.0\r\n\r\n"), Not(testing::IsEmpty()));
}

TEST_F(PageServerTest, HangsUpOnAllClientsAtTheEnd) {
  Client client(*server_);
  client.Send("GET /met");
  server_ = nullptr;
  EXPECT_EQ(client.Receive(), "");
}

}  // namespace
}  // namespace hob
