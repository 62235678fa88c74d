#ifndef HOB_TESTS_SIMULATION_KERNEL_WITNESS_H_
#define HOB_TESTS_SIMULATION_KERNEL_WITNESS_H_

#include "tests/simulation/words.h"

namespace hob {
namespace simulation {

// How a process ended, or why there never was one.
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
  // Only for kNotSpawned: the program could not be executed. Else something that the server makes
  // for it could not be made.
  bool at_exec = false;

  bool operator==(const End& other) const {
    return kind == other.kind && value == other.value && at_exec == other.at_exec;
  }
};

// Is told what the server asks the kernel for, as it asks. Daemons have numbers.
class KernelWitness {
 public:
  virtual ~KernelWitness() = default;

  // A spawn begins; it ends with one of the next two.
  virtual void SpawnBegins(int daemon) = 0;
  virtual void Spawned(int daemon, int pid) = 0;
  virtual void NotSpawned(int daemon, const End& end) = 0;
  // The end of the main process was taken.
  virtual void Reaped(int daemon, const End& end) = 0;
  virtual void Signalled(int daemon, int signal, bool to_tree) = 0;
  // What the instance has said was taken.
  virtual void Heard(int daemon, const Word& word) = 0;
  // The server has let go of an instance; `clean`: nothing of it was alive or not reaped.
  virtual void Dropped(int daemon, bool clean) = 0;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_KERNEL_WITNESS_H_
