#ifndef HOB_SERVER_SYNC_BACKGROUND_THREAD_H_
#define HOB_SERVER_SYNC_BACKGROUND_THREAD_H_

#include <atomic>
#include <functional>
#include <thread>

namespace hob {

// A thread that works for the object of which it is a member, and ends with it: asked, woken,
// joined. Declare it last, so that all that it uses is still there when it ends:
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
// The thread inherits the signal mask of the one that starts it.
//
// `ending` is thread-safe; the rest is called by one thread at a time.
class BackgroundThread {
 public:
  BackgroundThread() = default;
  ~BackgroundThread() { End(); }

  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  // Has a thread run `loop`, which returns soon after `ending` has become true. End calls `wake`
  // then, which ends the loop's wait; it takes the lock under which the loop looks, lest it come
  // between the look and the wait. Throws std::system_error if there is no room for a thread.
  void Start(std::function<void()> loop, std::function<void()> wake) {
    thread_ = std::thread(std::move(loop));
    wake_ = std::move(wake);
  }

  // Asks the thread to end, wakes it and waits for its end. Does nothing where it has ended or was
  // never started.
  void End() {
    ending_ = true;
    if (!thread_.joinable()) return;
    wake_();
    thread_.join();
  }

  // Leaves the thread to itself, for one that hangs: it uses neither this object nor its owner.
  void Abandon() { thread_.detach(); }

  // True from the beginning of End on.
  bool ending() const { return ending_; }
  bool started() const { return thread_.joinable(); }

 private:
  std::atomic<bool> ending_ = false;
  std::function<void()> wake_;
  std::thread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_SYNC_BACKGROUND_THREAD_H_
