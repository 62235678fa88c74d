#include "server/checks/thread_prober.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
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

// Lateness that a busy machine causes all the time.
constexpr absl::Duration kUsualLateness = absl::Milliseconds(100);
// hobd was suspended if the thread woke later than that.
constexpr absl::Duration kSuspended = absl::Seconds(1);
// Longest wait for the end of killed programs; after that they hang in the kernel.
constexpr std::chrono::seconds kLastWait{5};
// Between two looks whether the program of an earlier attempt is left, and the number of looks
// before that counts as a failure.
constexpr absl::Duration kRest = absl::Milliseconds(10);
constexpr int kMostDelays = 100;
// Most attempts at a time: each has a descriptor or two, and a program is a process.
constexpr size_t kMostAttempts = 64;

// True if hobd has no room for a descriptor, so that a failed attempt says nothing.
bool IsShort() {
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return !probe.ok() && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS);
}

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
  const std::shared_ptr<const Target> target = found->second.target;
  due_.erase({found->second.schedule.due(), check});
  const auto latest = by_daemon_.find(target->daemon);
  if (latest->second == check) by_daemon_.erase(latest);
  checks_.erase(found);
  Wake(*wake_);
  if (target->check.kind() != CheckTarget::Kind::kExec) return;
  const CondVar::Deadline deadline = CondVar::In(kLastWait);
  while (programs_.count(target->daemon) > 0 && program_gone_.WaitUntil(&mu_, deadline)) continue;
}

absl::optional<CheckResult> ThreadProber::Latest(const std::string& daemon) const {
  MutexLock lock(&mu_);
  const auto check = by_daemon_.find(daemon);
  if (check == by_daemon_.end()) return absl::nullopt;
  return checks_.at(check->second).latest;
}

void ThreadProber::Loop() {
  absl::Duration late;
  while (!thread_.ending()) {
    {
      MutexLock lock(&mu_);
      FinishAttempts(late);
    }
    SendReports();
    late = BeginAttempts() ? absl::ZeroDuration() : Wait();
  }
  MutexLock lock(&mu_);
  checks_.clear();
  by_daemon_.clear();
  due_.clear();
  const CondVar::Deadline end = CondVar::In(kLastWait);
  FinishAttempts(late);
  while (!abandoned_.empty() && std::chrono::steady_clock::now() < end) {
    std::vector<pollfd> none;
    client_.Wait(none, absl::Milliseconds(1));
    FinishAttempts(late);
  }
  abandoned_.clear();
}

void ThreadProber::FinishAttempts(absl::Duration late) {
  for (auto next = attempts_.begin(); next != attempts_.end();) {
    auto& [check, ongoing] = *next;
    const auto found = checks_.find(check);
    const bool is_ended = found == checks_.end();
    if (!is_ended && !FinishIfOver(check, found->second, *ongoing.attempt, late)) {
      ++next;
      continue;
    }
    if (!is_ended) due_.emplace(found->second.schedule.due(), check);
    Abandon(std::move(ongoing));
    next = attempts_.erase(next);
  }
  for (auto next = abandoned_.begin(); next != abandoned_.end();) {
    next->attempt->Look();
    if (!next->attempt->IsOver()) {
      ++next;
      continue;
    }
    Gone(*next);
    next = abandoned_.erase(next);
  }
}

bool ThreadProber::FinishIfOver(int64_t check, Running& running, Attempt& attempt,
                                absl::Duration late) {
  const MonotonicTime now = clock_.Now().monotonic;
  CheckSchedule& schedule = running.schedule;
  if (late > kUsualLateness) schedule.Extend(late, now);
  absl::optional<Attempt::Answer> answer = attempt.Look();
  if (!answer.has_value() && schedule.expires() > now) return false;
  if (!answer.has_value()) {
    const std::string timeout = hob::FormatDuration(running.target->check.timeout);
    answer = Attempt::Answer{false, absl::StrCat("no answer within ", timeout)};
  }
  // The other end may have given up meanwhile.
  if (!answer->ok && late > kSuspended) answer->is_shortage = true;
  Finish(check, running, *answer, now);
  return true;
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
  if (answer.is_shortage || (!answer.ok && IsShort())) {
    schedule.Discard(now);
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
  while (!due_.empty() && due_.begin()->first <= now &&
         attempts_.size() + due.size() < kMostAttempts) {
    due.push_back(due_.begin()->second);
    due_.erase(due_.begin());
  }
  return due;
}

bool ThreadProber::BeginAttempts() {
  std::vector<std::pair<int64_t, std::shared_ptr<const Target>>> begun;
  {
    MutexLock lock(&mu_);
    const MonotonicTime now = clock_.Now().monotonic;
    for (const int64_t check : TakeDue(now)) {
      Running& running = checks_.at(check);
      const bool is_program = running.target->check.kind() == CheckTarget::Kind::kExec;
      if (is_program && programs_.count(running.target->daemon) > 0) {
        Delay(check, running, now);
        continue;
      }
      if (is_program) programs_.insert(running.target->daemon);
      running.delays = 0;
      running.schedule.Begin(now);
      begun.emplace_back(check, running.target);
    }
  }
  // Without the lock, because a spawn may take long.
  bool any_answered = false;
  for (const auto& [check, target] : begun) {
    const bool is_program = target->check.kind() == CheckTarget::Kind::kExec;
    std::unique_ptr<Attempt> attempt = MakeAttempt(*target);
    any_answered |= attempt->Look().has_value();
    attempts_[check] = {target->daemon, is_program, std::move(attempt)};
  }
  return any_answered;
}

void ThreadProber::Delay(int64_t check, Running& running, MonotonicTime now) {
  if (++running.delays < kMostDelays) {
    running.schedule.Delay(now + kRest);
  } else {
    running.delays = 0;
    running.schedule.Begin(now);
    Finish(check, running, {false, "the program of an earlier attempt does not end"}, now);
  }
  due_.emplace(running.schedule.due(), check);
}

std::unique_ptr<Attempt> ThreadProber::MakeAttempt(const Target& target) {
  switch (target.check.kind()) {
    case CheckTarget::Kind::kGrpc:
      return BeginGrpcAttempt(*target.check.target, [wake = wake_] { Wake(*wake); });
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
  if (ongoing.attempt->IsOver()) return Gone(ongoing);
  abandoned_.push_back(std::move(ongoing));
}

void ThreadProber::Gone(const Ongoing& ongoing) {
  if (!ongoing.is_program) return;
  programs_.erase(programs_.find(ongoing.daemon));
  program_gone_.WakeAll();
}

void ThreadProber::SendReports() {
  if (to_report_.empty()) return;
  MutexLock lock(&report_mu_);
  for (const ToReport& told : std::exchange(to_report_, {})) {
    if (report_) report_(told.daemon, told.verdict);
  }
}

absl::Duration ThreadProber::Wait() {
  std::vector<pollfd> fds = {{wake_->get(), POLLIN, 0}};
  MonotonicTime deadline = kNever;
  const auto add = [&](Attempt& attempt) {
    attempt.AppendPollFds(fds);
    deadline = std::min(deadline, attempt.NextDeadline());
  };
  for (auto& [check, ongoing] : attempts_) add(*ongoing.attempt);
  for (Ongoing& ongoing : abandoned_) add(*ongoing.attempt);
  {
    MutexLock lock(&mu_);
    const bool has_room = attempts_.size() < kMostAttempts;
    if (has_room && !due_.empty()) deadline = std::min(deadline, due_.begin()->first);
    for (const auto& [check, ongoing] : attempts_) {
      const auto running = checks_.find(check);
      if (running == checks_.end()) continue;
      deadline = std::min(deadline, running->second.schedule.expires());
    }
  }
  client_.Wait(fds, std::max(deadline - clock_.Now().monotonic, absl::ZeroDuration()));
  eventfd_t count;
  eventfd_read(wake_->get(), &count);
  return std::max(clock_.Now().monotonic - deadline, absl::ZeroDuration());
}

}  // namespace hob
