#ifndef HOB_TESTS_SIMULATION_WORDS_H_
#define HOB_TESTS_SIMULATION_WORDS_H_

#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// What a process says in one datagram of sd_notify(3). A plain value.
struct Word {
  enum class Kind { kReady, kAlive, kTrigger, kStopping, kStatus, kExtendTimeout, kNonsense };
  Kind kind = Kind::kNonsense;
  // kStatus: the text. kExtendTimeout: a time.
  int status = 0;
  Nanos time = 0;
};

inline const char* NameOf(Word::Kind kind) {
  static constexpr const char* kNames[] = {"that it is ready",       "that it is alive",
                                           "that it is broken",      "that it is stopping",
                                           "what it does",           "that it wants more time",
                                           "what nobody understands"};
  return kNames[static_cast<int>(kind)];
}

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_WORDS_H_
