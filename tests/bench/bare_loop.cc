// The least that keeps daemons up, as the measure of what a supervisor costs:
//
//   bare_loop FOLDER DAEMONS CHILD LEDGER
//
// One thread, one epoll over a pidfd and two FIFOs a daemon. Starts "CHILD LEDGER INDEX" for each
// INDEX below DAEMONS, starts each again as soon as it has ended, appends what it writes to a file,
// and on TERM ends all of them and itself. FIFOs and files lie in FOLDER, which exists. Knows no
// throttle, no states, no trees of processes and nobody who asks.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "server/process/unique_fd.h"
#include "tests/bench/bare_child.h"

namespace hob {
namespace bench {
namespace {

constexpr int kEventsAtOnce = 64;
constexpr size_t kBufferBytes = 64 << 10;

[[noreturn]] void Die(const std::string& what, int error) {
  fprintf(stderr, "bare_loop: %s: %s\n", what.c_str(), strerror(error));
  exit(1);
}

struct Daemon {
  BareCommand command;
  BareProcess process;
  UniqueFd out;
  UniqueFd err;
};

class BareLoop {
 public:
  BareLoop(std::string folder, std::vector<std::string> child, int daemons);
  void Run();

 private:
  // What an event is about; with the daemon's index it makes up its data.
  enum Source { kEnd, kOutput, kErrorOutput, kSignal };

  void Watch(int fd, Source source, int index);
  UniqueFd MakeFifo(const std::string& path, Source source, int index);
  void Make(int index, const std::string& folder, const std::vector<std::string>& child);
  void Spawn(int index);
  void Handle(Source source, int index);
  void Ended(int index);
  static void Carry(const UniqueFd& fifo, const std::string& path);
  void EndAll();

  const UniqueFd epoll_{epoll_create1(EPOLL_CLOEXEC)};
  UniqueFd signals_;
  // The write end of what children have as standard input.
  UniqueFd stdin_write_;
  UniqueFd stdin_read_;
  rlimit child_limit_ = {};
  std::vector<Daemon> daemons_;
  bool ending_ = false;
  int live_ = 0;
};

BareLoop::BareLoop(std::string folder, std::vector<std::string> child, int daemons)
    : daemons_(daemons) {
  getrlimit(RLIMIT_NOFILE, &child_limit_);
  const rlimit own_limit = {child_limit_.rlim_max, child_limit_.rlim_max};
  setrlimit(RLIMIT_NOFILE, &own_limit);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0 || ends[0] > kHighestKept) Die("pipe2", errno);
  stdin_read_.Reset(ends[0]);
  stdin_write_.Reset(ends[1]);
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_SETMASK, &term, nullptr);
  signals_.Reset(signalfd(-1, &term, SFD_CLOEXEC));
  Watch(signals_.get(), kSignal, 0);
  for (int i = 0; i < daemons; ++i) Make(i, folder, child);
}

void BareLoop::Watch(int fd, Source source, int index) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<uint64_t>(source) << 32 | static_cast<uint32_t>(index);
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) Die("epoll_ctl", errno);
}

UniqueFd BareLoop::MakeFifo(const std::string& path, Source source, int index) {
  if (mkfifo(path.c_str(), 0600) != 0) Die(path, errno);
  UniqueFd fifo(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fifo.ok()) Die(path, errno);
  Watch(fifo.get(), source, index);
  return fifo;
}

void BareLoop::Make(int index, const std::string& folder, const std::vector<std::string>& child) {
  Daemon& daemon = daemons_[index];
  daemon.command.argv = child;
  daemon.command.argv.push_back(std::to_string(index));
  daemon.command.out_path = folder + "/" + std::to_string(index) + ".out";
  daemon.command.err_path = folder + "/" + std::to_string(index) + ".err";
  daemon.command.stdin_fd = stdin_read_.get();
  daemon.command.limit_nofile = child_limit_;
  daemon.out = MakeFifo(daemon.command.out_path, kOutput, index);
  daemon.err = MakeFifo(daemon.command.err_path, kErrorOutput, index);
}

void BareLoop::Spawn(int index) {
  Daemon& daemon = daemons_[index];
  daemon.process = SpawnBare(daemon.command);
  if (daemon.process.pid < 0) Die(daemon.command.argv[0], -daemon.process.pid);
  Watch(daemon.process.pidfd.get(), kEnd, index);
  ++live_;
}

void BareLoop::Run() {
  for (int i = 0; i < daemons_.size(); ++i) Spawn(i);
  epoll_event events[kEventsAtOnce];
  while (live_ > 0) {
    const int count = epoll_wait(epoll_.get(), events, kEventsAtOnce, -1);
    for (int i = 0; i < count; ++i) {
      const uint64_t data = events[i].data.u64;
      Handle(static_cast<Source>(data >> 32), static_cast<int>(data & 0xffffffff));
    }
  }
}

void BareLoop::Handle(Source source, int index) {
  const Daemon& daemon = daemons_[index];
  switch (source) {
    case kEnd:
      return Ended(index);
    case kOutput:
      return Carry(daemon.out, daemon.command.out_path);
    case kErrorOutput:
      return Carry(daemon.err, daemon.command.err_path);
    case kSignal:
      return EndAll();
  }
}

void BareLoop::Ended(int index) {
  siginfo_t info;
  waitid(P_PIDFD, daemons_[index].process.pidfd.get(), &info, WEXITED);
  daemons_[index].process.pidfd.Reset();
  --live_;
  if (!ending_) Spawn(index);
}

void BareLoop::Carry(const UniqueFd& fifo, const std::string& path) {
  static char buffer[kBufferBytes];
  const ssize_t size = read(fifo.get(), buffer, sizeof(buffer));
  if (size <= 0) return;
  const UniqueFd log(
      open((path + ".log").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  if (write(log.get(), buffer, size) != size) Die(path, errno);
}

void BareLoop::EndAll() {
  signalfd_siginfo info;
  if (read(signals_.get(), &info, sizeof(info)) != sizeof(info)) return;
  ending_ = true;
  for (const Daemon& daemon : daemons_) {
    if (!daemon.process.pidfd.ok()) continue;
    syscall(SYS_pidfd_send_signal, daemon.process.pidfd.get(), SIGTERM, nullptr, 0);
  }
}

}  // namespace
}  // namespace bench
}  // namespace hob

int main(int argc, char** argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: bare_loop FOLDER DAEMONS CHILD LEDGER\n");
    return 2;
  }
  hob::bench::BareLoop(argv[1], {argv[3], argv[4]}, atoi(argv[2])).Run();
}
