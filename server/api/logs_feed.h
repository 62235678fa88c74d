#ifndef HOB_SERVER_API_LOGS_FEED_H_
#define HOB_SERVER_API_LOGS_FEED_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "hob/v1/supervisor.pb.h"
#include "server/output/log_reader.h"
#include "server/output/log_store.h"

namespace hob {

// Yields the responses to a call of Logs piece by piece: first the history, one daemon after
// another with its streams merged by time, then, with `follow`, new output. Reads only in Next and
// keeps at most two pieces; a slow caller learns how much it missed.
//
// Used by one thread at a time. Blocks on the disk only.
class LogsFeed {
 public:
  struct Options {
    // Names of daemons, in the order in which their history is sent.
    std::vector<std::string> names;
    // Not empty.
    std::vector<OutputStream> streams;
    // Limits of the history, which begins at the latest of these; without any, at the oldest
    // backup.
    absl::optional<int64_t> lines;
    absl::optional<int64_t> bytes;
    absl::optional<absl::Time> since;
    bool follow = false;
  };

  // `store` outlives the object.
  LogsFeed(LogStore& store, Options options);
  ~LogsFeed();

  LogsFeed(const LogsFeed&) = delete;
  LogsFeed& operator=(const LogsFeed&) = delete;

  // Sets a callback for new pieces after Next has returned kNothing. It is called on any thread and
  // must not block. Call this before the first Next.
  void NotifyOfMore(std::function<void()> on_more) { on_more_ = std::move(on_more); }

  enum class Outcome {
    // `response` was filled in.
    kPiece,
    // There is no piece yet.
    kNothing,
    // There will be no more pieces.
    kEnd,
  };
  Outcome Next(v1::LogsResponse& response);

 private:
  class Stream;

  // Takes a piece of the history of the daemon at history_daemon_; false if there are no more.
  bool NextHistory(v1::LogsResponse& response);
  Outcome NextNew(v1::LogsResponse& response);
  // Returns the streams of the daemon at history_daemon_.
  std::vector<Stream*> CurrentStreams() const;
  void BeginHistory(Stream& stream) const;
  void BeginFollowing();
  void NoteReady(Stream* stream) ABSL_LOCKS_EXCLUDED(mu_);
  // Returns null if no stream is ready.
  Stream* TakeReady() ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;
  std::function<void()> on_more_ = [] {};
  // The streams of the first daemon, then those of the second, and so on.
  std::vector<std::unique_ptr<Stream>> streams_;
  // Index in options_.names of the daemon whose history is being sent.
  size_t history_daemon_ = 0;
  bool history_begun_ = false;
  // The stream whose last line is incomplete; null if the last piece ended with a newline.
  Stream* in_line_ = nullptr;
  bool following_ = false;
  // Number of streams that may get more output.
  size_t alive_ = 0;

  absl::Mutex mu_;
  std::deque<Stream*> ready_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_API_LOGS_FEED_H_
