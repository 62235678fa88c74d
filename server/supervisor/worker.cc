#include "server/supervisor/worker.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/errors/errors.h"
#include "server/supervisor/thread_memory.h"

namespace hob {
namespace {

// A worker is woken by a signal to its thread: that costs no descriptor, and descriptors are what a
// machine has least of. The signal is blocked everywhere but in the workers' ppoll, which lets it
// in atomically, so that no wake-up is lost. SIGURG is ignored by default and used by nobody here.
constexpr int kWakeSignal = SIGURG;

void Woken(int) {}

void InstallWakeSignal() {
  static const bool installed = [] {
    struct sigaction action = {};
    action.sa_handler = Woken;
    return sigaction(kWakeSignal, &action, nullptr) == 0;
  }();
  static_cast<void>(installed);
}

// What a worker blocks. Not SIGCHLD, the default action of which is nothing: where it is blocked,
// the kernel looks at every thread of the process at the end of every child for one that takes it,
// and wakes the main thread, which has no use for the end of a worker's child.
sigset_t BlockedByWorkers() {
  sigset_t set;
  sigfillset(&set);
  sigdelset(&set, SIGCHLD);
  return set;
}

sigset_t AllButWakeSignal() {
  sigset_t set = BlockedByWorkers();
  sigdelset(&set, kWakeSignal);
  return set;
}

// Enough for the deepest path, the formatting of a log line included; only what is touched costs
// memory. The C library puts thread-local storage there too, of which glog has 30 KB. Sanitizers
// need more.
#ifdef HOB_SANITIZER
constexpr size_t kStackSize = 1 << 20;
#else
constexpr size_t kStackSize = 128 << 10;
#endif

}  // namespace

absl::StatusOr<std::unique_ptr<Worker>> Worker::Create(std::shared_ptr<const DaemonSpec> spec,
                                                       const DaemonRunner::Context& context) {
  InstallWakeSignal();
  const std::string name = spec->name;
  std::unique_ptr<Worker> worker(new Worker(std::move(spec), context));
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackSize);
  // Whatever its maker has.
  const sigset_t blocked = BlockedByWorkers();
  pthread_attr_setsigmask_np(&attributes, &blocked);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, Run, worker.get());
  pthread_attr_destroy(&attributes);
  if (error == 0) {
    worker->thread_ = thread;
    return worker;
  }
  worker->CloseMailbox(absl::OkStatus());
  context.registry->Remove(name);
  return NoRoom(absl::StrCat("no thread can be made for '", name, "': ", strerror(error),
                             "; raise the limit of processes and threads (ulimit -u, "
                             "kernel.threads-max, TasksMax)"));
}

Worker::~Worker() {
  if (thread_.has_value()) pthread_join(*thread_, nullptr);
}

bool Worker::HasEnded() const {
  absl::MutexLock lock(&mu_);
  return closed_;
}

void Worker::Post(Command command, const absl::Status& refusal) {
  {
    absl::MutexLock lock(&mu_);
    if (!closed_) {
      mailbox_.push_back(std::move(command));
      // The thread cannot be gone: it closes the mailbox before it ends.
      pthread_kill(*thread_, kWakeSignal);
      return;
    }
  }
  if (command.done) command.done(refusal);
}

void* Worker::Run(void* worker) {
  static_cast<Worker*>(worker)->Loop();
  return nullptr;
}

void Worker::Loop() {
  const ThreadMemory memory;
  memory.ReleaseZeros();
  std::vector<pollfd> fds;
  MonotonicTime released_after;
  while (true) {
    for (Command& command : TakeMail()) runner_.Handle(std::move(command));
    runner_.Step();
    if (runner_.finished()) break;
    fds.clear();
    runner_.AppendPollFds(fds);
    // It stops the other processors for a moment. A spawn goes deepest, and mostly a long sleep
    // follows it.
    const MonotonicTime spawned = runner_.last_spawned();
    if (std::exchange(released_after, spawned) != spawned) memory.ReleaseDeadStack();
    Wait(fds);
  }
  CloseMailbox(runner_.refusal());
}

std::vector<Command> Worker::TakeMail() {
  absl::MutexLock lock(&mu_);
  return std::exchange(mailbox_, {});
}

void Worker::Wait(std::vector<pollfd>& fds) {
  static const sigset_t mask = AllButWakeSignal();
  const MonotonicTime deadline = runner_.NextDeadline();
  timespec timeout;
  timespec* bound = nullptr;
  if (deadline != MonotonicTime::InfiniteFuture()) {
    timeout = absl::ToTimespec(std::max(deadline - clock_.Now().monotonic, absl::ZeroDuration()));
    bound = &timeout;
  }
  // Whatever it returns, EINTR included, the loop looks at everything again.
  ppoll(fds.data(), fds.size(), bound, &mask);
}

void Worker::CloseMailbox(const absl::Status& refusal) {
  std::vector<Command> late;
  {
    absl::MutexLock lock(&mu_);
    closed_ = true;
    late = std::exchange(mailbox_, {});
  }
  for (Command& command : late) {
    if (command.done) command.done(refusal);
  }
}

}  // namespace hob
