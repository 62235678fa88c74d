#include "server/process/contained_instance.h"

#include <algorithm>
#include <csignal>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/process/control_group.h"

namespace hob {
namespace {

absl::Status NothingLeft(pid_t pid) {
  return absl::NotFoundError(absl::StrCat("nothing is left of process ", pid));
}

}  // namespace

GroupInstance::~GroupInstance() {
  if (!IsGone()) recorded_.Abandon();
}

bool GroupInstance::IsEmpty() const {
  const absl::StatusOr<std::vector<pid_t>> members = ProcessesInControlGroup(group_);
  return members.ok() ? members->empty() : absl::IsNotFound(members.status());
}

absl::Status GroupInstance::SignalTree(int signal) {
  return signal == SIGKILL ? KillTree() : SendToTree({signal});
}

absl::Status GroupInstance::SignalTreeAndContinue(int signal) {
  return SendToTree({signal, SIGCONT});
}

absl::Status GroupInstance::KillTree() {
  if (IsGone() || (main_.HasEnded() && IsEmpty())) return NothingLeft(pid());
  const absl::Status killed = KillControlGroup(group_);
  group_was_killed_ = true;
  // A process with the rights for it may have moved itself to another group.
  const absl::Status main_killed = main_.Signal(SIGKILL);
  if (absl::IsNotFound(killed)) return main_killed;
  // One that has become another user refuses the signal, and dies by the group all the same.
  if (absl::IsPermissionDenied(main_killed) && (main_.HasEnded() || Contains(pid()))) return killed;
  return killed.ok() && !absl::IsNotFound(main_killed) ? main_killed : killed;
}

absl::Status GroupInstance::SendToTree(absl::Span<const int> signals) {
  if (IsGone()) return NothingLeft(pid());
  const absl::Status main_signalled = main_.Signal(signals);
  if (absl::IsNotFound(main_signalled) && IsEmpty()) return NothingLeft(pid());
  absl::Status status = absl::IsNotFound(main_signalled) ? absl::OkStatus() : main_signalled;
  status.Update(SignalControlGroup(group_, signals, main_.is_reaped() ? 0 : main_.pid()));
  return status;
}

bool GroupInstance::Contains(pid_t process) {
  if (process == main_.pid() && !main_.is_reaped()) return true;
  const absl::StatusOr<std::vector<pid_t>> members = ProcessesInControlGroup(group_);
  return members.ok() && std::find(members->begin(), members->end(), process) != members->end();
}

bool GroupInstance::IsGone() {
  if (gone_ || !main_.is_reaped()) return gone_;
  // Opened before it is read, and kept while it says that something is alive: no change is missed.
  if (!events_.ok()) {
    absl::StatusOr<UniqueFd> events = OpenControlGroupEvents(group_);
    // Short of descriptors, nothing is known: then it is not gone.
    if (!events.ok()) return gone_ = absl::IsNotFound(events.status());
    events_ = *std::move(events);
  }
  if (IsPopulated(events_.get())) return false;
  // In a group that is kept the next life would be killed at once.
  if (group_was_killed_ && !RemoveControlGroup(group_)) return false;
  events_.Reset();
  return gone_ = true;
}

SessionInstance::~SessionInstance() {
  if (!main_.is_reaped() && !(reported_ && IsGone())) recorded_.Abandon();
}

absl::optional<ReapedProcess> SessionInstance::TryReap() {
  if (reported_) return absl::nullopt;
  absl::optional<ReapedProcess> end = main_.Peek();
  if (!end.has_value()) return absl::nullopt;
  reported_ = true;
  IsGone();
  return end;
}

absl::Status SessionInstance::SignalTree(int signal) {
  if (main_.is_reaped()) return NothingLeft(pid());
  const absl::Status noted = tree_.Note();
  absl::Status status = main_.Signal(signal);
  if (absl::IsNotFound(status) && tree_.HasOrphans()) status = absl::OkStatus();
  // All of a group at once, before it can fork on. The leader is not reaped: the number is ours.
  if (signal == SIGKILL) kill(-main_.pid(), SIGKILL);
  status.Update(noted);
  status.Update(tree_.Signal(signal));
  return status;
}

bool SessionInstance::Contains(pid_t process) { return tree_.Contains(process); }

bool SessionInstance::IsGone() {
  if (reported_ && !main_.is_reaped() && !tree_.HasOrphans()) main_.Reap();
  return main_.is_reaped();
}

}  // namespace hob
