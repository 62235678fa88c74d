#ifndef HOB_SERVER_SUPERVISOR_WORKER_H_
#define HOB_SERVER_SUPERVISOR_WORKER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "server/supervisor/command.h"
#include "server/supervisor/daemon_runner.h"

namespace hob {

// Whoever drives the runner of one daemon and takes its mail. Thread-safe.
class Worker {
 public:
  Worker() = default;
  // Waits until the daemon has ended for good. Precondition: kRemove or kShutDown was posted.
  virtual ~Worker() = default;

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Whether the daemon has ended for good.
  virtual bool HasEnded() const = 0;

  // Puts a command into the mailbox. Once the daemon has ended for good, answers it at once with
  // `refusal` on the caller's thread. Does not wait for anything that takes time.
  virtual void Post(Command command, const absl::Status& refusal) = 0;
};

// Where a supervisor has its workers from, and how it waits for them: the seam that lets a test
// play all of them on one thread. Thread-safe.
class Workforce {
 public:
  virtual ~Workforce() = default;

  // The daemon is published as STOPPED before this returns. `context` outlives the worker.
  // ResourceExhausted (NO_ROOM) when the machine has no room for another worker.
  virtual absl::StatusOr<std::unique_ptr<Worker>> Make(std::shared_ptr<const DaemonSpec> spec,
                                                       const DaemonRunner::Context& context) = 0;

  // Blocks until workers have answered what `answered` stands for.
  virtual void Await(const absl::Notification& answered) = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_WORKER_H_
