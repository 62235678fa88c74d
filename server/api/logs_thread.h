#ifndef HOB_SERVER_API_LOGS_THREAD_H_
#define HOB_SERVER_API_LOGS_THREAD_H_

#include <atomic>
#include <deque>
#include <map>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "server/sync/background_thread.h"
#include "server/sync/mutex.h"

namespace hob {

// Reads logs for all calls of Logs on one thread, so that neither workers nor threads that take
// calls block on a disk.
//
// Thread-safe. Outlives its calls.
class LogsThread {
 public:
  // A call of Logs. Create it as a shared_ptr, and call LogsThread::Add before anything else.
  class Call : public std::enable_shared_from_this<Call> {
   public:
    virtual ~Call() = default;

    // Asks the thread to serve the call soon. Thread-safe; never blocks.
    void Wake();

   protected:
    // Reads and sends the next piece, if the client is ready for one. With `no_more`, logs get no
    // more lines and there is nothing left to wait for. Called only on the thread; may block on a
    // disk.
    virtual void Serve(bool no_more) = 0;

   private:
    friend class LogsThread;

    LogsThread* thread_ = nullptr;
    std::atomic<bool> queued_ = false;
  };

  // All calls must be over when the object is destroyed.
  LogsThread();

  LogsThread(const LogsThread&) = delete;
  LogsThread& operator=(const LogsThread&) = delete;

  // Adds a call, until Remove.
  void Add(const std::shared_ptr<Call>& call) ABSL_LOCKS_EXCLUDED(mu_);
  void Remove(const Call* call) ABSL_LOCKS_EXCLUDED(mu_);

  // Ends following calls once they have sent all that is written, and all later ones. Never blocks.
  void BeginEnd() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Enqueue(std::shared_ptr<Call> call) ABSL_LOCKS_EXCLUDED(mu_);
  void Loop() ABSL_LOCKS_EXCLUDED(mu_);

  Mutex mu_;
  CondVar changed_;
  // Calls that were woken.
  std::deque<std::shared_ptr<Call>> queue_ ABSL_GUARDED_BY(mu_);
  // Calls that were added and not removed.
  std::map<const Call*, std::weak_ptr<Call>> calls_ ABSL_GUARDED_BY(mu_);
  // True if logs get no more lines.
  std::atomic<bool> no_more_ = false;
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_API_LOGS_THREAD_H_
