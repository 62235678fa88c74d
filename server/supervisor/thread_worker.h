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

// Runs the runner of one daemon on a thread, which waits in one blocking call for the child, the
// mailbox or a deadline. Only this thread spawns and reaps the daemon's processes.
//
// At shutdown, waking a thousand threads one after the other would be slow, since each only sends a
// signal and sleeps again. If the thread is asleep and has nothing else to do, the thread that
// posts kShutDown therefore handles it.
//
// Thread-safe.
class ThreadWorker : public Worker {
 public:
  // Starts the thread; see Workforce::Make.
  static absl::StatusOr<std::unique_ptr<ThreadWorker>> Create(
      std::shared_ptr<const DaemonSpec> spec, const DaemonRunner::Context& context);

  // Blocks until the thread has ended.
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
  // Handles the commands in the mailbox, then calls Step. Returns false after an exception.
  bool Act() ABSL_EXCLUSIVE_LOCKS_REQUIRED(awake_);
  // Calls `act`. An exception means a defect, or that memory has run out; catching it costs this
  // daemon a pause, instead of costing every daemon its supervisor. Returns false after an
  // exception.
  bool Survive(absl::FunctionRef<void()> act) ABSL_EXCLUSIVE_LOCKS_REQUIRED(awake_);
  // Handles a kShutDown on the calling thread, if the worker's thread is asleep, the kShutDown is
  // the only command and it takes almost no time. Sets the alarm for the runner's next deadline.
  // Returns true if the thread can stay asleep.
  bool ShutDownForSleeper() ABSL_LOCKS_EXCLUDED(awake_);
  // Wakes the thread; does nothing before the thread runs. If the thread has ended, another one may
  // have its number: the signal is blocked in all threads but workers, and a worker that gets it
  // checks its state and sleeps again.
  void Wake();
  // Makes the one blocking call; returns at `deadline`, or earlier.
  void Wait(std::vector<pollfd>& fds, MonotonicTime deadline);

  const Clock& clock_;
  Journal& journal_;
  const std::string name_;
  // Held by the thread except while it sleeps.
  Mutex awake_;
  DaemonRunner runner_ ABSL_GUARDED_BY(awake_);
  // Wakes the thread for deadlines that were set while it slept.
  ThreadAlarm alarm_ ABSL_GUARDED_BY(awake_);
  // Absent if the thread could not be made.
  absl::optional<pthread_t> thread_;
  Mailbox mailbox_;
  // The thread's number; 0 until it runs. The thread checks the mailbox after it sets this.
  std::atomic<pid_t> number_{0};
};

// Makes workers that each have a thread.
class ThreadWorkforce : public Workforce {
 public:
  // Returns the only instance, which has no state and is never destroyed.
  static ThreadWorkforce& Get();

  absl::StatusOr<std::unique_ptr<Worker>> Make(std::shared_ptr<const DaemonSpec> spec,
                                               const DaemonRunner::Context& context) override;
  void Await(const absl::Notification& answered) override { answered.WaitForNotification(); }
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_THREAD_WORKER_H_
