#ifndef HOB_SERVER_RPC_LIVENESS_H_
#define HOB_SERVER_RPC_LIVENESS_H_

#include <grpcpp/alarm.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace hob {

// Whether the supervisor really answers: gRPC's threads would go on saying so while everything
// behind them hangs. When somebody asks, a thread of its own does what a call has to do (it takes
// the locks that every call and every worker takes); if that takes longer than a bound, the
// supervisor is stuck until it has succeeded after all. While nobody asks, nothing runs.
//
// Thread-safe.
class Liveness {
 public:
  // Whether the supervisor answers.
  using Answer = std::function<void(bool alive)>;

  // `probe` may block; that is what is measured. What it uses outlives this object.
  Liveness(absl::Duration bound, std::function<void()> probe);
  ~Liveness() { Close(); }

  Liveness(const Liveness&) = delete;
  Liveness& operator=(const Liveness&) = delete;

  // Calls `answer` once, after at most the bound, on a thread of its own or of gRPC, without a
  // lock; on this one, with false, while the supervisor is known to be stuck. Never blocks.
  // Questions that come while a probe is under way get its answer.
  void Ask(Answer answer) ABSL_LOCKS_EXCLUDED(state_->mu);

  // Waits for a probe that is under way, and makes none any more: who asks gets false. Not at once
  // with itself.
  void Close() ABSL_LOCKS_EXCLUDED(state_->mu);

 private:
  // Shared with timers, which may outlive this object.
  struct State {
    absl::Mutex mu;
    // Who waits for the probe that is under way.
    std::vector<Answer> waiting ABSL_GUARDED_BY(mu);
    // Counts the probes that were begun; one is under way while `ended` is smaller.
    int64_t begun ABSL_GUARDED_BY(mu) = 0;
    int64_t ended ABSL_GUARDED_BY(mu) = 0;
    // The probe that is under way takes longer than the bound.
    bool stuck ABSL_GUARDED_BY(mu) = false;
    bool closing ABSL_GUARDED_BY(mu) = false;
  };

  void Loop();
  void StartTimer(int64_t probe);
  static void TimeOut(State& state, int64_t probe);

  const absl::Duration bound_;
  const std::function<void()> probe_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
  std::thread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_LIVENESS_H_
