#include "server/net/listener.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kGreeting = 'g';

// Handles a connection by a greeting. Thread-safe.
void Greet(UniqueFd connection) {
  // A caller that only probes for a server may have left already.
  send(connection.get(), &kGreeting, 1, MSG_NOSIGNAL);
}

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  EXPECT_LT(path.size(), sizeof(address.sun_path));
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

UniqueFd NewSocket() { return UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

bool Connect(const UniqueFd& fd, const std::string& path) {
  const sockaddr_un address = UnixAddress(path);
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

// Sends a byte and blocks until the server answers; returns its letter, or 0 if it hangs up.
char Greeting(const UniqueFd& fd) {
  char letter = 0;
  send(fd.get(), "?", 1, MSG_NOSIGNAL);
  const ssize_t length = read(fd.get(), &letter, 1);
  EXPECT_TRUE(length == 1 || length == 0 || errno == ECONNRESET);
  return length == 1 ? letter : 0;
}

char GreetingAt(const std::string& path) {
  const UniqueFd fd = NewSocket();
  EXPECT_TRUE(Connect(fd, path));
  return Greeting(fd);
}

// Returns a socket that listens at `path`, like another server's.
UniqueFd Occupy(const std::string& path, int backlog) {
  UniqueFd fd = NewSocket();
  const sockaddr_un address = UnixAddress(path);
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(listen(fd.get(), backlog), 0);
  return fd;
}

ino_t InodeOf(const std::string& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

UniqueFd ConnectTcp(const std::string& address) {
  int port = 0;
  EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
  return fd;
}

class ListenerTest : public testing::Test {
 protected:
  ListenerTest() {
    EXPECT_NE(mkdtemp(directory_.data()), nullptr);
    path_ = directory_ + "/hob.sock";
    address_ = "unix:" + path_;
  }
  ~ListenerTest() override {
    unlink(path_.c_str());
    EXPECT_EQ(rmdir(directory_.c_str()), 0) << "the directory is not empty";
  }

  // Starts a listener that greets its callers.
  std::unique_ptr<Listener> Serve(const std::string& address) {
    auto listener = std::make_unique<Listener>(Listener::Options(), journal_);
    const absl::Status opened = listener->Open(address);
    EXPECT_TRUE(opened.ok()) << opened;
    listener->Serve(Greet);
    return listener;
  }

  // Blocks until the socket's file exists.
  void AwaitSocket() const {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (InodeOf(path_) == 0) {
      ASSERT_LT(absl::Now(), deadline);
      poll(nullptr, 0, 1);
    }
  }

  // Not in the test's directory: the length of socket paths is limited.
  std::string directory_ = "/tmp/hobXXXXXX";
  std::string path_;
  std::string address_;
  Journal journal_;
};

TEST_F(ListenerTest, UnixSocketAnswersAndIsRemovedAtTheEnd) {
  {
    const std::unique_ptr<Listener> listener = Serve(address_);
    EXPECT_THAT(listener->addresses(), testing::ElementsAre(address_));
    EXPECT_EQ(GreetingAt(path_), kGreeting);
    EXPECT_EQ(GreetingAt(path_), kGreeting);
  }
  EXPECT_EQ(InodeOf(path_), 0);
}

TEST_F(ListenerTest, SocketHasItsModeAndGroupWithAnyUmask) {
  const mode_t before = umask(0777);
  Listener::Options options;
  options.socket_mode = 0600;
  options.socket_group = getgid();
  Listener listener(options, journal_);
  EXPECT_TRUE(listener.Open(address_).ok());
  umask(before);
  struct stat status;
  ASSERT_EQ(lstat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600);
  EXPECT_EQ(status.st_gid, getgid());
}

TEST_F(ListenerTest, RejectsADirectoryWhereAnyUserMayReplaceTheSocket) {
  ASSERT_EQ(chmod(directory_.c_str(), 0777), 0);
  Listener listener(Listener::Options(), journal_);
  const absl::Status status = listener.Open(address_);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("any user may replace files in"));
  EXPECT_EQ(InodeOf(path_), 0);
  // The directory is sticky, like /tmp.
  ASSERT_EQ(chmod(directory_.c_str(), 01777), 0);
  EXPECT_TRUE(listener.Open(address_).ok());
}

TEST_F(ListenerTest, LeavesAPlantedLinkAlone) {
  const std::string victim = directory_ + "/victim";
  std::ofstream(victim) << "untouched";
  ASSERT_EQ(symlink(victim.c_str(), path_.c_str()), 0);
  Listener listener(Listener::Options(), journal_);
  EXPECT_EQ(listener.Open(address_).code(), absl::StatusCode::kFailedPrecondition);
  std::string text;
  std::ifstream(victim) >> text;
  EXPECT_EQ(text, "untouched");
  EXPECT_EQ(unlink(victim.c_str()), 0);
}

TEST_F(ListenerTest, ReplacesAStaleSocket) {
  Occupy(path_, 1).Reset();
  ASSERT_NE(InodeOf(path_), 0);
  const std::unique_ptr<Listener> listener = Serve(address_);
  EXPECT_EQ(GreetingAt(path_), kGreeting);
}

TEST_F(ListenerTest, LeavesALiveSocketAlone) {
  const std::unique_ptr<Listener> first = Serve(address_);
  const ino_t inode = InodeOf(path_);
  {
    Listener second(Listener::Options(), journal_);
    const absl::Status status = second.Open(address_);
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_THAT(std::string(status.message()), HasSubstr("another server answers at this path"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(address_));
  }
  EXPECT_EQ(InodeOf(path_), inode);
  EXPECT_EQ(GreetingAt(path_), kGreeting);
}

TEST_F(ListenerTest, LeavesAHungServerAloneWithoutWaiting) {
  const UniqueFd hanging = Occupy(path_, 0);
  // Fills the queue: another caller would wait forever.
  const UniqueFd waiting = NewSocket();
  ASSERT_TRUE(Connect(waiting, path_));
  const ino_t inode = InodeOf(path_);
  Listener listener(Listener::Options(), journal_);
  const absl::Status status = listener.Open(address_);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("does not answer"));
  EXPECT_EQ(InodeOf(path_), inode);
}

TEST_F(ListenerTest, LeavesOtherFilesAlone) {
  std::ofstream(path_) << "precious";
  Listener listener(Listener::Options(), journal_);
  const absl::Status status = listener.Open(address_);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("a file that is not a socket"));
  std::string text;
  std::ifstream(path_) >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(ListenerTest, DoesNotRemoveAForeignSocket) {
  std::unique_ptr<Listener> listener = Serve(address_);
  unlink(path_.c_str());
  const UniqueFd other = Occupy(path_, 1);
  const ino_t inode = InodeOf(path_);
  listener = nullptr;
  EXPECT_EQ(InodeOf(path_), inode);
}

TEST_F(ListenerTest, RestoresARemovedSocket) {
  Listener::Options options;
  options.restore_delay = absl::ZeroDuration();
  Listener listener(options, journal_);
  ASSERT_TRUE(listener.Open(address_).ok());
  listener.Serve(Greet);
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(unlink(path_.c_str()), 0);
    AwaitSocket();
    EXPECT_EQ(GreetingAt(path_), kGreeting);
  }
  // Restores a renamed socket too.
  const std::string elsewhere = directory_ + ".moved";
  ASSERT_EQ(rename(path_.c_str(), elsewhere.c_str()), 0);
  AwaitSocket();
  EXPECT_EQ(GreetingAt(path_), kGreeting);
  EXPECT_EQ(unlink(elsewhere.c_str()), 0);
}

TEST_F(ListenerTest, RestoreRecreatesSocketAndDirectory) {
  Listener::Options options;
  options.restore_delay = absl::InfiniteDuration();
  Listener listener(options, journal_);
  ASSERT_TRUE(listener.Open(address_).ok());
  listener.Serve(Greet);
  const ino_t inode = InodeOf(path_);
  listener.Restore();
  EXPECT_EQ(GreetingAt(path_), kGreeting);
  EXPECT_EQ(InodeOf(path_), inode) << "an existing socket stays";
  ASSERT_EQ(unlink(path_.c_str()), 0);
  ASSERT_EQ(rmdir(directory_.c_str()), 0);
  listener.Restore();
  AwaitSocket();
  EXPECT_EQ(GreetingAt(path_), kGreeting);
}

TEST_F(ListenerTest, DoesNotRestoreOverAnotherServer) {
  Listener::Options options;
  options.restore_delay = absl::InfiniteDuration();
  Listener listener(options, journal_);
  ASSERT_TRUE(listener.Open(address_).ok());
  ASSERT_TRUE(listener.Open("127.0.0.1:0").ok());
  listener.Serve(Greet);
  ASSERT_EQ(unlink(path_.c_str()), 0);
  const UniqueFd other = Occupy(path_, 100);
  const ino_t inode = InodeOf(path_);
  listener.Restore();
  EXPECT_EQ(Greeting(ConnectTcp(listener.addresses()[1])), kGreeting);
  EXPECT_EQ(InodeOf(path_), inode);
}

TEST_F(ListenerTest, NamesAMissingDirectory) {
  Listener listener(Listener::Options(), journal_);
  const absl::Status status = listener.Open("unix:" + directory_ + "/missing/hob.sock");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("No such file or directory"));
}

TEST_F(ListenerTest, AcceptsTheLongestSocketPath) {
  const size_t longest = sizeof(sockaddr_un().sun_path) - 1;
  ASSERT_LT(directory_.size() + 2, longest);
  const std::string path = directory_ + "/" + std::string(longest - directory_.size() - 1, 's');
  {
    const std::unique_ptr<Listener> listener = Serve("unix:" + path);
    EXPECT_EQ(GreetingAt(path), kGreeting);
  }
  Listener listener(Listener::Options(), journal_);
  const absl::Status status = listener.Open("unix:" + path + "s");
  EXPECT_THAT(std::string(status.message()), HasSubstr("File name too long"));
}

// ---- TCP.

TEST_F(ListenerTest, PortZeroBecomesARealPort) {
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const std::unique_ptr<Listener> listener = Serve(absl::StrCat(host, ":0"));
    const std::string address = listener->addresses()[0];
    EXPECT_THAT(address, StartsWith(absl::StrCat(host, ":")));
    EXPECT_NE(address, absl::StrCat(host, ":0"));
    EXPECT_EQ(Greeting(ConnectTcp(address)), kGreeting);
  }
}

TEST_F(ListenerTest, RejectsAPortInUse) {
  const std::unique_ptr<Listener> first = Serve("127.0.0.1:0");
  Listener second(Listener::Options(), journal_);
  const absl::Status status = second.Open(first->addresses()[0]);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Address already in use"));
}

TEST_F(ListenerTest, PortIsFreeRightAfterItsServer) {
  std::unique_ptr<Listener> first = Serve("127.0.0.1:0");
  const std::string address = first->addresses()[0];
  const UniqueFd client = ConnectTcp(address);
  EXPECT_EQ(Greeting(client), kGreeting);
  first = nullptr;
  EXPECT_EQ(Greeting(ConnectTcp(Serve(address)->addresses()[0])), kGreeting);
}

TEST_F(ListenerTest, EachAddressHasItsHandler) {
  Listener listener(Listener::Options(), journal_);
  ASSERT_TRUE(listener.Open("127.0.0.1:0").ok());
  ASSERT_TRUE(listener.Open(address_).ok());
  listener.Serve(Greet);
  ASSERT_EQ(listener.addresses().size(), 2);
  EXPECT_EQ(Greeting(ConnectTcp(listener.addresses()[0])), kGreeting);
  EXPECT_EQ(GreetingAt(path_), kGreeting);
}

TEST_F(ListenerTest, ServesASlowCaller) {
  const std::unique_ptr<Listener> listener = Serve(address_);
  const UniqueFd slow = NewSocket();
  ASSERT_TRUE(Connect(slow, path_));
  EXPECT_EQ(GreetingAt(path_), kGreeting);
  EXPECT_EQ(Greeting(slow), kGreeting);
}

TEST_F(ListenerTest, SilentCallersHoldFewDescriptorsAndDelayNobody) {
  const std::unique_ptr<Listener> listener = Serve(address_);
  std::vector<UniqueFd> silent;
  for (int i = 0; i < 3 * SilentConnections::kMaxConnections; ++i) {
    silent.push_back(NewSocket());
    ASSERT_TRUE(Connect(silent.back(), path_));
  }
  EXPECT_EQ(GreetingAt(path_), kGreeting);
  // Blocks until the listener has hung up on all but the latest callers.
  char byte;
  for (int i = 0; i < 2 * SilentConnections::kMaxConnections; ++i) {
    EXPECT_EQ(read(silent[i].get(), &byte, 1), 0);
  }
  EXPECT_EQ(Greeting(silent.back()), kGreeting);
}

// Returns the highest descriptor in use.
int HighestDescriptor() {
  int highest = 0;
  DIR* directory = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(directory)) {
    int fd = 0;
    if (absl::SimpleAtoi(entry->d_name, &fd) && fd != dirfd(directory))
      highest = std::max(highest, fd);
  }
  closedir(directory);
  return highest;
}

// Takes all remaining descriptors.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
    rlimit few = before_;
    few.rlim_cur = HighestDescriptor() + 1;
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    while (true) {
      UniqueFd taken(open("/dev/null", O_RDONLY | O_CLOEXEC));
      if (!taken.ok()) break;
      taken_.push_back(std::move(taken));
    }
    EXPECT_EQ(errno, EMFILE);
  }
  ~NoDescriptorsLeft() {
    taken_.clear();
    setrlimit(RLIMIT_NOFILE, &before_);
  }

 private:
  rlimit before_;
  std::vector<UniqueFd> taken_;
};

TEST_F(ListenerTest, RejectsCallersOnlyWhileDescriptorsAreExhausted) {
  const std::unique_ptr<Listener> listener = Serve(address_);
  constexpr int kCallers = 50;
  std::vector<UniqueFd> callers;
  for (int i = 0; i < kCallers; ++i) callers.push_back(NewSocket());
  {
    NoDescriptorsLeft none_left;
    for (const UniqueFd& caller : callers) {
      ASSERT_TRUE(Connect(caller, path_));
      EXPECT_EQ(Greeting(caller), 0) << "rejected rather than left waiting";
    }
  }
  EXPECT_EQ(GreetingAt(path_), kGreeting);
  EXPECT_EQ(listener->shed(), kCallers);
}

TEST_F(ListenerTest, OpenFailsWithoutAWakeDescriptor) {
  Listener listener(Listener::Options(), journal_);
  NoDescriptorsLeft none_left;
  const absl::Status opened = listener.Open(address_);
  EXPECT_EQ(opened.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(opened.message(), "cannot listen on " + address_ + ": eventfd: Too many open files");
}

}  // namespace
}  // namespace hob
