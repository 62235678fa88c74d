#ifndef HOB_SERVER_DAEMON_EXIT_REPORT_H_
#define HOB_SERVER_DAEMON_EXIT_REPORT_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "absl/types/variant.h"
#include "server/clock/clock.h"

namespace hob {

// The main process called exit.
struct ExitedWithCode {
  // 0 to 255.
  int code = 0;
};

// A signal ended the main process.
struct KilledBySignal {
  int signal = 0;
  bool core_dumped = false;
};

// The daemon never ran.
struct SpawnFailure {
  // The step that failed: "clone", "setsid", "chdir", "exec" and so on.
  std::string stage;
  // errno(3) of that step.
  int error_number = 0;
  // Explains the error, with the object of the step (the path, the limit) and advice if there is
  // any.
  std::string message;

  // True if the machine was short of something, which is not the daemon's fault: EAGAIN, ENOMEM,
  // EMFILE or ENFILE at any step; ENOSPC, EDQUOT or ENOBUFS at a step in which hob makes files,
  // sockets or control groups of its own. A program that meets a full disk in its execve is another
  // matter.
  bool IsShortage() const;
};

// The main process ended, and hob could not see how: another process was its parent.
struct UnobservedEnd {};

// The way in which an instance ended, decoded once, at the edge to the kernel. A child that exits
// is data, not an error of ours.
using EndOfProcess = absl::variant<ExitedWithCode, KilledBySignal, SpawnFailure, UnobservedEnd>;

// Resources that an ended main process used, from getrusage(2). All zero if it never ran.
struct ResourceUsage {
  absl::Duration user_cpu;
  absl::Duration system_cpu;
  // Largest resident set, bytes; 0 if it is not known: the kernel cannot tell a peak below the
  // server's own.
  int64_t peak_resident_bytes = 0;
};

// One end of one instance, as a worker reports it to the restart throttle. Every end is reported
// exactly once.
struct ExitReport {
  EndOfProcess end;
  // Time at which the end was noticed.
  Timestamp time;
  // From the spawn to the end; zero if it never ran.
  absl::Duration uptime;
  // True if an operator, a reload or the shutdown asked for it: such an end is no failure.
  bool requested = false;
  // Says why hob ended the instance unasked ("not ready within 60s"); empty if it did not. Such an
  // end is a failure, with any exit code.
  std::string verdict;
  // Number of processes of the instance that hob killed: those that outlived `stop_timeout`, or
  // that the main process left behind when it ended unasked. 0 while the main process has not
  // ended.
  int killed_processes = 0;
  ResourceUsage usage;
};

// "exit code 1", "signal 9 (KILL)", "signal 6 (ABRT), core dumped", "exec: /bin/x: No such file or
// directory", "ended unobserved".
std::string DescribeEnd(const EndOfProcess& end);

// "3 processes outlived stop_timeout and were killed", "1 process that it left behind was killed";
// empty if none was killed.
std::string DescribeKilled(const ExitReport& report);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_EXIT_REPORT_H_
