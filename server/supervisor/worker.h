#ifndef HOB_SERVER_SUPERVISOR_WORKER_H_
#define HOB_SERVER_SUPERVISOR_WORKER_H_

#include <poll.h>
#include <pthread.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/optional.h"
#include "server/supervisor/command.h"
#include "server/supervisor/daemon_runner.h"

namespace hob {

// The thread of one daemon: it waits in one blocking call for the child, the mailbox or a deadline,
// and lets the runner act. Only this thread spawns, signals and reaps the daemon's processes.
//
// Thread-safe.
class Worker {
 public:
  // Starts the thread; the daemon is published as STOPPED before this returns. `context` outlives
  // the worker. ResourceExhausted (NO_ROOM) when the machine has no room for another thread.
  static absl::StatusOr<std::unique_ptr<Worker>> Create(std::shared_ptr<const DaemonSpec> spec,
                                                        const DaemonRunner::Context& context);

  // Waits for the thread. Precondition: kRemove or kShutDown was posted.
  ~Worker();

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Whether the daemon has ended for good.
  bool HasEnded() const ABSL_LOCKS_EXCLUDED(mu_);

  // Puts a command into the mailbox. Once the daemon has ended for good, answers it at once with
  // `refusal` on the caller's thread. Never blocks.
  void Post(Command command, const absl::Status& refusal) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Worker(std::shared_ptr<const DaemonSpec> spec, const DaemonRunner::Context& context)
      : clock_(*context.clock), runner_(std::move(spec), context) {}

  static void* Run(void* worker);
  void Loop() ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<Command> TakeMail() ABSL_LOCKS_EXCLUDED(mu_);
  // The one blocking call.
  void Wait(std::vector<pollfd>& fds);
  // Takes no mail any more; what has just come is answered with `refusal`.
  void CloseMailbox(const absl::Status& refusal) ABSL_LOCKS_EXCLUDED(mu_);

  const Clock& clock_;
  // Of the worker's own thread alone.
  DaemonRunner runner_;
  // Absent when it could not be made.
  absl::optional<pthread_t> thread_;

  mutable absl::Mutex mu_;
  std::vector<Command> mailbox_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_WORKER_H_
