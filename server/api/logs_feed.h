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

// Yields the answer to a call of Logs piece by piece: first the past, one daemon after the other
// and its streams merged by time, then, with `follow`, new output. Reads only in Next and keeps at
// most two pieces; a slow caller is told how much it missed.
//
// Used by one thread at a time. Blocks on the disk only.
class LogsFeed {
 public:
  struct Options {
    // Names of daemons, in the order in which their past is sent.
    std::vector<std::string> names;
    // Not empty.
    std::vector<OutputStream> streams;
    // The past begins at the latest of these; without any, with the oldest backup.
    absl::optional<int64_t> lines;
    absl::optional<int64_t> bytes;
    absl::optional<absl::Time> since;
    bool follow = false;
  };

  // `store` outlives it.
  LogsFeed(LogStore& store, Options options);
  ~LogsFeed();

  LogsFeed(const LogsFeed&) = delete;
  LogsFeed& operator=(const LogsFeed&) = delete;

  // Has `on_more` called, on any thread, when there is a new piece after Next has returned
  // kNothing. It must not block. Call it before the first Next.
  void NotifyOfMore(std::function<void()> on_more) { on_more_ = std::move(on_more); }

  enum class Outcome {
    // `response` was filled in.
    kPiece,
    // There is no piece at the moment.
    kNothing,
    // No piece will come any more.
    kEnd,
  };
  Outcome Next(v1::LogsResponse& response);

 private:
  class Stream;

  // Takes a piece of the past of the daemon at past_; false if none is left.
  bool NextOfThePast(v1::LogsResponse& response);
  Outcome NextToCome(v1::LogsResponse& response);
  // Returns the streams of the daemon at past_.
  std::vector<Stream*> PresentStreams() const;
  void BeginPast(Stream& stream) const;
  void BeginFollowing();
  void NoteReady(Stream* stream) ABSL_LOCKS_EXCLUDED(mu_);
  // Returns null if none is ready.
  Stream* TakeReady() ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;
  std::function<void()> on_more_ = [] {};
  // The streams of the first daemon, then those of the second, and so on.
  std::vector<std::unique_ptr<Stream>> streams_;
  // The daemon, by its place in options_.names, whose past is being sent.
  size_t past_ = 0;
  bool past_begun_ = false;
  // The stream whose line is incomplete; null if the last piece ended with a whole line.
  Stream* in_line_ = nullptr;
  bool following_ = false;
  // Streams that may have more to come.
  size_t alive_ = 0;

  absl::Mutex mu_;
  std::deque<Stream*> ready_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_API_LOGS_FEED_H_
