#include "tests/bench/api.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/callers.h"
#include "tests/bench/life.h"
#include "tests/bench/proc_figures.h"
#include "tests/bench/server_stub.h"

namespace hob {
namespace bench {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr absl::Duration kLook = absl::Milliseconds(20);
constexpr int kMaxPageSize = 5000;
// The number of calls before measurement begins: the first one connects.
constexpr int kWarmUp = 3;

double Millis(int64_t nanos) { return nanos / 1e6; }

absl::Status ToStatus(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

using Call = std::function<grpc::Status(grpc::ClientContext*, int)>;

// Makes `count` calls after the warm-up; passes each its number.
absl::Status Repeat(int count, const Call& call, Samples& samples) {
  for (int i = -kWarmUp; i < count; ++i) {
    grpc::ClientContext context;
    const int64_t begin = MonotonicNanos();
    const grpc::Status status = call(&context, i + kWarmUp);
    const int64_t took = MonotonicNanos() - begin;
    if (!status.ok()) return ToStatus(status);
    if (i >= 0) samples.Add(Millis(took));
  }
  return absl::OkStatus();
}

// Runs a program, discards its output and waits for its end. Fails unless it exits with 0.
absl::Status RunProgram(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return absl::ErrnoToStatus(error, words[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(words[0], " failed: ", status));
}

absl::Status TimeProgram(const std::vector<std::string>& words, int count, Samples& samples) {
  for (int i = 0; i < count; ++i) {
    const int64_t begin = MonotonicNanos();
    if (absl::Status status = RunProgram(words); !status.ok()) return status;
    samples.Add(Millis(MonotonicNanos() - begin));
  }
  return absl::OkStatus();
}

// Returns the number of HALTED daemons; -1 if the server does not answer.
int CountHalted(v1::Supervisor::Stub& stub) {
  grpc::ClientContext context;
  v1::ListRequest request;
  request.add_states(v1::Daemon::HALTED);
  request.set_page_size(kMaxPageSize);
  v1::ListResponse response;
  return stub.List(&context, request, &response).ok() ? response.daemons_size() : -1;
}

}  // namespace

absl::Status MeasureCalls(Contender& hobd, int count, Measured& measured) {
  const std::unique_ptr<v1::Supervisor::Stub> stub = ConnectTo(hobd.address());
  const Call list = [&stub](grpc::ClientContext* context, int) {
    v1::ListRequest request;
    request.set_page_size(kMaxPageSize);
    v1::ListResponse response;
    return stub->List(context, request, &response);
  };
  const Call status = [&](grpc::ClientContext* context, int i) {
    v1::StatusRequest request;
    request.set_name(Contender::DaemonName(i % hobd.daemons()));
    v1::StatusResponse response;
    return stub->Status(context, request, &response);
  };
  const Call restart = [&](grpc::ClientContext* context, int i) {
    v1::RestartRequest request;
    request.set_name(Contender::DaemonName(i % hobd.daemons()));
    v1::RestartResponse response;
    return stub->Restart(context, request, &response);
  };
  absl::Status result = Repeat(count, list, measured[Figure::kList]);
  result.Update(Repeat(count, status, measured[Figure::kStatus]));
  result.Update(Repeat(count, restart, measured[Figure::kRestartCall]));
  result.Update(WaitUntilQuiet(hobd.pid(), kPatience));
  return result;
}

absl::Status MeasureCommandLine(Contender& hobd, const std::string& hob, int count,
                                Measured& measured) {
  absl::Status result =
      TimeProgram({hob, "--address", hobd.address(), "list"}, count, measured[Figure::kHobList]);
  result.Update(TimeProgram({hob, "--address", hobd.address(), "status", Contender::DaemonName(0)},
                            count, measured[Figure::kHobStatus]));
  return result;
}

absl::Status MeasureListBeside(Contender& hobd, const std::string& hob, const std::string& empty,
                               int count, Samples& list, Samples& nothing) {
  absl::Status result;
  for (int i = 0; i < count && result.ok(); ++i) {
    result = TimeProgram({hob, "--address", hobd.address(), "list"}, 1, list);
    result.Update(TimeProgram({empty}, 1, nothing));
  }
  return result;
}

absl::Status MeasureCrashUnderCalls(Contender& hobd, int callers, Measured& measured) {
  Callers parallel({hobd.address(), callers, Contender::DaemonName(0)});
  parallel.WaitUntilAllCall();
  const absl::StatusOr<double> took = CrashAll(hobd);
  const Callers::Outcome outcome = parallel.Stop();
  if (!took.ok()) return took.status();
  measured[Figure::kCrashUnderCalls].Add(*took);
  measured[Figure::kCallsAnswered].Add(outcome.answered);
  measured[Figure::kCallsFailed].Add(outcome.failed);
  return WaitUntilQuiet(hobd.pid(), kPatience);
}

absl::Status MeasureCrashLoop(Contender& hobd, absl::Duration watch, Measured& measured) {
  const std::unique_ptr<v1::Supervisor::Stub> stub = ConnectTo(hobd.address());
  const absl::Time deadline = absl::Now() + kPatience;
  while (CountHalted(*stub) < hobd.daemons() && absl::Now() < deadline) absl::SleepFor(kLook);
  if (absl::Status status = WaitUntilQuiet(hobd.pid(), kPatience); !status.ok()) return status;
  absl::SleepFor(kUntilIdle);
  const absl::StatusOr<ThreadUse> before = UseOfThreads(hobd.pid());
  absl::SleepFor(watch);
  const absl::StatusOr<ThreadUse> after = UseOfThreads(hobd.pid());
  if (!before.ok() || !after.ok()) return after.status();
  measured[Figure::kCrashLoopStarts].Add(hobd.ledger().starts());
  measured[Figure::kCrashLoopHalted].Add(CountHalted(*stub));
  measured[Figure::kCrashLoopCpu].Add(Millis(after->supervision.cpu - before->supervision.cpu));
  return absl::OkStatus();
}

}  // namespace bench
}  // namespace hob
