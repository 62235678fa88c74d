#ifndef HOB_SERVER_CHECKS_EXEC_ATTEMPT_H_
#define HOB_SERVER_CHECKS_EXEC_ATTEMPT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "absl/types/variant.h"
#include "server/checks/attempt.h"
#include "server/clock/clock.h"
#include "server/posix/unique_fd.h"
#include "server/process/live_instance.h"
#include "server/process/process.h"

namespace hob {

// Runs a program. Exit code 0 is success; the message has the first line of its output. All its
// processes are killed when it exits or the attempt is cancelled.
class ExecAttempt : public Attempt {
 public:
  // Spawns `program`; its output goes to a FIFO in `fifo_dir`. Must be constructed and used on one
  // thread. `spawner` and `clock` outlive the object.
  ExecAttempt(const absl::variant<SpawnRequest, SpawnFailure>& program, const std::string& fifo_dir,
              Spawner& spawner, const Clock& clock);
  ~ExecAttempt() override;

  absl::optional<Answer> Look() override;
  void Cancel() override;
  bool IsOver() override { return !instance_.exists(); }
  void AppendPollFds(std::vector<pollfd>& fds) override;
  MonotonicTime NextDeadline() const override { return instance_.NextDeadline(); }

 private:
  // Returns why the program was not spawned; absent on success.
  absl::optional<SpawnFailure> Spawn(SpawnRequest request, const std::string& fifo_dir);
  // Reads what the program has written; keeps the beginning.
  void ReadOutput();
  // Returns the first line of the output.
  std::string FirstLine() const;

  // The name of the instance.
  std::string name_;
  Spawner& spawner_;
  LiveInstance instance_;
  UniqueFd output_;
  std::string beginning_;
  absl::optional<Answer> answer_;
};

}  // namespace hob

#endif  // HOB_SERVER_CHECKS_EXEC_ATTEMPT_H_
