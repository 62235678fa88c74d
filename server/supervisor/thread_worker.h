#ifndef HOB_SERVER_SUPERVISOR_THREAD_WORKER_H_
#define HOB_SERVER_SUPERVISOR_THREAD_WORKER_H_

#include <poll.h>
#include <pthread.h>
#include <sys/types.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "server/journal/journal.h"
#include "server/supervisor/mailbox.h"
#include "server/supervisor/thread_alarm.h"
#include "server/supervisor/worker.h"
#include "server/sync/mutex.h"

namespace hob {

// The thread of one daemon: it waits in one blocking call for the child, the mailbox or a deadline,
// and lets the runner act. Only this thread spawns and reaps the daemon's processes.
//
// Whoever ends all daemons would wake up a thousand threads, one after the other, only for each to
// send a signal and to sleep on. Where the thread sleeps and no more than that is to be done,
// kShutDown is therefore handled by the thread that posts it.
//
// Thread-safe.
class ThreadWorker : public Worker {
 public:
  // Starts the thread; see Workforce::Make.
  static absl::StatusOr<std::unique_ptr<ThreadWorker>> Create(
      std::shared_ptr<const DaemonSpec> spec, const DaemonRunner::Context& context);

  // Waits for the thread.
  ~ThreadWorker() override;

  bool HasEnded() const override { return mailbox_.closed(); }
  void Post(Command command, const absl::Status& refusal) override;

 private:
  ThreadWorker(std::shared_ptr<const DaemonSpec> spec, const DaemonRunner::Context& context)
      : clock_(*context.clock),
        journal_(*context.journal),
        name_(spec->name),
        runner_(std::move(spec), context) {}

  static void* Run(void* worker);
  void Loop() ABSL_LOCKS_EXCLUDED(awake_);
  // Has the runner handle its commands and look about. Returns false after an exception.
  bool Act() ABSL_EXCLUSIVE_LOCKS_REQUIRED(awake_);
  // Calls `act`. An exception that escapes from it is a defect, or memory has run out: either costs
  // this daemon a pause, and not every daemon its supervisor. Returns false after one.
  bool Survive(absl::FunctionRef<void()> act) ABSL_EXCLUSIVE_LOCKS_REQUIRED(awake_);
  // If the thread sleeps, and a kShutDown that takes no time is all that is in the mailbox, has the
  // runner handle it, and the thread wake up when the runner wants to act next. Returns whether the
  // thread may sleep on.
  bool ShutDownForSleeper() ABSL_LOCKS_EXCLUDED(awake_);
  // Does nothing where the thread has not begun. Where it is gone, another thread may have its
  // number: the signal is blocked in all but workers, and those look about and sleep on.
  void Wake();
  // The one blocking call; ends at `deadline`, or earlier.
  void Wait(std::vector<pollfd>& fds, MonotonicTime deadline);

  const Clock& clock_;
  Journal& journal_;
  const std::string name_;
  // The thread holds it except while it sleeps.
  Mutex awake_;
  DaemonRunner runner_ ABSL_GUARDED_BY(awake_);
  // For deadlines that have come up while the thread sleeps.
  ThreadAlarm alarm_ ABSL_GUARDED_BY(awake_);
  // Absent when it could not be made.
  absl::optional<pthread_t> thread_;
  Mailbox mailbox_;
  // The thread's number; 0 until it runs: it looks at the mailbox after that.
  std::atomic<pid_t> number_{0};
};

// Workers with a thread each.
class ThreadWorkforce : public Workforce {
 public:
  // The one there is: it has no state. Lives for ever.
  static ThreadWorkforce& Get();

  absl::StatusOr<std::unique_ptr<Worker>> Make(std::shared_ptr<const DaemonSpec> spec,
                                               const DaemonRunner::Context& context) override;
  void Await(const absl::Notification& answered) override { answered.WaitForNotification(); }
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_THREAD_WORKER_H_
