#include "server/supervisor/thread_worker.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/errors/errors.h"
#include "server/supervisor/thread_memory.h"

namespace hob {
namespace {

// A signal to its thread wakes a worker. A signal uses no descriptor, and descriptors are the
// scarcest resource of a machine. All threads block the signal, except the workers in ppoll, which
// unblocks it atomically, so no wake-up is lost. SIGURG is ignored by default, and hob does not use
// it otherwise.
constexpr int kWakeSignal = SIGURG;

// Pause of a worker after an exception, so that a repeating defect does not spin.
constexpr absl::Duration kPauseAfterDefect = absl::Seconds(1);

void Woken(int) {}

void InstallWakeSignal() {
  static const bool installed = [] {
    struct sigaction action = {};
    action.sa_handler = Woken;
    return sigaction(kWakeSignal, &action, nullptr) == 0;
  }();
  static_cast<void>(installed);
}

sigset_t AllButWakeSignal() {
  sigset_t set;
  sigfillset(&set);
  sigdelset(&set, kWakeSignal);
  return set;
}

// Enough for the deepest call path, including the formatting of a log line; untouched pages cost no
// memory. The C library also puts thread-local storage there, of which glog has 30 KB. Sanitizers
// need more.
#ifdef HOB_SANITIZER
constexpr size_t kStackSize = 1 << 20;
#else
constexpr size_t kStackSize = 128 << 10;
#endif

}  // namespace

absl::StatusOr<std::unique_ptr<ThreadWorker>> ThreadWorker::Create(
    std::shared_ptr<const DaemonSpec> spec, const DaemonRunner::Context& context) {
  InstallWakeSignal();
  const std::string name = spec->name;
  std::unique_ptr<ThreadWorker> worker(new ThreadWorker(std::move(spec), context));
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackSize);
  // The thread starts with all signals blocked, regardless of its creator's mask.
  sigset_t all;
  sigfillset(&all);
  pthread_attr_setsigmask_np(&attributes, &all);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, Run, worker.get());
  pthread_attr_destroy(&attributes);
  if (error == 0) {
    worker->thread_ = thread;
    return worker;
  }
  worker->mailbox_.Close(absl::OkStatus());
  context.registry->Remove(name);
  return NoRoom(absl::StrCat("no thread can be made for '", name, "': ", strerror(error),
                             "; raise the limit of processes and threads (ulimit -u, "
                             "kernel.threads-max, TasksMax)"));
}

ThreadWorker::~ThreadWorker() {
  if (thread_.has_value()) pthread_join(*thread_, nullptr);
}

void ThreadWorker::Post(Command command, const absl::Status& refusal) {
  mailbox_.Post(std::move(command), refusal, [this] { Wake(); });
}

void ThreadWorker::Wake() {
  static const pid_t process = getpid();
  const pid_t number = number_;
  // pthread_kill(3) would take four system calls, one after the other for each of a thousand
  // workers at shutdown.
  if (number != 0) syscall(SYS_tgkill, process, number, kWakeSignal);
}

void* ThreadWorker::Run(void* worker) {
  static_cast<ThreadWorker*>(worker)->Loop();
  return nullptr;
}

void ThreadWorker::Loop() {
  const ThreadMemory memory;
  memory.ReleaseZeros();
  std::vector<pollfd> fds;
  MonotonicTime released_after;
  number_ = gettid();
  while (true) {
    const bool survived = Act();
    if (runner_.finished()) break;
    fds.clear();
    MonotonicTime deadline = clock_.Now().monotonic + kPauseAfterDefect;
    if (survived) {
      deadline = runner_.NextDeadline();
      runner_.AppendPollFds(fds);
    }
    // Releasing memory briefly stops the other processors. A spawn uses the deepest stack, and a
    // long sleep usually follows it.
    const MonotonicTime spawned = runner_.last_spawned();
    if (std::exchange(released_after, spawned) != spawned) memory.ReleaseDeadStack();
    Wait(fds, deadline);
  }
  mailbox_.Close(runner_.refusal());
}

bool ThreadWorker::Act() {
  bool survived = true;
  for (Command& command : mailbox_.Take()) {
    const Command::Done done = command.done;
    if (Survive([&] { runner_.Handle(std::move(command)); })) continue;
    survived = false;
    // A command calls `done` as its last step, so it has not been answered yet.
    if (done) done(absl::InternalError(absl::StrCat("the command failed for '", name_, "'")));
  }
  return Survive([this] { runner_.Step(); }) && survived;
}

bool ThreadWorker::Survive(absl::FunctionRef<void()> act) {
  try {
    act();
    return true;
  } catch (const std::exception& error) {
    journal_.Error({name_, "defect"}, absl::StrCat(name_, " defect in hobd, which goes on: ",
                                                   error.what(), "; please report it"));
    return false;
  }
}

void ThreadWorker::Wait(std::vector<pollfd>& fds, MonotonicTime deadline) {
  static const sigset_t mask = AllButWakeSignal();
  timespec timeout;
  timespec* bound = nullptr;
  if (deadline != MonotonicTime::InfiniteFuture()) {
    timeout = absl::ToTimespec(std::max(deadline - clock_.Now().monotonic, absl::ZeroDuration()));
    bound = &timeout;
  }
  // The loop checks everything again after any result, EINTR included.
  ppoll(fds.data(), fds.size(), bound, &mask);
}

ThreadWorkforce& ThreadWorkforce::Get() {
  static ThreadWorkforce& workforce = *new ThreadWorkforce;
  return workforce;
}

absl::StatusOr<std::unique_ptr<Worker>> ThreadWorkforce::Make(
    std::shared_ptr<const DaemonSpec> spec, const DaemonRunner::Context& context) {
  return ThreadWorker::Create(std::move(spec), context);
}

}  // namespace hob
