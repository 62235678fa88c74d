#ifndef HOB_SERVER_OUTPUT_TESTING_FAILING_CALLS_H_
#define HOB_SERVER_OUTPUT_TESTING_FAILING_CALLS_H_

#include <string>
#include <vector>

namespace hob {

// Makes system calls of the program under test fail, where and as a test says (RELIABILITY 4b). It
// takes the place of the C library's functions in everything that is linked statically with it: a
// test that uses it has linkstatic = True, and FAILING_CALLS_LINKOPTS of failing_calls.bzl. A call
// that fails does nothing.
//
// Thread-safe; one at a time.
class FailingCalls {
 public:
  struct Fault {
    // The function: one of Names().
    std::string call;
    // Which of its calls fails, from 1.
    int number = 1;
    // Whether all later ones do too.
    bool for_good = false;
    int error_number = 0;
  };

  // The functions that can fail.
  static std::vector<std::string> Names();

  // None of this thread's calls fails or counts for so long: they are those of the test itself.
  class Pause {
   public:
    Pause();
    ~Pause();

    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
  };

  // Calls fail from here on.
  explicit FailingCalls(const Fault& fault);
  // They do not any more.
  ~FailingCalls();

  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;

  // How many calls have failed.
  int failed() const;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_TESTING_FAILING_CALLS_H_
