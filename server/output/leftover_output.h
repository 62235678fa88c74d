#ifndef HOB_SERVER_OUTPUT_LEFTOVER_OUTPUT_H_
#define HOB_SERVER_OUTPUT_LEFTOVER_OUTPUT_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"

namespace hob {

// What daemons that are gone wrote last and what could not yet be written into their logs: nobody
// waits for it, and nothing is lost while the server lives. It is tried once a
// second. When the server ends, it is tried a few times, and then it is said how much is lost.
//
// Thread-safe. Nobody but its own thread waits for a disk.
class LeftoverOutput {
 public:
  // What is left of one stream. Used by one thread at a time.
  class Item {
   public:
    virtual ~Item() = default;
    // Tries to write it. Blocks on the disk only.
    virtual void WriteOn() = 0;
    // How many bytes are left.
    virtual int64_t left() const = 0;
    // Whose it is.
    virtual const std::string& daemon() const = 0;
    // Why it cannot be written, as "log stalled: ...".
    virtual std::string problem() const = 0;
  };

  // Time between two tries.
  static constexpr absl::Duration kRetryInterval = absl::Seconds(1);

  // `warn` gets a line about what comes, is written after all, or is lost. Called on any thread.
  explicit LeftoverOutput(std::function<void(const std::string& line)> warn);
  // Tries once more, gives the rest up, and ends the thread.
  ~LeftoverOutput();

  LeftoverOutput(const LeftoverOutput&) = delete;
  LeftoverOutput& operator=(const LeftoverOutput&) = delete;

  // Takes it over. Precondition: something is left of it.
  void Add(std::unique_ptr<Item> item);

  // Tries what is left `tries` times more, the first time at once, or just once after CutShort, and
  // gives it up. As soon as nothing is left, `done` is called once, on the thread. Nothing is added
  // from here on.
  void Finish(int tries, std::function<void()> done);
  void CutShort();

 private:
  using Items = std::vector<std::unique_ptr<Item>>;

  void Loop();
  // Has the thread look at what has changed; with mu_ held.
  void Wake();
  // Waits until it is time to try again, and adds what has come to `items`. Returns whether it is
  // the last try.
  bool WaitForTry(Items& items);
  // Removes what is written from `items`.
  void TryAll(Items& items);
  void GiveUp(Items& items);

  const std::function<void(const std::string& line)> warn_;

  // Not absl's: the end of the server waits for these tries, and its timed waits are on the wall
  // clock, which may be set.
  std::mutex mu_;
  std::condition_variable changed_;
  // What follows is guarded by mu_.
  Items added_;
  // Something other than the time has come.
  bool woken_ = false;
  // Null before Finish and after the call.
  std::function<void()> done_;
  int tries_left_ = 0;
  bool cut_short_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LEFTOVER_OUTPUT_H_
