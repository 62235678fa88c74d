#ifndef HOB_SERVER_SUPERVISOR_TESTING_ANSWERS_H_
#define HOB_SERVER_SUPERVISOR_TESTING_ANSWERS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/optional.h"
#include "server/daemon/daemon_snapshot.h"
#include "server/errors/errors.h"
#include "server/supervisor/command.h"

namespace hob {

// Records the answer to a command. Thread-safe; may be destroyed before the answer arrives.
class Answer {
 public:
  // Returns a `done` that records the answer. Called at most once for each object.
  Command::Done Taker() const {
    return [shared = shared_](absl::StatusOr<DaemonSnapshotPtr> outcome) {
      absl::MutexLock lock(&shared->mu);
      ++shared->count;
      shared->outcome = std::move(outcome);
    };
  }

  // Blocks until the answer has arrived; returns false after 30 seconds without one.
  bool Await() const {
    absl::MutexLock lock(&shared_->mu);
    return shared_->mu.AwaitWithTimeout(absl::Condition(shared_.get(), &Shared::HasCome),
                                        absl::Seconds(30));
  }

  // Returns the number of answers.
  int count() const {
    absl::MutexLock lock(&shared_->mu);
    return shared_->count;
  }
  // Returns the answer as one word: "none", "OK", or the reason of the error ("START_FAILED").
  std::string InAWord() const {
    absl::MutexLock lock(&shared_->mu);
    if (shared_->count == 0) return "none";
    const absl::Status& status = shared_->outcome.status();
    return status.ok() ? "OK" : GetErrorReason(status).reason;
  }
  absl::Status status() const {
    absl::MutexLock lock(&shared_->mu);
    return shared_->outcome.status();
  }
  // Precondition: the answer is OK.
  const DaemonSnapshot& daemon() const {
    absl::MutexLock lock(&shared_->mu);
    return *shared_->outcome.value();
  }

 private:
  struct Shared {
    bool HasCome() const { return count > 0; }

    absl::Mutex mu;
    int count = 0;
    absl::StatusOr<DaemonSnapshotPtr> outcome;
  };

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_TESTING_ANSWERS_H_
