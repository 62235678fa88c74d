#ifndef HOB_TESTS_SIMULATION_PAPER_H_
#define HOB_TESTS_SIMULATION_PAPER_H_

#include <cstdint>
#include <string>

#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// The folder of the logs, as one sees it from outside. It can be taken away, so that no log can be
// opened, and put back with all that is in it.
//
// Not thread-safe.
class Paper {
 public:
  // Makes the folder in `folder`.
  explicit Paper(const std::string& folder);

  // What hob is told.
  const std::string& log_dir() const { return log_dir_; }

  void TakeAway();
  void PutBack(Nanos now);
  bool is_there() const { return is_there_; }
  // When it was put back last; 0: it was always there.
  Nanos back_since() const { return back_since_; }

  // Bytes in the log of a daemon's stream, 0 stdout and 1 stderr; wherever it lies.
  int64_t SizeOf(const std::string& daemon, int stream) const;
  std::string TextOf(const std::string& daemon, int stream) const;

 private:
  std::string PathOf(const std::string& daemon, int stream) const;

  const std::string log_dir_;
  const std::string away_;
  bool is_there_ = true;
  Nanos back_since_ = 0;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_PAPER_H_
