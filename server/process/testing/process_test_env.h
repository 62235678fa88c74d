// Real children for the tests of this package: paths of the test programs, waiting without
// sleeping, and a spawner in its own directory.
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

// Maximum time a test waits for an expected event. No test depends on the value; it only ends
// hopeless waits.
inline constexpr absl::Duration kPatience = absl::Minutes(2);

// Return the absolute path of a program in //server/process/testcases, and of hob-exec.
std::string TestProgram(const std::string& name);
std::string ExecHelperPath();

// Returns a new, empty directory inside the test's own, which the test runner removes.
std::string NewDirectory(const std::string& name);

// A FIFO that a test child writes lines to. Open for reading and writing during its lifetime.
class OutputFifo {
 public:
  // Creates the FIFO in a new directory.
  explicit OutputFifo(const std::string& name);

  StdioTarget target() const { return {StdioTarget::Kind::kFifo, path_}; }
  const std::string& path() const { return path_; }

  // Blocks until a line arrives and returns it. Returns an empty string, with a test failure, after
  // kPatience.
  std::string ReadLine();

  // Reads `count` lines "WORD PID" and returns the pids by word.
  std::multimap<std::string, pid_t> ReadPids(int count);

 private:
  std::string path_;
  UniqueFd fd_;
  std::string unread_;
};

// Blocks until the descriptor is ready. Fails the test after kPatience.
void AwaitReady(int fd, short events);

// Blocks until a process that is not our child has ended.
void AwaitEndOf(pid_t pid);

// True if the process exists and is not a zombie.
bool IsAlive(pid_t pid);

// Blocks until the main process has ended, and reaps it.
ReapedProcess AwaitEnd(Instance* instance);

// Returns the exit code; -1, with a test failure, if the process did not exit by itself.
int ExitCode(const ReapedProcess& reaped);
// Like ExitCode, for the signal that ended the process.
int KillingSignal(const ReapedProcess& reaped);

// Returns the instance of a successful result; null, with a test failure, otherwise.
std::unique_ptr<Instance> Spawned(SpawnResult result);
// Returns the failure of a failed result.
SpawnFailure FailureOf(SpawnResult result);

// Returns a spawner with the given containment in a new run_dir. Returns null, with the reason in
// `*why_not`, if the machine does not support that containment. Makes this process a subreaper.
std::unique_ptr<ProcessSpawner> NewSpawner(ContainmentMode mode, std::string* why_not,
                                           ProcessSpawner::Options options = {});

// Returns a request named "web" for the test program `child` with these arguments.
SpawnRequest ChildRequest(const std::vector<std::string>& arguments);

// Returns the request for another daemon name.
SpawnRequest Named(const std::string& name, SpawnRequest request);

// Returns credentials with these ids, without an account.
std::shared_ptr<const Credentials> Ids(uid_t uid, gid_t gid, std::vector<gid_t> groups = {});

// Returns the credentials of this process; setting them needs no rights.
std::shared_ptr<const Credentials> OwnIds();

// Returns the name suffix of a test that runs with both kinds of containment.
std::string ContainmentTestName(const testing::TestParamInfo<ContainmentMode>& mode);

// Runs `show_state` as requested and returns its output: lines "KEY VALUE". Values of a repeated
// key are in the order of its lines.
std::multimap<std::string, std::string> ShowState(Spawner* spawner, SpawnRequest request);

// Returns the only value of a key; a text that matches no expectation if there is not exactly one.
std::string Only(const std::multimap<std::string, std::string>& state, const std::string& key);
// Returns all values of a key.
std::vector<std::string> All(const std::multimap<std::string, std::string>& state,
                             const std::string& key);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TESTING_PROCESS_TEST_ENV_H_
