// The minimum that keeps daemons up, as the baseline for the cost of a supervisor:
//
//   bare_loop DIRECTORY DAEMONS CHILD LEDGER
//
// One thread, one epoll over a pidfd and two FIFOs per daemon. Starts "CHILD LEDGER INDEX" for each
// INDEX below DAEMONS, restarts each as soon as it has ended, appends its output to a file, and on
// TERM ends all of them and itself. FIFOs and files are in DIRECTORY, which exists. It has no
// throttle, no states, no process trees and no API.
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "server/posix/unique_fd.h"
#include "tests/bench/bare_daemon.h"

namespace hob {
namespace bench {
namespace {

constexpr int kEventsAtOnce = 64;

class BareLoop {
 public:
  BareLoop(std::string directory, std::vector<std::string> child, int daemons);
  void Run();

 private:
  // The source of an event; together with the daemon's index, the event's data.
  enum Source { kEnd, kOutput, kErrorOutput, kSignal };

  void Watch(int fd, Source source, int index);
  void Spawn(int index);
  void Handle(Source source, int index);
  void Ended(int index);
  void EndAll();

  const BareSetup setup_;
  const UniqueFd epoll_{epoll_create1(EPOLL_CLOEXEC)};
  UniqueFd signals_;
  std::vector<BareDaemon> daemons_;
  bool ending_ = false;
  int live_ = 0;
};

BareLoop::BareLoop(std::string directory, std::vector<std::string> child, int daemons)
    : setup_(std::move(directory), std::move(child)) {
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_SETMASK, &term, nullptr);
  signals_.Reset(signalfd(-1, &term, SFD_CLOEXEC));
  Watch(signals_.get(), kSignal, 0);
  daemons_.reserve(daemons);
  for (int i = 0; i < daemons; ++i) {
    const BareDaemon& daemon = daemons_.emplace_back(setup_.CommandOf(i));
    Watch(daemon.out.get(), kOutput, i);
    Watch(daemon.err.get(), kErrorOutput, i);
  }
}

void BareLoop::Watch(int fd, Source source, int index) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<uint64_t>(source) << 32 | static_cast<uint32_t>(index);
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) Die("epoll_ctl", errno);
}

void BareLoop::Spawn(int index) {
  daemons_[index].Spawn();
  Watch(daemons_[index].process.pidfd.get(), kEnd, index);
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
  switch (source) {
    case kEnd:
      return Ended(index);
    case kOutput:
      return daemons_[index].DrainOut();
    case kErrorOutput:
      return daemons_[index].DrainErr();
    case kSignal:
      return EndAll();
  }
}

void BareLoop::Ended(int index) {
  daemons_[index].Reap();
  --live_;
  if (!ending_) Spawn(index);
}

void BareLoop::EndAll() {
  signalfd_siginfo info;
  if (read(signals_.get(), &info, sizeof(info)) != sizeof(info)) return;
  ending_ = true;
  for (const BareDaemon& daemon : daemons_) daemon.Terminate();
}

}  // namespace
}  // namespace bench
}  // namespace hob

int main(int argc, char** argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: bare_loop DIRECTORY DAEMONS CHILD LEDGER\n");
    return 2;
  }
  hob::bench::BareLoop(argv[1], {argv[3], argv[4]}, atoi(argv[2])).Run();
}
