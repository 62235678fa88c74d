// Which system calls of this package can fail, and what the kernel says then: the faults that its
// tests play.
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

// A call that can fail, named as FailingCalls does.
struct FaultyCall {
  std::string name;
  // Values of errno(3) that the kernel has for it although the caller has done nothing wrong.
  std::vector<int> errors;
  // What a spawn that fails by it names as its stage; empty: there are several.
  std::string stage;
  // The kind of containment that takes it; absent: either.
  absl::optional<ContainmentMode> only;
};

// All of them.
const std::vector<FaultyCall>& FaultyCalls();

// The call of this name; one without errors where there is none.
const FaultyCall& FindFaultyCall(const std::string& name);

// The names of those that were made.
std::set<std::string> CallsMade(const FailingCalls& calls);

// Plays with faults of these calls: with each of their errors, once and for good, at their first
// place, their second and so on, until `play` says that the fault has not happened; not any more
// once the test has failed. Returns how many have happened.
int PlayEveryFault(const std::set<std::string>& calls,
                   absl::FunctionRef<bool(const FailingCalls::Fault& fault)> play);

// The same for what makes a call for each process of the machine: with one error of each call, and
// places that are ever further apart after the first 20.
int PlaySomeFaults(const std::set<std::string>& calls,
                   absl::FunctionRef<bool(const FailingCalls::Fault& fault)> play);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TESTING_FAULTY_CALLS_H_
