// Real children for the tests of this package: where the test programs are, waiting without
// sleeping, and a spawner in a folder of its own.
#ifndef HOB_SERVER_PROCESS_TESTING_PROCESS_TEST_ENV_H_
#define HOB_SERVER_PROCESS_TESTING_PROCESS_TEST_ENV_H_

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/posix/unique_fd.h"
#include "server/process/process.h"
#include "server/process/spawn/process_spawner.h"
#include "server/process/tree/containment.h"

namespace hob {

// How long a test waits for what must happen. No test depends on it: it only ends hopeless ones.
inline constexpr absl::Duration kPatience = absl::Minutes(2);

// The absolute path of one of //server/process/testcases, or of hob-exec.
std::string TestProgram(const std::string& name);
std::string ExecHelperPath();

// A folder below the test's own, empty, removed by the test runner.
std::string NewFolder(const std::string& name);

// A FIFO that a test child writes lines to. Open both ways for its life.
class OutputFifo {
 public:
  // Makes the FIFO in a new folder.
  explicit OutputFifo(const std::string& name);

  StdioTarget target() const { return {StdioTarget::Kind::kFifo, path_}; }
  const std::string& path() const { return path_; }

  // The next line; blocks until it is there. Empty, with a test failure, when patience ends.
  std::string ReadLine();

  // Reads `count` lines "WORD PID" and returns the pids by word.
  std::multimap<std::string, pid_t> ReadPids(int count);

 private:
  std::string path_;
  UniqueFd fd_;
  std::string unread_;
};

// Blocks until the descriptor is ready; a test failure when patience ends.
void AwaitReady(int fd, short events);

// Blocks until a process that is no child of ours has ended.
void AwaitEndOf(pid_t pid);

// Whether there is such a process, zombies not counted.
bool IsAlive(pid_t pid);

// Blocks until the main process has ended, and reaps it.
ReapedProcess AwaitEnd(Instance* instance);

// The exit code; -1 with a test failure when it did not exit by itself.
int ExitCode(const ReapedProcess& reaped);
// The same for the signal that ended it.
int KillingSignal(const ReapedProcess& reaped);

// The instance of a result that must be one; null with a test failure otherwise.
std::unique_ptr<Instance> Spawned(SpawnResult result);
// The failure of a result that must be one.
SpawnFailure FailureOf(SpawnResult result);

// A spawner with the given containment in a new run_dir; null, with the reason in `*why_not`, when
// the machine does not have that containment. Makes this process a subreaper.
std::unique_ptr<ProcessSpawner> NewSpawner(ContainmentMode mode, std::string* why_not,
                                           ProcessSpawner::Options options = {});

// A request named "web" for the test program `child` with these arguments.
SpawnRequest ChildRequest(const std::vector<std::string>& arguments);

// The same for another daemon.
SpawnRequest Named(const std::string& name, SpawnRequest request);

// Credentials of these ids, without an account.
std::shared_ptr<const Credentials> Ids(uid_t uid, gid_t gid, std::vector<gid_t> groups = {});

// The credentials that this process has, which take no rights.
std::shared_ptr<const Credentials> OwnIds();

// The suffix of a test that runs with both kinds of containment.
std::string ContainmentTestName(const testing::TestParamInfo<ContainmentMode>& mode);

// Runs `show_state` as asked for and returns what it wrote: lines "KEY VALUE"; the values of a key
// that appears more than once are in the order of its lines.
std::multimap<std::string, std::string> ShowState(Spawner* spawner, SpawnRequest request);

// The only value of a key; a text that equals nothing when there is not exactly one.
std::string Only(const std::multimap<std::string, std::string>& state, const std::string& key);
// All values of a key.
std::vector<std::string> All(const std::multimap<std::string, std::string>& state,
                             const std::string& key);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TESTING_PROCESS_TEST_ENV_H_
