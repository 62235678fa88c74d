#ifndef HOB_SERVER_SUPERVISOR_WORKER_H_
#define HOB_SERVER_SUPERVISOR_WORKER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "server/supervisor/command.h"
#include "server/supervisor/daemon_runner.h"

namespace hob {

// Drives the runner of one daemon and accepts its commands. Thread-safe.
class Worker {
 public:
  Worker() = default;
  // Blocks until the daemon has ended for good. Precondition: kRemove or kShutDown was posted.
  virtual ~Worker() = default;

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // True once the daemon has ended for good.
  virtual bool HasEnded() const = 0;

  // Puts a command into the mailbox. Once the daemon has ended for good, answers immediately with
  // `refusal`, on the caller's thread. Never waits for slow operations.
  virtual void Post(Command command, const absl::Status& refusal) = 0;
};

// Makes the workers of a supervisor and waits for their answers. Tests replace it to run all
// workers on one thread. Thread-safe.
class Workforce {
 public:
  virtual ~Workforce() = default;

  // Makes a worker, and publishes its daemon's first snapshot before the return. `context` outlives
  // the worker. ResourceExhausted (NO_ROOM) if the machine has no room for another worker.
  virtual absl::StatusOr<std::unique_ptr<Worker>> Make(std::shared_ptr<const DaemonSpec> spec,
                                                       const DaemonRunner::Context& context) = 0;

  // Blocks until `answered` is notified.
  virtual void Await(const absl::Notification& answered) = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_WORKER_H_
