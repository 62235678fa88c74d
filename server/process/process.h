// The seam between supervision and the kernel's processes. The classes behind it are the only code
// that makes, signals and reaps processes; they know neither daemons nor policy.
#ifndef HOB_SERVER_PROCESS_PROCESS_H_
#define HOB_SERVER_PROCESS_PROCESS_H_

#include <signal.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "absl/types/variant.h"
#include "server/daemon/exit_report.h"
#include "server/daemon/process_attributes.h"

namespace hob {

// Where one of a child's standard descriptors leads.
struct StdioTarget {
  enum class Kind {
    // /dev/null.
    kNull,
    // stdin only: an open pipe on which nothing arrives and which ends when the server is gone.
    kHold,
    // stdout and stderr only: the server's own.
    kInherit,
    // stdout and stderr only: `path`, a FIFO, opened for reading and writing so that the child
    // never gets SIGPIPE.
    kFifo,
    // stderr only: the same as stdout.
    kStdout,
  };
  Kind kind = Kind::kNull;
  std::string path;
};

// A descriptor of the server that a child gets beside the three standard ones.
struct PassedDescriptor {
  // Its number in the child, at least 3.
  int number = -1;
  // The server's. Stays open there. Blocking: its flags are shared with the child.
  int fd = -1;
  // Names the stage of the SpawnFailure if the child cannot get it.
  std::string stage;
};

// So many descriptors can be passed to one child.
inline constexpr int kMostPassedDescriptors = 64;

// What to spawn, complete: nothing is added, looked up or inherited except where a field is absent.
struct SpawnRequest {
  // Names the instance in its control group and in the record of live instances; a valid daemon
  // name.
  std::string name;
  // argv[0] is the absolute path of the program.
  std::vector<std::string> argv;
  // "KEY=VALUE" each.
  std::vector<std::string> environment;
  // More of them, with other names, that many requests share; outlives the spawn. Null: none.
  const std::vector<std::string>* shared_environment = nullptr;
  ProcessAttributes attributes;
  StdioTarget stdin_target;
  StdioTarget stdout_target;
  StdioTarget stderr_target;
  // At most kMostPassedDescriptors, in any order. No two have the same number.
  std::vector<PassedDescriptor> descriptors;
};

// How a main process ended and what it used; of an UnobservedEnd the latter is not known.
struct ReapedProcess {
  EndOfProcess end;
  ResourceUsage usage;
};

// A spawned main process and everything that it starts, however it forks and whatever session it
// moves to. Used by one thread at a time. Destroying it while anything of it is alive leaves that
// to the reaper of strays; callers end the tree first.
class Instance {
 public:
  virtual ~Instance() = default;

  virtual pid_t pid() const = 0;

  // Becomes readable (POLLIN) when the main process has ended; -1 once it is reaped, and always in
  // fakes.
  virtual int exit_fd() const = 0;

  // The end of the main process; absent while it lives. Returns it once, absent ever after. Never
  // blocks.
  virtual absl::optional<ReapedProcess> TryReap() = 0;

  // Makes the live process `process` of the tree the main process: pid, exit_fd, TryReap and
  // SignalMain are about it from now on. The process before it is one of the tree like any other.
  // InvalidArgument when there is no such process in the tree. Only before TryReap has told an end.
  virtual absl::Status SetMain(pid_t process) = 0;

  // Becomes readable (POLLIN) when a process that SetMain has replaced has ended, which the next
  // TryReap reaps; -1 when there is none.
  virtual int former_exit_fd() const { return -1; }

  // Sends a signal to the main process alone. NotFound when it has ended. Sent through its pidfd: a
  // recycled pid cannot be hit.
  virtual absl::Status SignalMain(int signal) = 0;

  // Sends a signal to everything of the tree. NotFound when nothing is left.
  virtual absl::Status SignalTree(int signal) = 0;

  // Sends a signal to everything of the tree, and CONT behind it: a stopped process acts on no
  // signal but KILL before it is continued. NotFound when nothing is left.
  virtual absl::Status SignalTreeAndContinue(int signal);

  // Whether the live process `process` is the main process or was started by it, at whatever
  // remove.
  virtual bool Contains(pid_t process) = 0;

  // Returns how many processes of the tree are alive, the main process included. Counts too few
  // when the machine is too short of something to tell. Looks at each process: for rare occasions.
  virtual int CountAlive() = 0;

  // Whether the main process is reaped and nothing that it started is alive.
  virtual bool IsGone() = 0;

  // Whether to signal everything takes next to no time, because the kernel lists what belongs to
  // it. Else processes are looked at one by one, and one that hangs may hold that up.
  virtual bool IsSignalledAtOnce() const = 0;

  // Becomes ready (POLLPRI) when the answer of the last IsGone may have changed; -1 where the
  // kernel cannot tell, and IsGone must be asked again after a while. Ask anew after each IsGone:
  // the descriptor exists only while a tree outlives its main process.
  virtual int tree_fd() = 0;
};

inline absl::Status Instance::SignalTreeAndContinue(int signal) {
  absl::Status status = SignalTree(signal);
  // What the signal has ended by now needs no more.
  SignalTree(SIGCONT).IgnoreError();
  return status;
}

using SpawnResult = absl::variant<std::unique_ptr<Instance>, SpawnFailure>;

// Makes instances. Thread-safe.
class Spawner {
 public:
  virtual ~Spawner() = default;

  // Blocks until the child has called execve or a step before it failed. Never throws, never
  // aborts.
  virtual SpawnResult Spawn(const SpawnRequest& request) = 0;

  // Returns what a dead server left running of `name` and nobody could end, as an instance whose
  // main process has ended already; null where there is nothing, or it was handed out before.
  // Nothing of `name` is spawned before it is gone.
  virtual std::unique_ptr<Instance> TakeLeftover(const std::string& name) {
    static_cast<void>(name);
    return nullptr;
  }

  // Returns the failure that Spawn of `request` is certain to meet as things are now; absent when
  // it may succeed. Looks at files and starts no instance. Blocks at most as long as Spawn does.
  virtual absl::optional<SpawnFailure> WouldFail(const SpawnRequest& request) {
    static_cast<void>(request);
    return absl::nullopt;
  }

  // Gives back what is kept for instances of `name` between their lives (the folder of a control
  // group). To be called when a daemon is removed and nothing of it is alive; never fails.
  virtual void Forget(const std::string& name) { static_cast<void>(name); }

  // The same, some time later and without waiting for it: nothing is spawned for `name` any more,
  // because the server ends.
  virtual void ForgetForGood(const std::string& name) { static_cast<void>(name); }
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_PROCESS_H_
