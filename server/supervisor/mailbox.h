#ifndef HOB_SERVER_SUPERVISOR_MAILBOX_H_
#define HOB_SERVER_SUPERVISOR_MAILBOX_H_

#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/optional.h"
#include "server/supervisor/command.h"

namespace hob {

// The commands that a worker has not taken yet, in the order in which they came. Whatever is put in
// is taken or refused, none is forgotten.
//
// Thread-safe.
class Mailbox {
 public:
  // Adds `command` and calls `wake`, or, once it is closed, answers with `refusal` instead; either
  // without the lock, which whoever wakes up asks for at once. It may be closed by then.
  void Post(Command command, const absl::Status& refusal, absl::FunctionRef<void()> wake)
      ABSL_LOCKS_EXCLUDED(mu_) {
    if (Add(command)) return wake();
    if (command.done) command.done(refusal);
  }

  // What has come since the last time.
  std::vector<Command> Take() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return std::exchange(commands_, {});
  }

  // The command that has come since then, if it is one alone; else takes none.
  absl::optional<Command> TakeIfAlone() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    if (commands_.size() != 1) return absl::nullopt;
    return std::move(std::exchange(commands_, {}).front());
  }

  // Takes nothing any more; what has just come is answered with `refusal`.
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
  // Takes `command` unless it is closed; returns whether it did.
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
