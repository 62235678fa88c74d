#ifndef HOB_SERVER_RPC_LOGS_FEED_H_
#define HOB_SERVER_RPC_LOGS_FEED_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "hob/v1/supervisor.pb.h"
#include "server/output/log_reader.h"
#include "server/output/log_store.h"

namespace hob {

// What a call of Logs answers, piece by piece: first the past, one daemon after the other and its
// streams merged by time, then, if that is wanted, what comes. Reads only when it is asked, and
// keeps at most two pieces: who asks slowly is told what he missed.
//
// Used by one thread at a time. Blocks on the disk only.
class LogsFeed {
 public:
  struct Options {
    // In this order; names of daemons.
    std::vector<std::string> names;
    // Not empty.
    std::vector<OutputStream> streams;
    // Where the past begins: the latest of these; without any of them, at the oldest backup.
    absl::optional<int64_t> lines;
    absl::optional<int64_t> bytes;
    absl::optional<absl::Time> since;
    bool follow = false;
  };

  // `store` outlives it. `on_more` is called on any thread, and must not block, when Next has
  // something new to say after it has said kNothing.
  LogsFeed(LogStore& store, Options options, std::function<void()> on_more);
  ~LogsFeed();

  LogsFeed(const LogsFeed&) = delete;
  LogsFeed& operator=(const LogsFeed&) = delete;

  enum class Outcome {
    // `response` was filled in.
    kPiece,
    // There is nothing at the moment.
    kNothing,
    // Nothing will come any more.
    kEnd,
  };
  Outcome Next(v1::LogsResponse& response);

 private:
  class Stream;

  // The past of the daemon at past_; false when there is nothing left of it.
  bool NextOfThePast(v1::LogsResponse& response);
  Outcome NextToCome(v1::LogsResponse& response);
  // The streams of the daemon at past_.
  std::vector<Stream*> PresentStreams() const;
  void BeginPast(Stream& stream) const;
  void BeginFollowing();
  void NoteReady(Stream* stream) ABSL_LOCKS_EXCLUDED(mu_);
  // Null when none is ready.
  Stream* TakeReady() ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;
  const std::function<void()> on_more_;
  // Those of the first daemon, then those of the second, and so on.
  std::vector<std::unique_ptr<Stream>> streams_;
  // Which daemon's past is being sent.
  size_t past_ = 0;
  bool past_begun_ = false;
  // Whose line is not yet complete; null when the last piece ended with one.
  Stream* in_line_ = nullptr;
  bool following_ = false;
  // Streams that may have more to come.
  size_t alive_ = 0;

  absl::Mutex mu_;
  std::deque<Stream*> ready_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_LOGS_FEED_H_
