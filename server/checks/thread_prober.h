#ifndef HOB_SERVER_CHECKS_THREAD_PROBER_H_
#define HOB_SERVER_CHECKS_THREAD_PROBER_H_

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/types/optional.h"
#include "server/checks/attempt.h"
#include "server/checks/check_schedule.h"
#include "server/checks/prober.h"
#include "server/checks/url_client.h"
#include "server/clock/clock.h"
#include "server/posix/unique_fd.h"
#include "server/process/process.h"
#include "server/sync/background_thread.h"
#include "server/sync/mutex.h"

namespace hob {

// Makes all checks on one thread, which the first check starts.
//
// If hobd itself was suspended or starved of CPU time, attempts get back the time that it lost.
class ThreadProber : public Prober {
 public:
  // Programs write their output to FIFOs in `fifo_dir`. `spawner` and `clock` outlive the object.
  ThreadProber(std::string fifo_dir, Spawner& spawner, const Clock& clock = Clock::Real());
  // Kills the programs of checks, and waits up to five seconds for their end.
  ~ThreadProber() override;

  void SetReport(Report report) override ABSL_LOCKS_EXCLUDED(report_mu_);
  int64_t Begin(Target target) override ABSL_LOCKS_EXCLUDED(mu_);
  void End(int64_t check) override ABSL_LOCKS_EXCLUDED(mu_);
  absl::optional<CheckResult> Latest(const std::string& daemon) const override
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // A check between Begin and End.
  struct Running {
    Running(Target t, double fraction, MonotonicTime now)
        : target(std::make_shared<const Target>(std::move(t))),
          schedule(target->check, target->is_starting, fraction, now) {}
    std::shared_ptr<const Target> target;
    CheckSchedule schedule;
    absl::optional<CheckResult> latest;
    // Number of times that the next attempt was delayed, because of an earlier one's program.
    int delays = 0;
  };
  struct Ongoing {
    std::string daemon;
    // True if the attempt runs a program.
    bool is_program = false;
    std::unique_ptr<Attempt> attempt;
  };
  struct ToReport {
    std::string daemon;
    CheckVerdict verdict;
  };

  // Starts the thread; a failure becomes the latest check's result.
  void StartThread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Loop();
  // Ends the attempts that are over, have taken too long or belong to ended checks. `late` is the
  // time by which the thread woke too late.
  void FinishAttempts(absl::Duration late) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Ends an attempt that has an answer or has taken too long. Returns true if it has.
  bool FinishIfOver(int64_t check, Running& running, Attempt& attempt, absl::Duration late)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Finish(int64_t check, Running& running, const Attempt::Answer& answer, MonotonicTime now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Takes the checks that are due out of `due_`, as many as may have an attempt now.
  std::vector<int64_t> TakeDue(MonotonicTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Delays an attempt, because the program of an earlier one is left.
  void Delay(int64_t check, Running& running, MonotonicTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Begins the attempts that are due. Returns true if one has its answer already.
  bool BeginAttempts() ABSL_LOCKS_EXCLUDED(mu_);
  std::unique_ptr<Attempt> MakeAttempt(const Target& target);
  // Cancels an attempt, and keeps it until nothing is left of it.
  void Abandon(Ongoing ongoing) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Called when nothing is left of an attempt.
  void Gone(const Ongoing& ongoing) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SendReports() ABSL_LOCKS_EXCLUDED(report_mu_);
  // Waits until something is due. Returns the time by which that was too long.
  absl::Duration Wait() ABSL_LOCKS_EXCLUDED(mu_);

  const std::string fifo_dir_;
  Spawner& spawner_;
  const Clock& clock_;
  // An eventfd. Calls of gRPC may outlive the object.
  const std::shared_ptr<const UniqueFd> wake_;

  // Used by the thread alone.
  UrlClient client_;
  std::map<int64_t, Ongoing> attempts_;
  // Abandoned attempts that are not over.
  std::list<Ongoing> abandoned_;
  std::vector<ToReport> to_report_;

  // Held while a report is made.
  Mutex report_mu_;
  Report report_ ABSL_GUARDED_BY(report_mu_);
  mutable Mutex mu_;
  absl::BitGen random_ ABSL_GUARDED_BY(mu_);
  int64_t last_check_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<int64_t, Running> checks_ ABSL_GUARDED_BY(mu_);
  // The checks without an attempt, by the time of the next one.
  std::set<std::pair<MonotonicTime, int64_t>> due_ ABSL_GUARDED_BY(mu_);
  // The daemons whose attempts run programs, or have left some.
  std::multiset<std::string> programs_ ABSL_GUARDED_BY(mu_);
  CondVar program_gone_;
  // The latest check of each daemon.
  std::map<std::string, int64_t> by_daemon_ ABSL_GUARDED_BY(mu_);
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_CHECKS_THREAD_PROBER_H_
