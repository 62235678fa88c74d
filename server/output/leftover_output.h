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

// Holds the last output of daemons that are gone (removed, or the server is ending) until it can be
// written to their logs. Nothing waits for it, and nothing is lost while the server lives. Retries
// once a second. When the server ends, it retries a few more times and then reports how much is
// lost.
//
// Thread-safe. Only its own thread blocks on a disk.
class LeftoverOutput {
 public:
  // The unwritten output of one stream. Used by one thread at a time.
  class Item {
   public:
    virtual ~Item() = default;
    // Tries to write the output. Blocks on the disk only.
    virtual void TryWrite() = 0;
    // Returns the number of unwritten bytes.
    virtual int64_t left() const = 0;
    // Returns the name of the daemon that wrote the output.
    virtual const std::string& daemon() const = 0;
    // Returns the reason why the output cannot be written, as "log stalled: ...".
    virtual std::string problem() const = 0;
  };

  // Time between two attempts.
  static constexpr absl::Duration kRetryInterval = absl::Seconds(1);

  // `warn` gets a line when output arrives, is finally written, or is lost. Called on any thread.
  // The destructor tries once more, drops what is left, and ends the thread.
  explicit LeftoverOutput(std::function<void(const std::string& line)> warn);

  LeftoverOutput(const LeftoverOutput&) = delete;
  LeftoverOutput& operator=(const LeftoverOutput&) = delete;

  // Takes ownership of `item`. Precondition: it has unwritten bytes.
  void Add(std::unique_ptr<Item> item) ABSL_LOCKS_EXCLUDED(mu_);

  // Makes up to `tries` more attempts, the first at once, then drops what is left; after
  // SkipRetries, makes just one more. Calls `done` once, on the thread, as soon as nothing is left.
  // Add must not be called from here on.
  void Finish(int tries, std::function<void()> done) ABSL_LOCKS_EXCLUDED(mu_);
  void SkipRetries() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Items = std::vector<std::unique_ptr<Item>>;

  void Loop();
  // Wakes the thread to look at what changed.
  void Wake() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Waits until the next attempt is due and moves added items to `items`. Returns true if that
  // attempt is the last.
  bool WaitForTry(Items& items) ABSL_LOCKS_EXCLUDED(mu_);
  // Removes fully written items from `items`.
  void TryAll(Items& items);
  void GiveUp(Items& items);

  const std::function<void(const std::string& line)> warn_;

  Mutex mu_;
  CondVar changed_;
  Items added_ ABSL_GUARDED_BY(mu_);
  // True if the thread was woken for a reason other than the time.
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
  // Null before Finish and after `done` was called.
  std::function<void()> done_ ABSL_GUARDED_BY(mu_);
  int tries_left_ ABSL_GUARDED_BY(mu_) = 0;
  bool skip_retries_ ABSL_GUARDED_BY(mu_) = false;
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LEFTOVER_OUTPUT_H_
