// Measures the cost of hobd's architecture by itself, without its work:
//
//   bare_threads DIRECTORY DAEMONS CHILD LEDGER
//
// Does the same as bare_loop, but with a thread and, if the machine has them, a control group for
// each daemon. It removes the groups one by one after all daemons have ended, the fastest order of
// those measured.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "server/posix/unique_fd.h"
#include "server/process/tree/containment.h"
#include "tests/bench/bare_daemon.h"

namespace hob {
namespace bench {
namespace {

constexpr size_t kStackBytes = 64 << 10;

class BareThreads {
 public:
  BareThreads(std::string directory, std::vector<std::string> child, int daemons);
  // Returns after a TERM, when all daemons have ended.
  void Run();

 private:
  struct Worker {
    BareDaemon daemon;
    BareThreads* all;
    // Empty without control groups.
    std::string group;
    // Guards the process against EndAll.
    std::mutex mu;

    Worker(BareCommand command, BareThreads* threads) : daemon(std::move(command)), all(threads) {}
  };

  void MakeGroup(const std::string& path, Worker& worker);
  static void StartThread(Worker& worker);
  static void* Work(void* worker);
  // Spawns the process; returns false once EndAll has begun.
  bool Spawn(Worker& worker);
  void EndAll();
  void RemoveGroups();

  const BareSetup setup_;
  const Containment containment_;
  std::deque<Worker> workers_;
  std::atomic<bool> ending_{false};
  std::mutex mu_;
  std::condition_variable ended_;
  // Guarded by mu_.
  int live_ = 0;
};

BareThreads::BareThreads(std::string directory, std::vector<std::string> child, int daemons)
    : setup_(std::move(directory), std::move(child)),
      containment_(ProbeContainment(setup_.directory())),
      live_(daemons) {
  // Block TERM in every thread.
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_SETMASK, &term, nullptr);
  for (int i = 0; i < daemons; ++i) {
    Worker& worker = workers_.emplace_back(setup_.CommandOf(i), this);
    if (containment_.mode == ContainmentMode::kControlGroup) {
      MakeGroup(DaemonGroup(containment_.group, std::to_string(i)), worker);
    }
  }
}

void BareThreads::MakeGroup(const std::string& path, Worker& worker) {
  if (mkdir(path.c_str(), 0755) != 0) Die(path, errno);
  worker.group = path;
}

void BareThreads::StartThread(Worker& worker) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, Work, &worker);
  if (error != 0) Die("pthread_create", error);
  pthread_attr_destroy(&attributes);
}

void BareThreads::Run() {
  for (Worker& worker : workers_) StartThread(worker);
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  int signal = 0;
  sigwait(&term, &signal);
  EndAll();
  {
    std::unique_lock<std::mutex> lock(mu_);
    ended_.wait(lock, [this] { return live_ == 0; });
  }
  RemoveGroups();
}

void BareThreads::EndAll() {
  ending_ = true;
  for (Worker& worker : workers_) {
    const std::lock_guard<std::mutex> lock(worker.mu);
    worker.daemon.Terminate();
  }
}

bool BareThreads::Spawn(Worker& worker) {
  const std::lock_guard<std::mutex> lock(worker.mu);
  if (ending_) return false;
  // Closed on return, because descriptors are scarce.
  UniqueFd group;
  if (!worker.group.empty()) {
    group.Reset(open(worker.group.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!group.ok()) Die(worker.group, errno);
    worker.daemon.command.cgroup_fd = group.get();
  }
  worker.daemon.Spawn();
  return true;
}

void* BareThreads::Work(void* argument) {
  auto& worker = *static_cast<Worker*>(argument);
  BareDaemon& daemon = worker.daemon;
  while (worker.all->Spawn(worker)) {
    pollfd fds[] = {{daemon.process.pidfd.get(), POLLIN, 0},
                    {daemon.out.get(), POLLIN, 0},
                    {daemon.err.get(), POLLIN, 0}};
    do {
      if (poll(fds, 3, -1) < 0) continue;
      if (fds[1].revents != 0) daemon.DrainOut();
      if (fds[2].revents != 0) daemon.DrainErr();
    } while (fds[0].revents == 0);
    const std::lock_guard<std::mutex> lock(worker.mu);
    daemon.Reap();
  }
  const std::lock_guard<std::mutex> lock(worker.all->mu_);
  if (--worker.all->live_ == 0) worker.all->ended_.notify_one();
  return nullptr;
}

void BareThreads::RemoveGroups() {
  if (containment_.mode != ContainmentMode::kControlGroup) return;
  for (const Worker& worker : workers_) rmdir(worker.group.c_str());
  rmdir(containment_.group.c_str());
}

}  // namespace
}  // namespace bench
}  // namespace hob

int main(int argc, char** argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: bare_threads DIRECTORY DAEMONS CHILD LEDGER\n");
    return 2;
  }
  // Never destroyed: some threads may still be ending.
  auto& threads = *new hob::bench::BareThreads(argv[1], {argv[3], argv[4]}, atoi(argv[2]));
  threads.Run();
  _exit(0);
}
