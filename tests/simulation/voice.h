#ifndef HOB_TESTS_SIMULATION_VOICE_H_
#define HOB_TESTS_SIMULATION_VOICE_H_

#include <deque>
#include <string>

#include "absl/types/optional.h"
#include "server/process/process.h"
#include "tests/simulation/random.h"
#include "tests/simulation/settings.h"
#include "tests/simulation/words.h"

namespace hob {
namespace simulation {

// How often processes behave badly, in a hundred.
struct Manners {
  // It never says that it is ready, or says it late.
  int never_tells = 10;
  int tells_late = 40;
  // It stops showing signs of life.
  int falls_silent = 40;
};

// What the processes of one instance with ready = notify say, and when. Words go through the real
// socket, all of them sent by this process: which of them are the instance's own is known here.
//
// Not thread-safe.
class Voice {
 public:
  // That of an instance which is asked for nothing.
  Voice() = default;
  // Draws what will be said. Words that another instance has said to the same socket are not heard.
  Voice(const SpawnRequest& request, const Manners& manners, Nanos now, Random& random);

  // Whether there is a socket.
  bool can_speak() const { return !path_.empty(); }

  // When it says something by itself next; kInfinite: never.
  Nanos next() const { return ready_at_ < alive_at_ ? ready_at_ : alive_at_; }
  // Says what is due at `now`. `mute`: it cannot, and time goes by. Whether it has said something.
  bool SpeakUntil(Nanos now, bool mute);

  // Says a word; `is_own`: it comes from a process of the instance. Whether the socket took it.
  bool Say(const Word& word, bool is_own);

  // Hob has taken the next datagram and asks who sent it: the word, where it was the instance.
  absl::optional<Word> Heard();

  // Words that were said and not taken.
  int unheard() const { return static_cast<int>(on_the_way_.size()); }
  // It has said that it is ready.
  bool said_ready() const { return said_ready_; }

 private:
  struct Sent {
    Word word;
    bool is_own = false;
  };

  std::string path_;
  Nanos ready_at_ = kInfinite;
  Nanos alive_at_ = kInfinite;
  Nanos alive_every_ = 0;
  // Signs of life that are still to come.
  int alive_left_ = 0;
  bool said_ready_ = false;
  std::deque<Sent> on_the_way_;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_VOICE_H_
