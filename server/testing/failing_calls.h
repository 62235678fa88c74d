#ifndef HOB_SERVER_TESTING_FAILING_CALLS_H_
#define HOB_SERVER_TESTING_FAILING_CALLS_H_

#include <string>

namespace hob {

// Makes system calls of the program under test fail as a test specifies. Replaces the C library's
// functions, including syscall(2), in all statically linked code: a test that uses it sets
// linkstatic = True and FAILING_CALLS_LINKOPTS of failing_calls.bzl. A failing call has no effect.
//
// A call is named by its function, however it is made: "open" covers open(2), opendir(3) and
// syscall(SYS_openat). Counts only calls that have such a name.
//
// Thread-safe. At most one object exists at a time. A child that shares this process's memory until
// its execve belongs to the program: its calls fail and count like those of the thread that created
// it.
class FailingCalls {
 public:
  struct Fault {
    // Name of the function; if empty, nothing fails and calls are only counted.
    std::string call;
    // Which of its calls fails, counted from 1.
    int number = 1;
    // True if all later calls fail too.
    bool for_good = false;
    int error_number = 0;
  };

  // Exempts this thread's calls from failing and counting while it exists: they belong to the test.
  class Pause {
   public:
    Pause();
    ~Pause();

    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
  };

  // Makes calls fail from here on. FATAL if the function is unknown.
  explicit FailingCalls(const Fault& fault);
  // Stops the failures.
  ~FailingCalls();

  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;

  // Returns the number of calls that have failed.
  int failed() const;

  // Returns the number of calls of a function, including failed ones.
  int made(const std::string& call) const;

  // For code that makes system calls without the C library: returns true if the call with this
  // number (SYS_...) must fail now. Counts the call, and sets errno(3) if it fails. May be called
  // between clone and execve.
  static bool Fails(long number);
};

}  // namespace hob

#endif  // HOB_SERVER_TESTING_FAILING_CALLS_H_
