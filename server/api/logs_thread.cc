#include "server/api/logs_thread.h"

#include <utility>
#include <vector>

namespace hob {

void LogsThread::Call::Wake() {
  if (!queued_.exchange(true)) thread_->Enqueue(shared_from_this());
}

LogsThread::LogsThread() {
  thread_.Start([this] { Loop(); },
                [this] {
                  MutexLock lock(&mu_);
                  changed_.WakeOne();
                });
}

void LogsThread::Add(const std::shared_ptr<Call>& call) {
  call->thread_ = this;
  MutexLock lock(&mu_);
  calls_.emplace(call.get(), call);
}

void LogsThread::Remove(const Call* call) {
  MutexLock lock(&mu_);
  calls_.erase(call);
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
    call->queued_ = false;
    // no_more_ is read before the call reads its logs, so that it misses no line written by now.
    call->Serve(no_more_);
  }
}

}  // namespace hob
