#ifndef HOB_TESTS_BENCH_BARE_DAEMON_H_
#define HOB_TESTS_BENCH_BARE_DAEMON_H_

#include <sys/resource.h>

#include <string>
#include <vector>

#include "server/posix/unique_fd.h"
#include "tests/bench/bare_child.h"

namespace hob {
namespace bench {

// Code shared by the bare supervisors. Every failure ends the process with a message.

// Prints `what` and the text of `error`, an errno(3), and exits with 1.
[[noreturn]] void Die(const std::string& what, int error);

// Holds the settings shared by all children.
class BareSetup {
 public:
  // Requires that `directory` exists. `child` is the command "CHILD LEDGER"; the daemon's index
  // follows. Raises the limit of open files for this process, not for its children.
  BareSetup(std::string directory, std::vector<std::string> child);

  const std::string& directory() const { return directory_; }

  // Returns the command of daemon number `index`.
  BareCommand CommandOf(int index) const;

 private:
  const std::string directory_;
  const std::vector<std::string> child_;
  // The ends of the pipe that is every child's standard input.
  UniqueFd stdin_read_;
  UniqueFd stdin_write_;
  rlimit child_limit_ = {};
};

// A daemon and its output.
struct BareDaemon {
  BareCommand command;
  BareProcess process;
  UniqueFd out;
  UniqueFd err;

  // Creates the FIFOs.
  explicit BareDaemon(BareCommand its_command);

  // Starts the process.
  void Spawn();
  // Reaps the process, which has ended.
  void Reap();
  // Sends TERM if the process is running.
  void Terminate() const;
  // Move the contents of the stdout or stderr FIFO to the end of its log.
  void DrainOut() const;
  void DrainErr() const;
};

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_BARE_DAEMON_H_
