#ifndef HOB_TESTS_SIMULATION_PEN_H_
#define HOB_TESTS_SIMULATION_PEN_H_

#include <string>

#include "server/posix/unique_fd.h"
#include "server/process/process.h"
#include "tests/simulation/random.h"
#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// All that the processes of a daemon have ever got into their pipes: stdout and stderr.
struct Page {
  std::string bytes[2];
  Nanos written_at = 0;
};

// What the main process of one instance writes to the real FIFOs that it has as stdout and stderr,
// and when. A full pipe holds it back.
//
// Not thread-safe. Movable.
class Pen {
 public:
  // That of an instance without FIFOs.
  Pen() = default;
  // Draws what will be written.
  Pen(const SpawnRequest& request, Nanos now, Random& random);

  // When it writes next; kInfinite: never.
  Nanos next() const { return at_; }
  // Writes what is due at `now`, and notes it on `page`. `mute`: it cannot, and time goes by.
  // Whether something was written.
  bool WriteUntil(Nanos now, bool mute, Page& page);
  // Its last words, as far as there is room for them.
  bool WriteLast(Nanos now, Page& page);

 private:
  void Draw(const Page& page);
  bool Push(Nanos now, Page& page);

  UniqueFd fds_[2];
  Random random_{0};
  Nanos at_ = kInfinite;
  Nanos every_ = 0;
  // Pieces that are still to come.
  int pieces_left_ = 30;
  // What waits for room in the pipe.
  std::string rest_[2];
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_PEN_H_
