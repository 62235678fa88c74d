#include "server/rpc/liveness.h"

#include <grpc/support/time.h>

#include <utility>

namespace hob {

Liveness::Liveness(absl::Duration bound, std::function<void()> probe)
    : bound_(bound), probe_(std::move(probe)), thread_([this] { Loop(); }) {}

void Liveness::Close() {
  std::vector<Answer> waiting;
  {
    absl::MutexLock lock(&state_->mu);
    state_->closing = true;
    waiting.swap(state_->waiting);
  }
  for (const Answer& answer : waiting) answer(false);
  if (thread_.joinable()) thread_.join();
}

void Liveness::Ask(Answer answer) {
  int64_t probe = 0;
  {
    absl::MutexLock lock(&state_->mu);
    if (!state_->stuck && !state_->closing) {
      state_->waiting.push_back(std::move(answer));
      answer = nullptr;
      if (state_->begun == state_->ended) probe = ++state_->begun;
    }
  }
  if (answer) return answer(false);
  if (probe != 0) StartTimer(probe);
}

void Liveness::StartTimer(int64_t probe) {
  // The monotonic clock: the bound means the same when somebody sets the time.
  const gpr_timespec bound = gpr_time_from_nanos(absl::ToInt64Nanoseconds(bound_), GPR_TIMESPAN);
  const gpr_timespec deadline = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), bound);
  // The timer keeps itself until it has fired.
  const auto timer = std::make_shared<grpc::Alarm>();
  timer->Set(deadline, [held = timer, state = state_, probe](bool) mutable {
    held.reset();
    TimeOut(*state, probe);
  });
}

void Liveness::TimeOut(State& state, int64_t probe) {
  std::vector<Answer> waiting;
  {
    absl::MutexLock lock(&state.mu);
    if (state.begun != probe || state.ended == probe) return;
    state.stuck = true;
    waiting.swap(state.waiting);
  }
  for (const Answer& answer : waiting) answer(false);
}

void Liveness::Loop() {
  State& state = *state_;
  const auto has_work = [&state]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(state.mu) {
    return state.closing || state.ended < state.begun;
  };
  while (true) {
    {
      absl::MutexLock lock(&state.mu, absl::Condition(&has_work));
      if (state.closing) return;
    }
    probe_();
    std::vector<Answer> waiting;
    {
      absl::MutexLock lock(&state.mu);
      ++state.ended;
      state.stuck = false;
      waiting.swap(state.waiting);
    }
    for (const Answer& answer : waiting) answer(true);
  }
}

}  // namespace hob
