#ifndef HOB_TESTS_SIMULATION_OUTPUT_WRITER_H_
#define HOB_TESTS_SIMULATION_OUTPUT_WRITER_H_

#include <string>

#include "server/posix/unique_fd.h"
#include "server/process/process.h"
#include "tests/simulation/random.h"
#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// All bytes that the processes of a daemon have written to their pipes: stdout and stderr.
struct WrittenOutput {
  std::string bytes[2];
  Nanos written_at = 0;
};

// Writes output as the main process of one instance, to the real FIFOs that are its stdout and
// stderr. A full pipe holds it back.
//
// Not thread-safe. Movable.
class OutputWriter {
 public:
  // Makes a writer for an instance without FIFOs, which writes nothing.
  OutputWriter() = default;
  // Draws the output and its times.
  OutputWriter(const SpawnRequest& request, Nanos now, Random& random);

  // Returns when it writes next; kInfinite if never.
  Nanos next() const { return at_; }
  // Writes the output due at `now`, and adds it to `written`; writes nothing if the process is
  // `mute`. True if it wrote something.
  bool WriteUntil(Nanos now, bool mute, WrittenOutput& written);
  // Writes the last output before the end, as far as there is room. True if it wrote something.
  bool WriteLast(Nanos now, WrittenOutput& written);

 private:
  void Draw(const WrittenOutput& written);
  bool Push(Nanos now, WrittenOutput& written);

  UniqueFd fds_[2];
  Random random_{0};
  Nanos at_ = kInfinite;
  Nanos every_ = 0;
  // The number of pieces left to write.
  int pieces_left_ = 30;
  // The bytes that wait for room in the pipe.
  std::string rest_[2];
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_OUTPUT_WRITER_H_
