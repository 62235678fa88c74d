// The faults that the tests of this package inject: the system calls that can fail, and their
// errors.
#ifndef HOB_SERVER_PROCESS_TESTING_FAULTY_CALLS_H_
#define HOB_SERVER_PROCESS_TESTING_FAULTY_CALLS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/optional.h"
#include "server/process/tree/containment.h"
#include "server/testing/failing_calls.h"

namespace hob {

// A call that can fail, named as in FailingCalls.
struct FaultyCall {
  std::string name;
  // Values of errno(3) that the kernel may return although the caller has made no mistake.
  std::vector<int> errors;
  // Stage reported by a spawn that fails because of the call; empty if there are several.
  std::string stage;
  // The kind of containment that makes the call; absent if both do.
  absl::optional<ContainmentMode> only;
};

// Returns all faulty calls.
const std::vector<FaultyCall>& FaultyCalls();

// Returns the call with this name; one without errors if there is none.
const FaultyCall& FindFaultyCall(const std::string& name);

// Returns the names of the faulty calls that were made.
std::set<std::string> CallsMade(const FailingCalls& calls);

// Calls `play` with faults of these calls: each error, once and permanently, at the first place,
// the second and so on, until `play` returns false because the fault did not happen. Stops when the
// test has failed. Returns the number of faults that happened.
int PlayEveryFault(const std::set<std::string>& calls,
                   absl::FunctionRef<bool(const FailingCalls::Fault& fault)> play);

// Like PlayEveryFault, for tests that make a call for every process on the machine: uses one error
// per call, and places at growing distances after the first 20.
int PlaySomeFaults(const std::set<std::string>& calls,
                   absl::FunctionRef<bool(const FailingCalls::Fault& fault)> play);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TESTING_FAULTY_CALLS_H_
