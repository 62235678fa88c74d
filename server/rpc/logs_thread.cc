#include "server/rpc/logs_thread.h"

#include <utility>
#include <vector>

namespace hob {

// Serve is called on the thread, one at a time; everything else on any thread.
class LogsThread::Call : public grpc::ServerWriteReactor<v1::LogsResponse>,
                         public std::enable_shared_from_this<LogsThread::Call> {
 public:
  explicit Call(LogsThread& thread) : thread_(thread) {}

  // To be called once, before anything else.
  void Begin(LogStore& store, LogsFeed::Options options) {
    held_by_grpc_ = shared_from_this();
    thread_.Add(held_by_grpc_);
    feed_ = std::make_unique<LogsFeed>(store, std::move(options), [this] { Wake(); });
    Wake();
  }

  // Has the thread look at the call.
  void Wake() {
    if (!queued_.exchange(true)) thread_.Enqueue(shared_from_this());
  }

  void Serve() {
    queued_ = false;
    // The end of the write wakes the call again, after a cancellation too.
    if (feed_ == nullptr || writing_) return;
    if (cancelled_) return End(grpc::Status::CANCELLED);
    // Asked before reading: what is written then is all there will be.
    const bool no_more = thread_.no_more_;
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

 private:
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
  // Null once the call is over.
  std::unique_ptr<LogsFeed> feed_;
  v1::LogsResponse response_;
  std::atomic<bool> queued_ = false;
  std::atomic<bool> writing_ = false;
  std::atomic<bool> cancelled_ = false;
  std::shared_ptr<Call> held_by_grpc_;
};

LogsThread::LogsThread() {
  thread_.Start([this] { Loop(); },
                [this] {
                  MutexLock lock(&mu_);
                  changed_.WakeOne();
                });
}

grpc::ServerWriteReactor<v1::LogsResponse>* LogsThread::Answer(LogStore& store,
                                                               LogsFeed::Options options) {
  const auto call = std::make_shared<Call>(*this);
  call->Begin(store, std::move(options));
  return call.get();
}

void LogsThread::BeginEnd() {
  no_more_ = true;
  std::vector<std::shared_ptr<Call>> calls;
  {
    MutexLock lock(&mu_);
    for (const auto& [address, call] : calls_) calls.push_back(call.lock());
  }
  for (const std::shared_ptr<Call>& call : calls) {
    if (call != nullptr) call->Wake();
  }
}

void LogsThread::Add(const std::shared_ptr<Call>& call) {
  MutexLock lock(&mu_);
  calls_.emplace(call.get(), call);
}

void LogsThread::Remove(const Call* call) {
  MutexLock lock(&mu_);
  calls_.erase(call);
}

void LogsThread::Enqueue(std::shared_ptr<Call> call) {
  MutexLock lock(&mu_);
  queue_.push_back(std::move(call));
  changed_.WakeOne();
}

void LogsThread::Loop() {
  while (true) {
    std::shared_ptr<Call> call;
    {
      MutexLock lock(&mu_);
      while (!thread_.ending() && queue_.empty()) changed_.Wait(&mu_);
      if (queue_.empty()) return;
      call = std::move(queue_.front());
      queue_.pop_front();
    }
    call->Serve();
  }
}

}  // namespace hob
