#ifndef HOB_SERVER_SUPERVISOR_THREAD_MEMORY_H_
#define HOB_SERVER_SUPERVISOR_THREAD_MEMORY_H_

#include <cstddef>

namespace hob {

// Returns unused stack memory of the calling thread to the kernel, without a visible effect except
// on the number of pages. A page that was touched once stays resident, so thousands of sleeping
// threads would keep stacks that are mostly empty.
//
// Use only on the constructing thread, never the main thread.
class ThreadMemory {
 public:
  ThreadMemory();

  // Releases whole pages of zeros between the thread's first frame and its descriptor. The C
  // library puts thread-local variables there and writes zeros to each; glog alone has 30 KB. Call
  // it at the beginning of a thread.
  void ReleaseZeros() const;

  // Releases the stack that deeper calls have left below the present frame.
  void ReleaseDeadStack() const;

 private:
  // The lowest byte of the stack.
  char* lowest_ = nullptr;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_THREAD_MEMORY_H_
