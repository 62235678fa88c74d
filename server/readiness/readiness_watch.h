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

// Receives the messages of one instance of a daemon about itself, through the channel that its
// `ready` setting names.
//
// Order of calls: Prepare, the spawn, Spawned, then Look any number of times, Close. Not
// thread-safe: belongs to the daemon's worker. Never blocks.
class ReadinessWatch {
 public:
  // Creates the channel for the next instance and adds its end to `request`. `notify_dir` is the
  // directory of the sockets of ReadyMode::kNotify. Returns a failure, if any.
  absl::optional<SpawnFailure> Prepare(const DaemonSpec& spec, const std::string& notify_dir,
                                       SpawnRequest& request);
  // Called after the spawn, whether it succeeded or not.
  void Spawned();
  // Closes the channel.
  void Close();

  void AppendPollFds(std::vector<pollfd>& fds) const;

  // The messages received since the last Look.
  struct Words {
    bool ready = false;
    // The readiness descriptor was closed without a newline.
    bool closed = false;
    bool stopping = false;
    bool watchdog_alive = false;
    bool watchdog_trigger = false;
    absl::optional<std::string> status;
    absl::optional<absl::Duration> extend_timeout;
    // The last one named.
    absl::optional<pid_t> main_pid;
  };
  // Returns new messages. Ignores messages of processes for which `is_ours` is false.
  Words Look(absl::FunctionRef<bool(pid_t)> is_ours);

 private:
  void ReadPipe(Words& words);
  void ReadSocket(absl::FunctionRef<bool(pid_t)> is_ours, Words& words);

  absl::optional<ReadyPipe> pipe_;
  absl::optional<NotifySocket> socket_;
};

}  // namespace hob

#endif  // HOB_SERVER_READINESS_READINESS_WATCH_H_
