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

// What becomes of the output of one daemon: a pump for each stream that is kept in a log.
//
// Order of calls: Prepare before each spawn, MainEnded, TreeGone; Look whenever a descriptor is
// ready or the deadline has come, and at any other time. Not thread-safe: belongs to the daemon's
// worker.
class DaemonOutput {
 public:
  // `store`, which may be null (then nothing is kept), and `clock` outlive it.
  DaemonOutput(const std::string& daemon, LogStore* store, const Clock& clock);

  DaemonOutput(const DaemonOutput&) = delete;
  DaemonOutput& operator=(const DaemonOutput&) = delete;

  // Opens what an instance with this specification is going to write to. A failure has the stage
  // "stdout" or "stderr".
  absl::optional<SpawnFailure> Prepare(const DaemonSpec& spec);

  // The `log_*` settings changed; they hold from the next byte on.
  void SpecChanged(const DaemonSpec& spec);

  // The main process has ended: what it wrote last is in its log after this, unless that is
  // stalled.
  void MainEnded();

  // Returns the last line that the present instance, else the last, wrote to stderr, printable and
  // of at most kMaxLineLength characters; if stderr is joined to stdout, the last line of that log.
  // Empty if there is none, or stderr is not kept.
  std::string LastStderrLine();

  // Nothing of the instance is left, or there never was one.
  void TreeGone();

  void Look();

  // Has the logs opened anew, by their paths (USR2).
  void Reopen();

  // The daemon ends for good: what is not yet written is left to the store, and who follows its
  // logs is told the end once that is done.
  void End();

  // Why a log cannot be written; empty when all can.
  std::string Problem() const;

  // How much the smaller of the FIFOs that are open holds, bytes, where that is less than the
  // kernel's usual 64 KiB; else 0.
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
  // The one of the two that moves the present instance's stderr; null before there was one.
  OutputPump* words_ = nullptr;
  // How many bytes `words_` had moved when the present instance came.
  int64_t words_before_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_DAEMON_OUTPUT_H_
