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
  // Explains the error, names the object of the step (the path, the limit) and gives advice if
  // there is any.
  std::string message;

  // True if the machine was short of a resource, so the daemon is not at fault: EAGAIN, ENOMEM,
  // EMFILE or ENFILE at any step; ENOSPC, EDQUOT or ENOBUFS at a step in which hob makes its own
  // files, sockets or control groups. False if a program meets a full disk in its execve.
  bool IsShortage() const;
};

// The main process ended, but hob could not see how, because another process was its parent.
struct UnobservedEnd {};

// The way in which an instance ended, decoded once from the kernel's data. The exit of a child is
// data, not an error of hob.
using EndOfProcess = absl::variant<ExitedWithCode, KilledBySignal, SpawnFailure, UnobservedEnd>;

// Resources used by an ended main process, from getrusage(2). All zero if it never ran.
struct ResourceUsage {
  absl::Duration user_cpu;
  absl::Duration system_cpu;
  // Largest resident set in bytes; 0 if unknown: the kernel cannot report a peak below the server's
  // own.
  int64_t peak_resident_bytes = 0;
};

// Reports the end of one instance from a worker to the restart throttle. Every end is reported
// exactly once.
struct ExitReport {
  EndOfProcess end;
  // Time at which hob noticed the end.
  Timestamp time;
  // From the spawn to the end; zero if the instance never ran.
  absl::Duration uptime;
  // True if an operator, a reload or the shutdown asked for the end; such an end is not a failure.
  bool requested = false;
  // The reason why hob ended the instance without a request ("not ready within 60s"); empty if it
  // did not. Such an end is a failure, whatever the exit code.
  std::string verdict;
  // Number of processes of the instance that hob killed: those that outlived `stop_timeout`, or
  // that the main process left behind when it ended unasked. 0 until the main process has ended.
  int killed_processes = 0;
  ResourceUsage usage;
};

// Returns "exit code 1", "signal 9 (KILL)", "signal 6 (ABRT), core dumped", "exec: /bin/x: No such
// file or directory" or "ended unobserved".
std::string DescribeEnd(const EndOfProcess& end);

// Returns "3 processes outlived stop_timeout and were killed" or "1 process that it left behind was
// killed"; empty if no process was killed.
std::string DescribeKilled(const ExitReport& report);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_EXIT_REPORT_H_
