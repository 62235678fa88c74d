#ifndef HOB_TESTS_BENCH_BARE_CHILD_H_
#define HOB_TESTS_BENCH_BARE_CHILD_H_

#include <sys/resource.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "server/posix/unique_fd.h"

namespace hob {
namespace bench {

// A child of the bare loop: the minimum that any supervisor sets up.
struct BareCommand {
  std::vector<std::string> argv;
  // The FIFOs for its output.
  std::string out_path;
  std::string err_path;
  // Becomes its standard input; at most kHighestKept.
  int stdin_fd = -1;
  // The directory of its control group; -1 for the caller's group.
  int cgroup_fd = -1;
  // Its limit of open files.
  rlimit limit_nofile = {};
};

// The highest descriptor of the parent that a child may use: the table is copied up to it.
inline constexpr int kHighestKept = 9;

// A started child, or the reason for the failure.
struct BareProcess {
  // The process id; -errno(3) if the start failed.
  pid_t pid = -1;
  UniqueFd pidfd;
};

// Starts the command in a session of its own, with the caller's environment.
BareProcess SpawnBare(const BareCommand& command);

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_BARE_CHILD_H_
