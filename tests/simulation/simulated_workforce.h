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

// Runs simulated workers, and advances time while callers wait for them.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Called before a worker is made. False if there is no room.
  virtual bool AdmitWorker(const DaemonSpec& spec) = 0;
  virtual void WorkerMade(SimulatedWorker* worker) = 0;
  virtual void WorkerGone(SimulatedWorker* worker) = 0;
  // Gives the worker turns until its daemon has ended for good.
  virtual void RunToEnd(SimulatedWorker* worker) = 0;
  // Gives all workers turns until `answered` is notified.
  virtual void RunUntil(const absl::Notification& answered) = 0;
  // Called before a command is posted to the worker of a daemon.
  virtual void WillPost(int daemon, Command& command) = 0;
};

// A worker without a thread.
class SimulatedWorker : public Worker {
 public:
  SimulatedWorker(std::shared_ptr<const DaemonSpec> spec, const DaemonRunner::Context& context,
                  Scheduler& scheduler);
  ~SimulatedWorker() override;

  bool HasEnded() const override { return mailbox_.closed(); }
  void Post(Command command, const absl::Status& refusal) override {
    scheduler_.WillPost(daemon_, command);
    mailbox_.Post(std::move(command), refusal, [this] { has_mail_ = true; });
  }

  int daemon() const { return daemon_; }
  bool has_mail() const { return has_mail_; }
  std::vector<Command> TakeMail() {
    has_mail_ = false;
    return mailbox_.Take();
  }
  // Refuses mail from now on.
  void Close() { mailbox_.Close(runner_.refusal()); }
  DaemonRunner& runner() { return runner_; }

  // True during one of its turns.
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
