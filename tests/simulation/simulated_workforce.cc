#include "tests/simulation/simulated_workforce.h"

#include <utility>

#include "server/errors/errors.h"
#include "tests/simulation/configurations.h"

namespace hob {
namespace simulation {

SimulatedWorker::SimulatedWorker(std::shared_ptr<const DaemonSpec> spec,
                                 const DaemonRunner::Context& context, Scheduler& scheduler)
    : daemon_(Configurations::DaemonOf(spec->name)),
      scheduler_(scheduler),
      runner_(std::move(spec), context) {
  scheduler_.WorkerMade(this);
}

SimulatedWorker::~SimulatedWorker() {
  scheduler_.RunToEnd(this);
  scheduler_.WorkerGone(this);
}

absl::StatusOr<std::unique_ptr<Worker>> SimulatedWorkforce::Make(
    std::shared_ptr<const DaemonSpec> spec, const DaemonRunner::Context& context) {
  if (!scheduler_.AdmitWorker(*spec)) return NoRoom("a simulated shortage");
  return std::make_unique<SimulatedWorker>(std::move(spec), context, scheduler_);
}

}  // namespace simulation
}  // namespace hob
