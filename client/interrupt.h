#ifndef HOB_CLIENT_INTERRUPT_H_
#define HOB_CLIENT_INTERRUPT_H_

#include <atomic>
#include <functional>
#include <thread>

namespace hob {
namespace client {

// While it lives, an interrupt (SIGINT, Ctrl-C) does not end the process but is told. One object at
// a time.
class Interrupt {
 public:
  // `told` is called at the first interrupt, on a thread of this object.
  explicit Interrupt(std::function<void()> told);
  // An interrupt does again what it did before.
  ~Interrupt();

  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool came() const { return came_; }

 private:
  void Wait();

  const std::function<void()> told_;
  std::atomic<bool> came_ = false;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_INTERRUPT_H_
