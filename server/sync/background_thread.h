#ifndef HOB_SERVER_SYNC_BACKGROUND_THREAD_H_
#define HOB_SERVER_SYNC_BACKGROUND_THREAD_H_

#include <atomic>
#include <functional>
#include <thread>

namespace hob {

// A thread that works for the object of which it is a member and ends with it: asked, woken,
// joined. Declare it last, so that everything it uses still exists when it ends:
//
//   Owner::Owner() {
//     thread_.Start([this] { Loop(); }, [this] {
//       MutexLock lock(&mu_);
//       changed_.WakeAll();
//     });
//   }
//
//   void Owner::Loop() {
//     MutexLock lock(&mu_);
//     while (!thread_.ending()) {
//       DoWork();
//       changed_.Wait(&mu_);
//     }
//   }
//
// The thread inherits the signal mask of its creator.
//
// `ending` is thread-safe; call the rest from one thread at a time.
class BackgroundThread {
 public:
  BackgroundThread() = default;
  ~BackgroundThread() { End(); }

  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  // Runs `loop` on a new thread; `loop` must return soon after `ending` has become true. End then
  // calls `wake`, which must end the loop's wait. `wake` takes the lock under which the loop
  // checks, so that it cannot come between check and wait. Throws std::system_error if no thread
  // can be created.
  void Start(std::function<void()> loop, std::function<void()> wake) {
    thread_ = std::thread(std::move(loop));
    wake_ = std::move(wake);
  }

  // Asks the thread to end, wakes it and waits for its end. Does nothing if it has ended or was
  // never started.
  void End() {
    ending_ = true;
    if (!thread_.joinable()) return;
    wake_();
    thread_.join();
  }

  // Detaches a thread that hangs; it must use neither this object nor its owner any more.
  void Abandon() { thread_.detach(); }

  // True once End has begun.
  bool ending() const { return ending_; }
  bool started() const { return thread_.joinable(); }

 private:
  std::atomic<bool> ending_ = false;
  std::function<void()> wake_;
  std::thread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_SYNC_BACKGROUND_THREAD_H_
