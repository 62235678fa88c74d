#ifndef HOB_TESTS_BENCH_BARE_DAEMON_H_
#define HOB_TESTS_BENCH_BARE_DAEMON_H_

#include <sys/resource.h>

#include <string>
#include <vector>

#include "server/posix/unique_fd.h"
#include "tests/bench/bare_child.h"

namespace hob {
namespace bench {

// What the bare supervisors have in common. Whatever fails ends the process and says what.

// Says what has failed, and why, and ends the process.
[[noreturn]] void Die(const std::string& what, int error);

// What all children have in common.
class BareHousehold {
 public:
  // `folder` exists. "CHILD LEDGER INDEX" is what is started; the limit of open files is raised for
  // this process alone.
  BareHousehold(std::string folder, std::vector<std::string> child);

  const std::string& folder() const { return folder_; }

  // The command of the daemon number `index`, whose FIFOs are there.
  BareCommand CommandOf(int index) const;

 private:
  const std::string folder_;
  const std::vector<std::string> child_;
  // Of what children have as standard input.
  UniqueFd stdin_read_;
  UniqueFd stdin_write_;
  rlimit child_limit_ = {};
};

// One of them and its output.
struct BareDaemon {
  BareCommand command;
  BareProcess process;
  UniqueFd out;
  UniqueFd err;

  // Makes the FIFOs.
  explicit BareDaemon(BareCommand its_command);

  // Starts the process.
  void Spawn();
  // Waits for the process, which has ended.
  void Reap();
  // TERM, where there is a process.
  void AskToEnd() const;
  // Appends what is in one of the two FIFOs to the log of it.
  void CarryOut() const;
  void CarryErr() const;
};

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_BARE_DAEMON_H_
