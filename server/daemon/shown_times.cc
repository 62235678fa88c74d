#include "server/daemon/shown_times.h"

#include <memory>
#include <utility>

namespace hob {
namespace {

void Shift(absl::optional<absl::Time>& time, absl::Duration by) {
  if (time.has_value()) *time += by;
}

std::shared_ptr<const EndedRuns> Shifted(const EndedRuns& runs, absl::Duration by) {
  EndedRuns shifted;
  for (size_t i = runs.size(); i-- > 0;) {
    EndedRun run = runs[i];
    run.start_time += by;
    Shift(run.ready_time, by);
    run.exit.time.wall += by;
    shifted = EndedRuns(std::move(run), shifted);
  }
  return std::make_shared<const EndedRuns>(std::move(shifted));
}

std::shared_ptr<const ThrottleDecision> Shifted(ThrottleDecision decision, absl::Duration by) {
  for (Failure& failure : decision.failures) failure.time.wall += by;
  if (decision.next_attempt.has_value()) decision.next_attempt->wall += by;
  return std::make_shared<const ThrottleDecision>(std::move(decision));
}

}  // namespace

DaemonSnapshotPtr WithShownTimes(DaemonSnapshotPtr daemon, absl::Duration wall_step) {
  if (wall_step == absl::ZeroDuration()) return daemon;
  auto shown = std::make_shared<DaemonSnapshot>(*daemon);
  Shift(shown->start_time, wall_step);
  Shift(shown->ready_time, wall_step);
  Shift(shown->next_start_time, wall_step);
  shown->runs = Shifted(*daemon->runs, wall_step);
  if (daemon->throttle != nullptr) shown->throttle = Shifted(*daemon->throttle, wall_step);
  if (daemon->hold != nullptr) {
    Hold hold = *daemon->hold;
    hold.create_time += wall_step;
    Shift(hold.expire_time, wall_step);
    shown->hold = std::make_shared<const Hold>(std::move(hold));
  }
  if (daemon->last_command != nullptr) {
    CommandRecord command = *daemon->last_command;
    command.time += wall_step;
    shown->last_command = std::make_shared<const CommandRecord>(std::move(command));
  }
  return shown;
}

}  // namespace hob
