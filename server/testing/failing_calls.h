#ifndef HOB_SERVER_TESTING_FAILING_CALLS_H_
#define HOB_SERVER_TESTING_FAILING_CALLS_H_

#include <string>

namespace hob {

// Makes system calls of the program under test fail, where and as a test says. It
// takes the place of the C library's functions, syscall(2) among them, in everything that is linked
// statically with it: a test that uses it has linkstatic = True, and FAILING_CALLS_LINKOPTS of
// failing_calls.bzl. A call that fails does nothing.
//
// A call is named by its function, and is the same one by whatever way it is made: "open" is
// open(2), opendir(3) and syscall(SYS_openat) together. Only calls that a test can name are
// counted.
//
// Thread-safe; one at a time. A child that shares this process's memory until its execve is a part
// of the program: its calls fail and count as those of the thread that made it.
class FailingCalls {
 public:
  struct Fault {
    // The function; empty: nothing fails, calls are only counted.
    std::string call;
    // Which of its calls fails, from 1.
    int number = 1;
    // Whether all later ones do too.
    bool for_good = false;
    int error_number = 0;
  };

  // None of this thread's calls fails or counts for so long: they are those of the test itself.
  class Pause {
   public:
    Pause();
    ~Pause();

    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
  };

  // Calls fail from here on. FATAL when there is no function of this name.
  explicit FailingCalls(const Fault& fault);
  // They do not any more.
  ~FailingCalls();

  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;

  // How many calls have failed.
  int failed() const;

  // How many calls of a function were made, those that failed included.
  int made(const std::string& call) const;

  // For what makes system calls by itself, and not by the C library: whether the call with this
  // number (SYS_...) fails now. Counts it, and sets errno(3) when it does. May be called between
  // clone and execve.
  static bool Fails(long number);
};

}  // namespace hob

#endif  // HOB_SERVER_TESTING_FAILING_CALLS_H_
