#ifndef HOB_TESTS_SIMULATION_SIMULATED_WORKFORCE_H_
#define HOB_TESTS_SIMULATION_SIMULATED_WORKFORCE_H_

#include <functional>
#include <memory>
#include <vector>

#include "server/supervisor/mailbox.h"
#include "server/supervisor/worker.h"

namespace hob {
namespace simulation {

class SimulatedWorker;

// Whoever plays the workers: is told of them, and lets time pass for those who wait.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // A daemon is to be made; false: there is no room.
  virtual bool MakesWorker(const DaemonSpec& spec) = 0;
  virtual void WorkerMade(SimulatedWorker* worker) = 0;
  virtual void WorkerGone(SimulatedWorker* worker) = 0;
  // The worker has its turn until its daemon has ended for good.
  virtual void RunToTheEnd(SimulatedWorker* worker) = 0;
  // Everybody has turns until `answered` is.
  virtual void RunUntil(const absl::Notification& answered) = 0;
};

// A worker without a thread.
class SimulatedWorker : public Worker {
 public:
  SimulatedWorker(std::shared_ptr<const DaemonSpec> spec, const DaemonRunner::Context& context,
                  Scheduler& scheduler);
  ~SimulatedWorker() override;

  bool HasEnded() const override { return mailbox_.closed(); }
  void Post(Command command, const absl::Status& refusal) override {
    mailbox_.Post(std::move(command), refusal, [this] { has_mail_ = true; });
  }

  int daemon() const { return daemon_; }
  bool has_mail() const { return has_mail_; }
  std::vector<Command> TakeMail() {
    has_mail_ = false;
    return mailbox_.Take();
  }
  // Takes no mail any more.
  void Close() { mailbox_.Close(runner_.refusal()); }
  DaemonRunner& runner() { return runner_; }

  // It is in the middle of a turn.
  bool is_busy = false;

 private:
  const int daemon_;
  Scheduler& scheduler_;
  Mailbox mailbox_;
  bool has_mail_ = false;
  DaemonRunner runner_;
};

class SimulatedWorkforce : public Workforce {
 public:
  explicit SimulatedWorkforce(Scheduler& scheduler) : scheduler_(scheduler) {}

  absl::StatusOr<std::unique_ptr<Worker>> Make(std::shared_ptr<const DaemonSpec> spec,
                                               const DaemonRunner::Context& context) override;
  void Await(const absl::Notification& answered) override { scheduler_.RunUntil(answered); }

 private:
  Scheduler& scheduler_;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_SIMULATED_WORKFORCE_H_
