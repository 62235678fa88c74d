#include "server/checks/thread_prober.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/checks/exec_attempt.h"
#include "server/checks/grpc_attempt.h"
#include "server/text/duration.h"

namespace hob {
namespace {

constexpr MonotonicTime kNever = MonotonicTime::InfiniteFuture();

// hobd has stood still if a wait took so much longer than planned.
constexpr absl::Duration kStandstill = absl::Seconds(1);
// Longest wait for the end of killed programs.
constexpr absl::Duration kLastWait = absl::Seconds(1);
// Between two looks whether something of an earlier attempt is left.
constexpr absl::Duration kRest = absl::Milliseconds(10);

void Wake(const UniqueFd& eventfd) { eventfd_write(eventfd.get(), 1); }

}  // namespace

ThreadProber::ThreadProber(std::string fifo_dir, Spawner& spawner, const Clock& clock)
    : fifo_dir_(std::move(fifo_dir)),
      spawner_(spawner),
      clock_(clock),
      wake_(std::make_shared<const UniqueFd>(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {}

ThreadProber::~ThreadProber() { thread_.End(); }

void ThreadProber::SetReport(Report report) {
  MutexLock lock(&report_mu_);
  report_ = std::move(report);
}

int64_t ThreadProber::Begin(Target target) {
  MutexLock lock(&mu_);
  const int64_t check = ++last_check_;
  by_daemon_[target.daemon] = check;
  checks_.emplace(std::piecewise_construct, std::forward_as_tuple(check),
                  std::forward_as_tuple(std::move(target), absl::Uniform(random_, 0.0, 1.0),
                                        clock_.Now().monotonic));
  due_.emplace(checks_.at(check).schedule.due(), check);
  if (!thread_.started()) StartThread();
  Wake(*wake_);
  return check;
}

void ThreadProber::StartThread() {
  try {
    thread_.Start([this] { Loop(); }, [this] { Wake(*wake_); });
  } catch (const std::system_error& error) {
    // The next check tries again.
    CheckResult& latest = checks_.at(last_check_).latest.emplace();
    latest.time = clock_.Now().wall;
    latest.message = absl::StrCat("cannot create the thread for checks: ", error.what());
  }
}

void ThreadProber::End(int64_t check) {
  MutexLock lock(&mu_);
  const auto found = checks_.find(check);
  if (found == checks_.end()) return;
  due_.erase({found->second.schedule.due(), check});
  const auto latest = by_daemon_.find(found->second.target->daemon);
  if (latest->second == check) by_daemon_.erase(latest);
  checks_.erase(found);
  Wake(*wake_);
}

absl::optional<CheckResult> ThreadProber::Latest(const std::string& daemon) const {
  MutexLock lock(&mu_);
  const auto check = by_daemon_.find(daemon);
  if (check == by_daemon_.end()) return absl::nullopt;
  return checks_.at(check->second).latest;
}

void ThreadProber::Loop() {
  bool stood_still = false;
  while (!thread_.ending()) {
    {
      MutexLock lock(&mu_);
      FinishAttempts(stood_still);
    }
    SendReports();
    BeginAttempts();
    stood_still = Wait();
  }
  for (auto& [check, ongoing] : attempts_) Abandon(std::move(ongoing));
  attempts_.clear();
  const MonotonicTime end = clock_.Now().monotonic + kLastWait;
  while (!abandoned_.empty() && clock_.Now().monotonic < end) {
    MutexLock lock(&mu_);
    FinishAttempts(/*stood_still=*/false);
    std::vector<pollfd> none;
    client_.Wait(none, absl::Milliseconds(1));
  }
  abandoned_.clear();
}

void ThreadProber::FinishAttempts(bool stood_still) {
  const MonotonicTime now = clock_.Now().monotonic;
  for (auto next = attempts_.begin(); next != attempts_.end();) {
    auto& [check, ongoing] = *next;
    const auto found = checks_.find(check);
    if (found == checks_.end()) {
      Abandon(std::move(ongoing));
      next = attempts_.erase(next);
      continue;
    }
    Running& running = found->second;
    absl::optional<Attempt::Answer> answer = ongoing.attempt->Look();
    const bool took_too_long = !answer.has_value() && running.schedule.expires() <= now;
    if (took_too_long && !stood_still) {
      const absl::Duration timeout = running.target->check.timeout;
      answer =
          Attempt::Answer{false, absl::StrCat("no answer within ", hob::FormatDuration(timeout))};
    }
    if (answer.has_value()) Finish(check, running, *answer, now);
    if (took_too_long && stood_still) running.schedule.Discard(now);
    if (!answer.has_value() && !took_too_long) {
      ++next;
      continue;
    }
    due_.emplace(running.schedule.due(), check);
    Abandon(std::move(ongoing));
    next = attempts_.erase(next);
  }
  for (auto next = abandoned_.begin(); next != abandoned_.end();) {
    next->second->Look();
    next = next->second->IsOver() ? abandoned_.erase(next) : std::next(next);
  }
}

void ThreadProber::Finish(int64_t check, Running& running, const Attempt::Answer& answer,
                          MonotonicTime now) {
  CheckSchedule& schedule = running.schedule;
  CheckResult result;
  result.time = clock_.Now().wall;
  result.ok = answer.ok;
  result.message = answer.message;
  result.latency = schedule.Elapsed(now);
  absl::optional<DaemonHealth> health;
  if (answer.is_shortage) {
    schedule.Discard(now + running.target->check.interval);
  } else {
    health = schedule.Finish(answer.ok, now);
  }
  result.consecutive_failures = schedule.failures();
  result.consecutive_successes = schedule.successes();
  if (health.has_value()) {
    const int attempts = answer.ok ? schedule.successes() : schedule.failures();
    to_report_.push_back({running.target->daemon, {check, *health, answer.message, attempts}});
  }
  running.latest = std::move(result);
}

std::vector<int64_t> ThreadProber::TakeDue(MonotonicTime now) {
  std::vector<int64_t> due;
  while (!due_.empty() && due_.begin()->first <= now) {
    due.push_back(due_.begin()->second);
    due_.erase(due_.begin());
  }
  return due;
}

void ThreadProber::BeginAttempts() {
  std::vector<std::pair<int64_t, std::shared_ptr<const Target>>> begun;
  {
    MutexLock lock(&mu_);
    const MonotonicTime now = clock_.Now().monotonic;
    for (const int64_t check : TakeDue(now)) {
      Running& running = checks_.at(check);
      if (abandoned_.count(running.target->daemon) > 0) {
        // What an earlier attempt has left must be gone first.
        running.schedule.Discard(now + kRest);
        due_.emplace(running.schedule.due(), check);
        continue;
      }
      running.schedule.Begin(now);
      begun.emplace_back(check, running.target);
    }
  }
  // Without the lock, because a spawn may take long.
  for (const auto& [check, target] : begun) {
    attempts_[check] = {target->daemon, MakeAttempt(*target)};
  }
}

std::unique_ptr<Attempt> ThreadProber::MakeAttempt(const Target& target) {
  switch (target.check.kind()) {
    case CheckTarget::Kind::kGrpc:
      return BeginGrpcAttempt(*target.check.target, target.check.timeout,
                              [wake = wake_] { Wake(*wake); });
    case CheckTarget::Kind::kExec:
      return std::make_unique<ExecAttempt>(target.program, fifo_dir_, spawner_, clock_);
    case CheckTarget::Kind::kNone:
    case CheckTarget::Kind::kHttp:
    case CheckTarget::Kind::kConnect:
      break;
  }
  return client_.Begin(*target.check.target);
}

void ThreadProber::Abandon(Ongoing ongoing) {
  ongoing.attempt->Cancel();
  if (ongoing.attempt->IsOver()) return;
  abandoned_.emplace(std::move(ongoing.daemon), std::move(ongoing.attempt));
}

void ThreadProber::SendReports() {
  if (to_report_.empty()) return;
  MutexLock lock(&report_mu_);
  for (const ToReport& told : std::exchange(to_report_, {})) {
    if (report_) report_(told.daemon, told.verdict);
  }
}

bool ThreadProber::Wait() {
  std::vector<pollfd> fds = {{wake_->get(), POLLIN, 0}};
  MonotonicTime deadline = kNever;
  const auto add = [&](Attempt& attempt) {
    attempt.AppendPollFds(fds);
    deadline = std::min(deadline, attempt.NextDeadline());
  };
  for (auto& [check, ongoing] : attempts_) add(*ongoing.attempt);
  for (auto& [daemon, attempt] : abandoned_) add(*attempt);
  {
    MutexLock lock(&mu_);
    if (!due_.empty()) deadline = std::min(deadline, due_.begin()->first);
    for (const auto& [check, ongoing] : attempts_) {
      const auto running = checks_.find(check);
      if (running == checks_.end()) continue;
      deadline = std::min(deadline, running->second.schedule.expires());
    }
  }
  client_.Wait(fds, std::max(deadline - clock_.Now().monotonic, absl::ZeroDuration()));
  eventfd_t count;
  eventfd_read(wake_->get(), &count);
  return clock_.Now().monotonic > deadline + kStandstill;
}

}  // namespace hob
