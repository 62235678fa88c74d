#ifndef HOB_SERVER_SUPERVISOR_THREAD_MEMORY_H_
#define HOB_SERVER_SUPERVISOR_THREAD_MEMORY_H_

#include <cstddef>

namespace hob {

// The memory that the calling thread's stack takes: what was touched once stays, thousands of
// threads that sleep keep it, and most of it holds nothing. Gives it back to the kernel without
// anybody seeing a difference but in the number of pages.
//
// Belongs to one thread, which is no other's than the one that makes it, and not the first of the
// process.
class ThreadMemory {
 public:
  ThreadMemory();

  // Gives back whole pages of zeros between the thread's first frame and its descriptor. The C
  // library puts thread-local variables there and writes zeros to each; glog alone has 30 KB. For
  // the beginning of a thread.
  void ReleaseZeros() const;

  // Gives back what deeper calls have left on the stack below the present one.
  void ReleaseDeadStack() const;

 private:
  // The lowest byte of the stack.
  char* lowest_ = nullptr;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_THREAD_MEMORY_H_
