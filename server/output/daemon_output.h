#ifndef HOB_SERVER_OUTPUT_DAEMON_OUTPUT_H_
#define HOB_SERVER_OUTPUT_DAEMON_OUTPUT_H_

#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/daemon/daemon_spec.h"
#include "server/daemon/exit_report.h"
#include "server/output/log_store.h"
#include "server/output/output_pump.h"

namespace hob {

// Moves the output of one daemon to its logs, with one pump for each stream that is logged.
//
// Order of calls: Prepare before each spawn, MainEnded, TreeGone. Call Look when a descriptor is
// ready or the deadline has passed; extra calls are harmless. Not thread-safe: belongs to the
// daemon's worker.
class DaemonOutput {
 public:
  // Logs nothing if `store` is null. `store` and `clock` outlive the object.
  DaemonOutput(const std::string& daemon, LogStore* store, const Clock& clock);

  DaemonOutput(const DaemonOutput&) = delete;
  DaemonOutput& operator=(const DaemonOutput&) = delete;

  // Opens the FIFOs that an instance with this specification will write to. A failure has the stage
  // "stdout" or "stderr".
  absl::optional<SpawnFailure> Prepare(const DaemonSpec& spec);

  // Applies changed `log_*` settings from the next byte on.
  void SpecChanged(const DaemonSpec& spec);

  // Called when the main process has ended. Writes its last output to the log, unless the log is
  // stalled.
  void MainEnded();

  // Returns the last line that the current instance, or else the previous one, wrote to stderr:
  // printable, at most kMaxLineLength characters. If stderr is joined to stdout, returns the last
  // line of that log. Empty without such a line, or if stderr is not logged.
  std::string LastStderrLine();

  // Called when no process of the instance is left, or none was ever started.
  void TreeGone();

  void Look();

  // Reopens the logs by path (USR2).
  void Reopen();

  // Called when the daemon is removed or the server ends. Hands unwritten output to the store;
  // followers of its logs see the end once that output is written.
  void End();

  // Returns the reason why a log cannot be written; empty if all logs can be.
  std::string Problem() const;

  // Returns the capacity in bytes of the smaller open FIFO if it is below the kernel's usual 64
  // KiB, else 0.
  int64_t SmallPipe() const;

  MonotonicTime NextDeadline() const;
  void AppendPollFds(std::vector<pollfd>& fds) const;

  static constexpr int kMaxLineLength = 512;

 private:
  absl::optional<SpawnFailure> OpenPump(OutputPump& pump, const DaemonSpec& spec,
                                        const char* stage);

  const std::string daemon_;
  LogStore* const store_;
  // Null without a store, and after End.
  std::unique_ptr<OutputPump> stdout_;
  std::unique_ptr<OutputPump> stderr_;
  // Points to the pump that moves the current instance's stderr; null before the first instance.
  OutputPump* stderr_pump_ = nullptr;
  // Holds the bytes that `stderr_pump_` had moved when the current instance started.
  int64_t stderr_start_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_DAEMON_OUTPUT_H_
