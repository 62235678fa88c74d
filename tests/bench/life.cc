#include "tests/bench/life.h"

#include <signal.h>

#include <vector>

#include "absl/time/clock.h"
#include "tests/bench/proc_figures.h"

namespace hob {
namespace bench {
namespace {

// Time-out for everything; only a broken contender takes this long.
constexpr absl::Duration kPatience = absl::Minutes(2);
// The pause between two restarts. It lets the supervisor fall asleep, as on a quiet machine.
constexpr absl::Duration kPause = absl::Milliseconds(3);
// The time for a quiet server to give memory back.
constexpr absl::Duration kSettle = absl::Seconds(2);
// The distance between daemons killed in succession, so that they share little state.
constexpr int kStride = 37;

double Millis(int64_t nanos) { return nanos / 1e6; }
double Mebibytes(int64_t bytes) { return bytes / 1048576.0; }

absl::Status Rest(const Contender& contender) { return WaitUntilQuiet(contender.pid(), kPatience); }

absl::Status AddMemory(const Contender& contender, Samples& samples) {
  absl::SleepFor(kSettle);
  const absl::StatusOr<int64_t> bytes = ProportionalMemory(contender.pid());
  if (bytes.ok()) samples.Add(Mebibytes(*bytes));
  return bytes.status();
}

}  // namespace

absl::Status MeasureBoot(Contender& contender, Measured& measured) {
  if (absl::Status status = contender.WaitForBoot(); !status.ok()) return status;
  measured[Figure::kBoot].Add(Millis(contender.ledger().LastStartedAt() - contender.launched_at()));
  if (absl::Status status = Rest(contender); !status.ok()) return status;
  return AddMemory(contender, measured[Figure::kMemory]);
}

absl::Status MeasureIdle(Contender& contender, absl::Duration duration, Measured& measured) {
  absl::SleepFor(kUntilIdle);
  const absl::StatusOr<ThreadUse> before = UseOfThreads(contender.pid());
  absl::SleepFor(duration);
  const absl::StatusOr<ThreadUse> after = UseOfThreads(contender.pid());
  if (!before.ok() || !after.ok()) return after.status();
  measured[Figure::kIdleWakeups].Add(after->supervision.wakeups - before->supervision.wakeups);
  measured[Figure::kIdleGrpcWakeups].Add(after->grpc.wakeups - before->grpc.wakeups);
  measured[Figure::kIdleCpu].Add(Millis(after->cpu() - before->cpu()));
  return absl::OkStatus();
}

absl::Status MeasureRestarts(Contender& contender, int count, Measured& measured) {
  Ledger& ledger = contender.ledger();
  for (int i = 0; i < count; ++i) {
    const int daemon = i * kStride % contender.daemons();
    const int starts = ledger.starts();
    const int64_t begin = MonotonicNanos();
    kill(ledger.PidOf(daemon), SIGKILL);
    if (absl::Status status = ledger.WaitForStarts(starts + 1, kPatience); !status.ok()) {
      return status;
    }
    measured[Figure::kRestart].Add(Millis(ledger.StartedAt(daemon) - begin));
    absl::SleepFor(kPause);
  }
  return Rest(contender);
}

absl::StatusOr<double> CrashAll(Contender& contender) {
  Ledger& ledger = contender.ledger();
  const int starts = ledger.starts();
  std::vector<pid_t> pids;
  for (int i = 0; i < contender.daemons(); ++i) pids.push_back(ledger.PidOf(i));
  const int64_t begin = MonotonicNanos();
  for (const pid_t pid : pids) kill(pid, SIGKILL);
  const absl::Status status = ledger.WaitForStarts(starts + contender.daemons(), kPatience);
  if (!status.ok()) return status;
  return Millis(ledger.LastStartedAt() - begin);
}

absl::Status MeasureCrash(Contender& contender, Measured& measured) {
  const absl::StatusOr<double> took = CrashAll(contender);
  if (!took.ok()) return took.status();
  measured[Figure::kCrash].Add(*took);
  return Rest(contender);
}

absl::Status MeasureEnd(Contender& contender, Measured& measured) {
  if (absl::Status status = AddMemory(contender, measured[Figure::kMemoryLater]); !status.ok()) {
    return status;
  }
  const absl::StatusOr<int64_t> took = contender.Stop();
  if (took.ok()) measured[Figure::kStop].Add(Millis(*took));
  return took.status();
}

}  // namespace bench
}  // namespace hob
