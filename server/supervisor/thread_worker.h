#ifndef HOB_SERVER_SUPERVISOR_THREAD_WORKER_H_
#define HOB_SERVER_SUPERVISOR_THREAD_WORKER_H_

#include <poll.h>
#include <pthread.h>
#include <sys/types.h>

#include <atomic>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "server/supervisor/mailbox.h"
#include "server/supervisor/worker.h"

namespace hob {

// The thread of one daemon: it waits in one blocking call for the child, the mailbox or a deadline,
// and lets the runner act. Only this thread spawns, signals and reaps the daemon's processes.
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
      : clock_(*context.clock), runner_(std::move(spec), context) {}

  static void* Run(void* worker);
  void Loop();
  // Precondition: the thread is not gone.
  void Wake();
  // The one blocking call.
  void Wait(std::vector<pollfd>& fds);

  const Clock& clock_;
  // Of the worker's own thread alone.
  DaemonRunner runner_;
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
