#ifndef HOB_TESTS_BENCH_BARE_CHILD_H_
#define HOB_TESTS_BENCH_BARE_CHILD_H_

#include <sys/resource.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "server/posix/unique_fd.h"

namespace hob {
namespace bench {

// What the bare loop starts: the least that a child needs of any supervisor.
struct BareCommand {
  std::vector<std::string> argv;
  // FIFOs for its output.
  std::string out_path;
  std::string err_path;
  // Becomes its standard input; at most kHighestKept.
  int stdin_fd = -1;
  // The folder of the control group that it is born in; -1: that of the caller.
  int cgroup_fd = -1;
  // Its limit of open files.
  rlimit limit_nofile = {};
};

// The highest descriptor that a child may look at before it opens its own: the table is copied up
// to it.
inline constexpr int kHighestKept = 9;

struct BareProcess {
  // -errno(3) when there is none.
  pid_t pid = -1;
  UniqueFd pidfd;
};

// Starts the command, with the environment of the caller, in a session of its own.
BareProcess SpawnBare(const BareCommand& command);

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_BARE_CHILD_H_
