#ifndef HOB_SERVER_PROCESS_RECORD_LEFTOVER_INSTANCE_H_
#define HOB_SERVER_PROCESS_RECORD_LEFTOVER_INSTANCE_H_

#include <sys/types.h>

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/posix/unique_fd.h"
#include "server/process/process.h"
#include "server/process/record/contained_instance.h"
#include "server/process/record/instance_record.h"
#include "server/process/record/leftover.h"

namespace hob {

// The processes of one daemon that a dead server left running, as an instance. They are not
// children of this server, so the end of the main process stays unknown and TryReap never returns
// one. The instance is gone when its last process has ended; it stays in the record until then.
class LeftoverInstance : public Instance {
 public:
  // Writes the leftover to `record`, which must outlive the instance. Returns an error if the write
  // fails.
  static absl::StatusOr<std::unique_ptr<Instance>> Create(Leftover leftover,
                                                          InstanceRecord* record);
  ~LeftoverInstance() override;

  // Returns the pid of one of its processes; 0 while none is known.
  pid_t pid() const override { return held_.empty() ? 0 : held_.front().first; }
  int exit_fd() const override { return -1; }
  absl::optional<ReapedProcess> TryReap() override { return absl::nullopt; }
  absl::Status SetMain(pid_t process) override;
  absl::Status SignalMain(int signal) override;
  absl::Status SignalTree(int signal) override;
  bool Contains(pid_t process) override;
  int CountAlive() override;
  bool IsGone() override;
  int tree_fd() override { return -1; }

 private:
  explicit LeftoverInstance(Leftover leftover) : leftover_(std::move(leftover)) {}

  // Sends a signal to one held process.
  static absl::Status Send(const std::pair<pid_t, UniqueFd>& process, int signal);

  const Leftover leftover_;
  std::vector<RecordedInstance> recorded_;
  // Pidfds of some of its processes. When these have ended, the instance searches again for all of
  // them.
  std::vector<std::pair<pid_t, UniqueFd>> held_;
  bool gone_ = false;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_RECORD_LEFTOVER_INSTANCE_H_
