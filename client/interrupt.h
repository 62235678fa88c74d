#ifndef HOB_CLIENT_INTERRUPT_H_
#define HOB_CLIENT_INTERRUPT_H_

#include <atomic>
#include <functional>
#include <thread>

namespace hob {
namespace client {

// Makes an interrupt (SIGINT, Ctrl-C) call a function instead of ending the process, for the
// lifetime of this object. At most one object exists at a time.
class Interrupt {
 public:
  // Calls `handler` at the first interrupt, on a thread of this object.
  explicit Interrupt(std::function<void()> handler);
  // Restores the previous effect of an interrupt.
  ~Interrupt();

  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // True once an interrupt has come.
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
