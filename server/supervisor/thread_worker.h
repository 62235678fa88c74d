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
#include "server/supervisor/worker.h"

namespace hob {

// Runs the runner of one daemon on a thread, which waits in one blocking call for the child, the
// mailbox or a deadline. Only this thread spawns and reaps the daemon's processes.
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
  void Loop();
  // Handles the commands in the mailbox, then calls Step. Returns false after an exception.
  bool Act();
  // Calls `act`. An exception means a defect, or that memory has run out; catching it costs this
  // daemon a pause, instead of costing every daemon its supervisor. Returns false after an
  // exception.
  bool Survive(absl::FunctionRef<void()> act);
  // Wakes the thread; does nothing before the thread runs. If the thread has ended, another one may
  // have its number: the signal is blocked in all threads but workers, and a worker that gets it
  // checks its state and sleeps again.
  void Wake();
  // Makes the one blocking call; returns at `deadline`, or earlier.
  void Wait(std::vector<pollfd>& fds, MonotonicTime deadline);

  const Clock& clock_;
  Journal& journal_;
  const std::string name_;
  DaemonRunner runner_;
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
