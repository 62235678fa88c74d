#ifndef HOB_SERVER_OUTPUT_LEFTOVER_OUTPUT_H_
#define HOB_SERVER_OUTPUT_LEFTOVER_OUTPUT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "server/sync/background_thread.h"
#include "server/sync/mutex.h"

namespace hob {

// Holds the last output of daemons that are gone, until it can be written into their logs: nothing
// waits for it, and nothing is lost while the server lives. Tries once a second. When the server
// ends, it tries a few times more and then says how much is lost.
//
// Thread-safe. Only its own thread waits for a disk.
class LeftoverOutput {
 public:
  // The rest of one stream. Used by one thread at a time.
  class Item {
   public:
    virtual ~Item() = default;
    // Tries to write it. Blocks on the disk only.
    virtual void WriteOn() = 0;
    // Bytes that are left.
    virtual int64_t left() const = 0;
    // Name of the daemon that wrote it.
    virtual const std::string& daemon() const = 0;
    // The reason why it cannot be written, as "log stalled: ...".
    virtual std::string problem() const = 0;
  };

  // Time between two tries.
  static constexpr absl::Duration kRetryInterval = absl::Seconds(1);

  // `warn` gets a line about what comes, is written after all, or is lost. Called on any thread.
  // The destructor tries once more, gives the rest up, and ends the thread.
  explicit LeftoverOutput(std::function<void(const std::string& line)> warn);

  LeftoverOutput(const LeftoverOutput&) = delete;
  LeftoverOutput& operator=(const LeftoverOutput&) = delete;

  // Takes it over. Precondition: something is left of it.
  void Add(std::unique_ptr<Item> item) ABSL_LOCKS_EXCLUDED(mu_);

  // Tries what is left `tries` times more, the first time at once, or just once after CutShort, and
  // gives it up. As soon as nothing is left, `done` is called once, on the thread. Nothing is added
  // from here on.
  void Finish(int tries, std::function<void()> done) ABSL_LOCKS_EXCLUDED(mu_);
  void CutShort() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Items = std::vector<std::unique_ptr<Item>>;

  void Loop();
  // Has the thread look at what has changed.
  void Wake() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Waits until it is time to try again, and adds what has come to `items`. Returns true if it is
  // the last try.
  bool WaitForTry(Items& items) ABSL_LOCKS_EXCLUDED(mu_);
  // Removes what is written from `items`.
  void TryAll(Items& items);
  void GiveUp(Items& items);

  const std::function<void(const std::string& line)> warn_;

  Mutex mu_;
  CondVar changed_;
  Items added_ ABSL_GUARDED_BY(mu_);
  // True if something other than the time has come.
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
  // Null before Finish and after the call.
  std::function<void()> done_ ABSL_GUARDED_BY(mu_);
  int tries_left_ ABSL_GUARDED_BY(mu_) = 0;
  bool cut_short_ ABSL_GUARDED_BY(mu_) = false;
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LEFTOVER_OUTPUT_H_
