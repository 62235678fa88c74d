// The interface between supervision and the kernel's processes. Only the classes behind it create,
// signal and reap processes. They know neither daemons nor policy.
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

// Names the target of one of a child's standard descriptors.
struct StdioTarget {
  enum class Kind {
    // /dev/null.
    kNull,
    // stdin only: an open pipe that carries no data and reaches end of file when the server exits.
    kHold,
    // stdout and stderr only: the server's own descriptor.
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

// Describes a server descriptor that a child inherits in addition to the three standard ones.
struct PassedDescriptor {
  // Number of the descriptor in the child, at least 3.
  int number = -1;
  // Number of the descriptor in the server, where it stays open. Must be blocking: the child shares
  // its file status flags.
  int fd = -1;
  // Stage reported in the SpawnFailure if the child cannot receive the descriptor.
  std::string stage;
};

// Maximum number of descriptors passed to one child.
inline constexpr int kMostPassedDescriptors = 64;

// Describes one spawn completely. The spawner adds, looks up and inherits nothing, except where a
// field is absent.
struct SpawnRequest {
  // Names the instance in its control group and in the instance record. Must be a valid daemon
  // name.
  std::string name;
  // argv[0] is the absolute path of the program.
  std::vector<std::string> argv;
  // "KEY=VALUE" each.
  std::vector<std::string> environment;
  // More variables, shared by many requests; names must not repeat those in `environment`. Null if
  // there are no more. Must outlive the spawn.
  const std::vector<std::string>* shared_environment = nullptr;
  ProcessAttributes attributes;
  StdioTarget stdin_target;
  StdioTarget stdout_target;
  StdioTarget stderr_target;
  // At most kMostPassedDescriptors entries, in any order, each with a different number.
  std::vector<PassedDescriptor> descriptors;
};

// Holds the end of a main process and the resources it used. After an UnobservedEnd the usage is
// unknown.
struct ReapedProcess {
  EndOfProcess end;
  ResourceUsage usage;
};

// A spawned main process and everything it starts, including processes that daemonise or change
// session. Used by one thread at a time. End the tree before destroying the instance: processes
// still alive at that point are left to the stray reaper.
class Instance {
 public:
  virtual ~Instance() = default;

  virtual pid_t pid() const = 0;

  // Returns a descriptor that becomes readable (POLLIN) when the main process ends. Returns -1 once
  // the process is reaped, and always for leftovers and for fakes without descriptors.
  virtual int exit_fd() const = 0;

  // Returns the end of the main process once; absent while it lives and after the end has been
  // returned. Never blocks.
  virtual absl::optional<ReapedProcess> TryReap() = 0;

  // Makes the live process `process` of the tree the main process; pid, exit_fd, TryReap and
  // SignalMain then refer to it. The previous main process becomes an ordinary member of the tree.
  // Returns InvalidArgument if the tree has no such process. Call only before TryReap has returned
  // an end.
  virtual absl::Status SetMain(pid_t process) = 0;

  // Returns a descriptor that becomes readable (POLLIN) when a process replaced by SetMain ends;
  // the next TryReap then reaps that process. Returns -1 if no process was replaced.
  virtual int former_exit_fd() const { return -1; }

  // Sends a signal to the main process alone. Returns NotFound if it has ended. Uses its pidfd, so
  // a recycled pid is never hit.
  virtual absl::Status SignalMain(int signal) = 0;

  // Sends a signal to every process of the tree. Returns NotFound if none is left.
  virtual absl::Status SignalTree(int signal) = 0;

  // Sends a signal to every process of the tree, followed by SIGCONT: a stopped process acts on no
  // signal but SIGKILL until it is continued. Returns NotFound if none is left.
  virtual absl::Status SignalTreeAndContinue(int signal);

  // True if the live process `process` is the main process or one of its descendants.
  virtual bool Contains(pid_t process) = 0;

  // Returns the number of live processes in the tree, including the main process. The result is too
  // low if the machine lacks the resources to count. Inspects every process, so call it rarely.
  virtual int CountAlive() = 0;

  // True if the main process is reaped and none of its descendants is alive.
  virtual bool IsGone() = 0;

  // Returns a descriptor that becomes ready (POLLPRI) when the result of the last IsGone may have
  // changed. Returns -1 if the kernel cannot tell; then poll IsGone. Call again after each IsGone:
  // the descriptor exists only while a tree outlives its main process.
  virtual int tree_fd() = 0;
};

inline absl::Status Instance::SignalTreeAndContinue(int signal) {
  absl::Status status = SignalTree(signal);
  // Processes that the signal has ended need no SIGCONT.
  SignalTree(SIGCONT).IgnoreError();
  return status;
}

using SpawnResult = absl::variant<std::unique_ptr<Instance>, SpawnFailure>;

// Creates instances. Thread-safe.
class Spawner {
 public:
  virtual ~Spawner() = default;

  // Blocks until the child has called execve, or until an earlier step has failed. Never throws,
  // never aborts.
  virtual SpawnResult Spawn(const SpawnRequest& request) = 0;

  // Returns the processes of `name` that a dead server left running and its successor could not
  // end, as an instance whose main process has already ended. Returns null if there are none or the
  // instance was returned before. Spawn no instance of `name` until this one is gone.
  virtual std::unique_ptr<Instance> TakeLeftover(const std::string& name) {
    static_cast<void>(name);
    return nullptr;
  }

  // Returns the failure that Spawn of `request` would certainly hit now; absent if the spawn may
  // succeed. Inspects files and starts no instance. Blocks no longer than Spawn.
  virtual absl::optional<SpawnFailure> WouldFail(const SpawnRequest& request) {
    static_cast<void>(request);
    return absl::nullopt;
  }

  // Releases resources kept for `name` between instances (the directory of a control group). Call
  // when a daemon is removed or the server shuts down, and no process of the daemon is alive. Never
  // fails.
  virtual void Forget(const std::string& name) { static_cast<void>(name); }
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_PROCESS_H_
