#ifndef HOB_TESTS_SIMULATION_KERNEL_WITNESS_H_
#define HOB_TESTS_SIMULATION_KERNEL_WITNESS_H_

#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// The end of a process, or the reason why it was not created.
struct End {
  enum class Kind {
    kExited,
    kKilled,
    // No process: `value` is the errno(3).
    kNotSpawned,
  };
  Kind kind = Kind::kExited;
  // The exit code, the signal or the errno(3).
  int value = 0;
  // Only for kNotSpawned: true if execve failed, false if another step of the spawn failed.
  bool at_exec = false;

  bool operator==(const End& other) const {
    return kind == other.kind && value == other.value && at_exec == other.at_exec;
  }
};

// One datagram of sd_notify(3). A plain value.
struct NotifyMessage {
  enum class Kind { kReady, kAlive, kTrigger, kStopping, kStatus, kExtendTimeout, kMalformed };
  Kind kind = Kind::kMalformed;
  // kStatus: the text. kExtendTimeout: a time.
  int status = 0;
  Nanos time = 0;
};

inline const char* NameOf(NotifyMessage::Kind kind) {
  static constexpr const char* kNames[] = {
      "that it is ready", "that it is alive",        "that it is broken",  "that it is stopping",
      "what it does",     "that it wants more time", "something malformed"};
  return kNames[static_cast<int>(kind)];
}

// Called for each request of the server to the kernel. Identifies daemons by number.
class KernelWitness {
 public:
  virtual ~KernelWitness() = default;

  // A spawn begins; it ends with one of the next two.
  virtual void SpawnBegins(int daemon) = 0;
  virtual void Spawned(int daemon, int pid) = 0;
  virtual void NotSpawned(int daemon, const End& end) = 0;
  // The server has reaped the main process.
  virtual void Reaped(int daemon, const End& end) = 0;
  virtual void Signalled(int daemon, int signal, bool to_tree) = 0;
  // The server has read a message of the instance.
  virtual void Received(int daemon, const NotifyMessage& message) = 0;
  // The server has dropped an instance; `clean` if nothing of it was alive or unreaped.
  virtual void Dropped(int daemon, bool clean) = 0;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_KERNEL_WITNESS_H_
