// Reactors that connect gRPC calls to the handlers of server/api.
#ifndef HOB_SERVER_RPC_REACTORS_H_
#define HOB_SERVER_RPC_REACTORS_H_

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "hob/v1/supervisor.pb.h"
#include "server/api/logs_feed.h"
#include "server/api/logs_thread.h"
#include "server/api/roll_feed.h"
#include "server/errors/errors.h"
#include "server/registry/change_notifier.h"
#include "server/rpc/status.h"

namespace hob {

// A unary call whose outcome may come later, from another thread. It ends with the outcome or with
// the client's departure (cancellation, deadline), whichever comes first; the other is ignored.
//
// Thread-safe. Shared by gRPC and the code that delivers the outcome.
class PendingCall : public grpc::ServerUnaryReactor {
 public:
  static std::shared_ptr<PendingCall> Create() {
    std::shared_ptr<PendingCall> call(new PendingCall());
    call->held_by_grpc_ = call;
    return call;
  }

  // Ends the call. `fill` writes the response and returns the status; it is not called if the call
  // is already over, because the response no longer exists.
  void Complete(const std::function<grpc::Status()>& fill) {
    if (!over_.exchange(true)) Finish(fill());
  }

 private:
  PendingCall() = default;

  void OnCancel() override {
    if (!over_.exchange(true)) Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { held_by_grpc_.reset(); }

  std::atomic<bool> over_ = false;
  std::shared_ptr<PendingCall> held_by_grpc_;
};

// A streaming call that fails before it begins.
template <typename Response>
class FailedStream : public grpc::ServerWriteReactor<Response> {
 public:
  explicit FailedStream(const absl::Status& status) { this->Finish(ToGrpcStatus(status)); }

 private:
  void OnDone() override { delete this; }
};

// Returns the outcome with which a stream of the feed ends once everything is sent; absent for a
// feed without an end.
template <typename Feed>
absl::optional<absl::Status> EndOf(const Feed&) {
  return absl::nullopt;
}
inline absl::optional<absl::Status> EndOf(const RollFeed& feed) { return feed.End(); }

// True if the feed has news that the notifier may have announced before the stream waited.
template <typename Feed>
bool HasNews(const Feed&) {
  return false;
}
inline bool HasNews(const RollFeed& feed) { return feed.HasNews(); }

// Sends the responses of a feed (WatchFeed, HealthFeed, RollFeed), one write at a time, and waits
// in the notifier while there are none, so that a slow client neither delays others nor uses
// memory. Ends when its client leaves, when the feed ends, or with Unavailable (SHUTTING_DOWN) when
// the notifier has ended and everything is sent.
template <typename Feed>
class FeedStream : public grpc::ServerWriteReactor<typename Feed::Response>,
                   public ChangeNotifier::Waiter,
                   public std::enable_shared_from_this<FeedStream<Feed>> {
 public:
  // Starts a stream owned by gRPC and returns it. `notifier` outlives the call.
  static FeedStream* Begin(Feed feed, ChangeNotifier& notifier) {
    std::shared_ptr<FeedStream> stream(new FeedStream(std::move(feed), notifier));
    stream->held_by_grpc_ = stream;
    stream->Continue();
    return stream.get();
  }

  // Checks for something to send. Called on any thread.
  void Wake() override ABSL_LOCKS_EXCLUDED(mu_) {
    {
      absl::MutexLock lock(&mu_);
      if (!idle_) {
        woken_ = true;
        return;
      }
      idle_ = false;
    }
    Continue();
  }

 private:
  FeedStream(Feed feed, ChangeNotifier& notifier) : feed_(std::move(feed)), notifier_(notifier) {}

  // Called only by the thread that currently acts for the call: the stream is neither idle nor
  // writing.
  void Continue() ABSL_LOCKS_EXCLUDED(mu_) {
    do {
      response_.Clear();
      if (feed_.Next(response_)) return this->StartWrite(&response_);
      if (const auto end = EndOf(feed_)) return this->Finish(ToGrpcStatus(*end));
      if (notifier_.ended()) return this->Finish(ToGrpcStatus(ShuttingDown()));
    } while (!BecomesIdle());
  }

  // Returns false if there may be more to send by now.
  bool BecomesIdle() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    if (cancelled_) {
      this->Finish(grpc::Status::CANCELLED);
      return true;
    }
    if (woken_) {
      woken_ = false;
      return false;
    }
    idle_ = true;
    notifier_.WakeAfter(feed_.sequence(), this->shared_from_this());
    if (!HasNews(feed_)) return true;
    idle_ = false;
    notifier_.Forget(this->shared_from_this());
    return false;
  }

  void OnWriteDone(bool ok) override {
    if (ok) return Continue();
    this->Finish(grpc::Status::CANCELLED);
  }

  void OnCancel() override ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    cancelled_ = true;
    if (!idle_) return;
    idle_ = false;
    notifier_.Forget(this->shared_from_this());
    this->Finish(grpc::Status::CANCELLED);
  }

  void OnDone() override { held_by_grpc_.reset(); }

  Feed feed_;
  ChangeNotifier& notifier_;
  typename Feed::Response response_;
  std::shared_ptr<FeedStream> held_by_grpc_;

  absl::Mutex mu_;
  // True while the stream waits in the notifier. The thread that makes it false acts for the call.
  bool idle_ ABSL_GUARDED_BY(mu_) = false;
  // True if the stream was woken while busy.
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
};

// Sends the pieces of a LogsFeed, read by the thread of `thread`. At most one write is in progress,
// so nothing is read for a client that does not read.
class LogsStream : public grpc::ServerWriteReactor<v1::LogsResponse>, public LogsThread::Call {
 public:
  // Starts a stream owned by gRPC and returns it. `thread` outlives the call.
  static LogsStream* Begin(std::unique_ptr<LogsFeed> feed, LogsThread& thread) {
    const std::shared_ptr<LogsStream> stream(new LogsStream(std::move(feed), thread));
    stream->held_by_grpc_ = stream;
    thread.Add(stream);
    stream->feed_->NotifyOfMore([call = stream.get()] { call->Wake(); });
    stream->Wake();
    return stream.get();
  }

 private:
  LogsStream(std::unique_ptr<LogsFeed> feed, LogsThread& thread)
      : thread_(thread), feed_(std::move(feed)) {}

  void Serve(bool no_more) override {
    // The end of the write wakes the call again, even after a cancellation.
    if (feed_ == nullptr || writing_) return;
    if (cancelled_) return End(grpc::Status::CANCELLED);
    switch (feed_->Next(response_)) {
      case LogsFeed::Outcome::kPiece:
        writing_ = true;
        return StartWrite(&response_);
      case LogsFeed::Outcome::kNothing:
        if (no_more) End(grpc::Status::OK);
        return;
      case LogsFeed::Outcome::kEnd:
        return End(grpc::Status::OK);
    }
  }

  void OnWriteDone(bool ok) override {
    if (!ok) cancelled_ = true;
    writing_ = false;
    Wake();
  }
  void OnCancel() override {
    cancelled_ = true;
    Wake();
  }
  void OnDone() override {
    thread_.Remove(this);
    held_by_grpc_ = nullptr;
  }

  void End(const grpc::Status& status) {
    // No log calls back from here on.
    feed_ = nullptr;
    Finish(status);
  }

  LogsThread& thread_;
  // Null once the call is over. Used only by the thread.
  std::unique_ptr<LogsFeed> feed_;
  v1::LogsResponse response_;
  std::atomic<bool> writing_ = false;
  std::atomic<bool> cancelled_ = false;
  std::shared_ptr<LogsStream> held_by_grpc_;
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_REACTORS_H_
