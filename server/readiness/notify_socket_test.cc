#include "server/readiness/notify_socket.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

class NotifySocketTest : public testing::Test {
 protected:
  NotifySocket Bind() { return absl::get<NotifySocket>(NotifySocket::Bind(path_)); }

  UniqueFd Sender() {
    UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path_.data(), path_.size());
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  static void Send(const UniqueFd& fd, const std::string& text) {
    EXPECT_EQ(send(fd.get(), text.data(), text.size(), 0), text.size());
  }

  // Not in TempDir: a Unix socket's path must be shorter than 108 bytes.
  const std::string path_ = absl::StrCat("/tmp/hob-notify-test-", getpid());
};

TEST_F(NotifySocketTest, ReceivesDatagramsInOrderWithTheirSenders) {
  NotifySocket socket = Bind();
  EXPECT_FALSE(socket.Receive().has_value());
  const UniqueFd sender = Sender();
  Send(sender, "READY=1");
  Send(sender, "STATUS=two");
  const absl::optional<NotifySocket::Received> first = socket.Receive();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->sender, getpid());
  EXPECT_TRUE(first->message.ready);
  EXPECT_EQ(socket.Receive()->message.status, "two");
  EXPECT_FALSE(socket.Receive().has_value());
}

TEST_F(NotifySocketTest, SkipsEmptyAndHugeDatagrams) {
  NotifySocket socket = Bind();
  const UniqueFd sender = Sender();
  Send(sender, "");
  Send(sender, "READY=1\n" + std::string(5000, 'x'));
  Send(sender, "STATUS=sane");
  const absl::optional<NotifySocket::Received> received = socket.Receive();
  ASSERT_TRUE(received.has_value());
  EXPECT_FALSE(received->message.ready);
  EXPECT_EQ(received->message.status, "sane");
}

TEST_F(NotifySocketTest, ClosesPassedDescriptors) {
  NotifySocket socket = Bind();
  const UniqueFd sender = Sender();
  const int next_free = UniqueFd(dup(0)).get();
  alignas(cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))] = {};
  char text[] = "READY=1";
  iovec buffer = {text, strlen(text)};
  msghdr header = {};
  header.msg_iov = &buffer;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(3 * sizeof(int));
  const int sent[3] = {0, 0, 0};
  memcpy(CMSG_DATA(rights), sent, sizeof(sent));
  ASSERT_GT(sendmsg(sender.get(), &header, 0), 0);
  EXPECT_TRUE(socket.Receive()->message.ready);
  EXPECT_EQ(UniqueFd(dup(0)).get(), next_free);
}

TEST_F(NotifySocketTest, RemovesItsSocketAndReplacesAnOldOne) {
  {
    NotifySocket socket = Bind();
    struct stat status;
    ASSERT_EQ(stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0666u);
    NotifySocket moved = std::move(socket);
    EXPECT_EQ(stat(path_.c_str(), &status), 0);
  }
  struct stat status;
  EXPECT_NE(stat(path_.c_str(), &status), 0);
  const NotifySocket first = Bind();
  EXPECT_GE(Bind().fd(), 0);
}

TEST_F(NotifySocketTest, RecreatesADeletedDirectory) {
  const std::string directory = path_ + ".run";
  EXPECT_TRUE(absl::holds_alternative<NotifySocket>(NotifySocket::Bind(directory + "/notify/web")));
  EXPECT_EQ(rmdir((directory + "/notify").c_str()), 0);
  EXPECT_EQ(rmdir(directory.c_str()), 0);
}

TEST_F(NotifySocketTest, FailureToBindIsASpawnFailure) {
  const auto bound = NotifySocket::Bind("/proc/no/such/directory/socket");
  const auto* failure = absl::get_if<SpawnFailure>(&bound);
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->stage, "notify");
  EXPECT_EQ(failure->error_number, ENOENT);
  const auto too_long = NotifySocket::Bind("/" + std::string(200, 'x'));
  EXPECT_EQ(absl::get<SpawnFailure>(too_long).error_number, ENAMETOOLONG);
}

}  // namespace
}  // namespace hob
