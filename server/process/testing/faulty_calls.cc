#include "server/process/testing/faulty_calls.h"

#include <sys/syscall.h>
#include <sys/types.h>

#include <cerrno>
#include <limits>

#include "gtest/gtest.h"
#include "server/posix/raw_clone.h"
#include "server/process/spawn/spawn_failure.h"

// RawClone makes its system call directly. The linker substitutes this function for it: ld(1),
// --wrap.
extern "C" {
pid_t __real__ZN3hob8RawCloneEiPFvPvES0_Pi(int cgroup_fd, void (*run)(void*), void* argument,
                                           int* pidfd);
pid_t __wrap__ZN3hob8RawCloneEiPFvPvES0_Pi(int cgroup_fd, void (*run)(void*), void* argument,
                                           int* pidfd) {
  if (hob::FailingCalls::Fails(SYS_clone3)) return -errno;
  return __real__ZN3hob8RawCloneEiPFvPvES0_Pi(cgroup_fd, run, argument, pidfd);
}
}

namespace hob {
namespace {

constexpr ContainmentMode kGroups = ContainmentMode::kControlGroup;
constexpr ContainmentMode kSessions = ContainmentMode::kSession;

using Play = absl::FunctionRef<bool(const FailingCalls::Fault& fault)>;

// After the first `dense` places, each place is twice as far as the one before.
int PlayPlaces(FailingCalls::Fault fault, int dense, Play play) {
  int happened = 0;
  for (fault.number = 1; !testing::Test::HasFailure(); ++fault.number) {
    if (fault.number > dense) fault.number *= 2;
    SCOPED_TRACE(testing::Message()
                 << "call " << fault.number << " of " << fault.call << ": "
                 << ErrnoMeaning(fault.error_number) << (fault.for_good ? ", for good" : ""));
    if (!play(fault)) break;
    ++happened;
  }
  return happened;
}

// Plays the error once and permanently, except that EINTR is never permanent.
int PlayError(const std::string& call, int error_number, int dense, Play play) {
  int happened = PlayPlaces({call, 0, /*for_good=*/false, error_number}, dense, play);
  if (error_number != EINTR) {
    happened += PlayPlaces({call, 0, /*for_good=*/true, error_number}, dense, play);
  }
  return happened;
}

}  // namespace

const std::vector<FaultyCall>& FaultyCalls() {
  static const auto& calls = *new std::vector<FaultyCall>{
      {"access", {EACCES, EIO, ENOMEM}, "", kGroups},
      {"chdir", {EACCES, EIO, ENOMEM}, "chdir", {}},
      {"clone3", {EAGAIN, EMFILE, ENOMEM}, "clone", {}},
      {"close_range", {EMFILE, ENOMEM}, "clone", {}},
      {"dup3", {EBUSY, EMFILE, ENOMEM}, "", {}},
      {"execve", {EAGAIN, ENOMEM, ETXTBSY}, "exec", {}},
      {"fchmod", {EIO, EPERM, EROFS}, "", {}},
      {"fcntl", {EINVAL, EMFILE, ENOMEM}, "", {}},
      {"kill", {EAGAIN, EPERM}, "", kSessions},
      {"mkdir", {EAGAIN, ENOMEM, ENOSPC}, "clone", kGroups},
      {"open", {EMFILE, ENOMEM}, "", {}},
      {"pidfd_open", {EMFILE, ENOMEM}, "", {}},
      {"pidfd_send_signal", {EAGAIN, EPERM}, "", {}},
      {"pipe2", {EMFILE, ENFILE, ENOMEM}, "clone", {}},
      {"poll", {EINTR, ENOMEM}, "", {}},
      {"ppoll", {EINTR, ENOMEM}, "exec", {}},
      {"prctl", {EINVAL, EPERM}, "no_new_privileges", {}},
      {"pread", {EIO, ENOMEM}, "", kGroups},
      {"prlimit64", {EINVAL, ENOMEM, EPERM}, "", {}},
      {"pwrite", {EDQUOT, EIO, ENOSPC}, "", {}},
      // /proc reports EIO for the environment of a process that has released it.
      {"read", {EINTR, ENOMEM}, "", {}},
      {"readdir", {EIO, ENOMEM}, "", {}},
      {"readlink", {EACCES, EIO, ENOMEM}, "", {}},
      {"rmdir", {EACCES, EBUSY, ENOMEM}, "", kGroups},
      {"setpriority", {EACCES, EPERM}, "nice", {}},
      {"setsid", {EPERM}, "setsid", {}},
      {"stat", {EACCES, EIO, ENOMEM}, "", {}},
      {"unlink", {EACCES, EIO, EROFS}, "", {}},
      {"waitid", {EAGAIN, EINTR, ENOMEM}, "", {}},
      {"write", {EAGAIN, EIO, ENOMEM}, "", {}},
  };
  return calls;
}

const FaultyCall& FindFaultyCall(const std::string& name) {
  for (const FaultyCall& call : FaultyCalls()) {
    if (call.name == name) return call;
  }
  static const FaultyCall& none = *new FaultyCall;
  return none;
}

std::set<std::string> CallsMade(const FailingCalls& calls) {
  std::set<std::string> made;
  for (const FaultyCall& call : FaultyCalls()) {
    if (calls.made(call.name) > 0) made.insert(call.name);
  }
  return made;
}

int PlayEveryFault(const std::set<std::string>& calls, Play play) {
  int happened = 0;
  for (const std::string& call : calls) {
    for (const int error_number : FindFaultyCall(call).errors) {
      happened += PlayError(call, error_number, std::numeric_limits<int>::max(), play);
    }
  }
  return happened;
}

int PlaySomeFaults(const std::set<std::string>& calls, Play play) {
  int happened = 0;
  for (const std::string& call : calls) {
    happened += PlayError(call, FindFaultyCall(call).errors.back(), /*dense=*/20, play);
  }
  return happened;
}

}  // namespace hob
