#ifndef HOB_SERVER_SUPERVISOR_MAILBOX_H_
#define HOB_SERVER_SUPERVISOR_MAILBOX_H_

#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/supervisor/command.h"

namespace hob {

// Holds the commands that a worker has not taken yet, in order of arrival. Every command is either
// taken or refused; none is lost.
//
// Thread-safe.
class Mailbox {
 public:
  // Adds `command` and calls `wake`; if the mailbox is closed, answers with `refusal` instead.
  // Calls either without the lock, because the woken thread takes the lock immediately. The mailbox
  // may already be closed when `wake` runs.
  void Post(Command command, const absl::Status& refusal, absl::FunctionRef<void()> wake)
      ABSL_LOCKS_EXCLUDED(mu_) {
    if (Add(command)) return wake();
    if (command.done) command.done(refusal);
  }

  // Returns and removes all commands.
  std::vector<Command> Take() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return std::exchange(commands_, {});
  }

  // Closes the mailbox for good; answers the commands still in it with `refusal`.
  void Close(const absl::Status& refusal) ABSL_LOCKS_EXCLUDED(mu_) {
    std::vector<Command> late;
    {
      absl::MutexLock lock(&mu_);
      closed_ = true;
      late = std::exchange(commands_, {});
    }
    for (Command& command : late) {
      if (command.done) command.done(refusal);
    }
  }

  bool closed() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return closed_;
  }

 private:
  // Moves `command` into the mailbox and returns true; returns false if the mailbox is closed.
  bool Add(Command& command) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    if (!closed_) commands_.push_back(std::move(command));
    return !closed_;
  }

  mutable absl::Mutex mu_;
  std::vector<Command> commands_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_MAILBOX_H_
