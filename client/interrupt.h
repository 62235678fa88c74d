#ifndef HOB_CLIENT_INTERRUPT_H_
#define HOB_CLIENT_INTERRUPT_H_

#include <atomic>
#include <functional>
#include <thread>

namespace hob {
namespace client {

// While it exists, an interrupt (SIGINT, Ctrl-C) calls a function instead of ending the process.
// One object at a time.
class Interrupt {
 public:
  // Calls `handler` at the first interrupt, on a thread of this object.
  explicit Interrupt(std::function<void()> handler);
  // Restores the former effect of an interrupt.
  ~Interrupt();

  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool came() const { return came_; }

 private:
  void Wait();

  const std::function<void()> handler_;
  std::atomic<bool> came_ = false;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_INTERRUPT_H_
