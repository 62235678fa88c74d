#ifndef HOB_SERVER_READINESS_READINESS_WATCH_H_
#define HOB_SERVER_READINESS_READINESS_WATCH_H_

#include <poll.h>

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/daemon/daemon_spec.h"
#include "server/process/process.h"
#include "server/readiness/notify_socket.h"
#include "server/readiness/ready_pipe.h"

namespace hob {

// Listens to what one instance of a daemon says of itself, in the way that its `ready` setting
// names.
//
// Order of calls: Prepare, then the spawn, then Spawned, then Look at will, Close. Not thread-safe:
// belongs to the daemon's worker. Never waits.
class ReadinessWatch {
 public:
  // Makes the channel for the next instance and puts its end into `request`. `notify_dir` holds the
  // sockets of ReadyMode::kNotify. Returns what went wrong.
  absl::optional<SpawnFailure> Prepare(const DaemonSpec& spec, const std::string& notify_dir,
                                       SpawnRequest& request);
  // The spawn is over, whatever came of it.
  void Spawned();
  // Nobody listens any more.
  void Close();

  void AppendPollFds(std::vector<pollfd>& fds) const;

  // What was said since the last look.
  struct Words {
    bool ready = false;
    // The readiness descriptor was closed without a newline.
    bool closed = false;
    bool stopping = false;
    bool watchdog_alive = false;
    bool watchdog_trigger = false;
    absl::optional<std::string> status;
    absl::optional<absl::Duration> extend_timeout;
    // The last one that was named.
    absl::optional<pid_t> main_pid;
  };
  // `is_ours` says whether a process belongs to the instance; what others send is not heard.
  Words Look(absl::FunctionRef<bool(pid_t)> is_ours);

 private:
  void LookAtPipe(Words& words);
  void LookAtSocket(absl::FunctionRef<bool(pid_t)> is_ours, Words& words);

  absl::optional<ReadyPipe> pipe_;
  absl::optional<NotifySocket> socket_;
};

}  // namespace hob

#endif  // HOB_SERVER_READINESS_READINESS_WATCH_H_
