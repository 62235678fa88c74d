#include "server/process/record/contained_instance.h"

#include <algorithm>
#include <csignal>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/posix/pidfd.h"
#include "server/process/tree/control_group.h"

namespace hob {
namespace {

absl::Status NothingLeft(pid_t pid) {
  return absl::NotFoundError(absl::StrCat("nothing is left of process ", pid));
}

// Makes `process` the main process of an instance. `main` is the spawned process.
absl::Status Adopt(pid_t process, Instance& instance, const MainProcess& main, StrayReaper* strays,
                   std::unique_ptr<AdoptedMain>* adopted) {
  if (process == instance.pid()) return absl::OkStatus();
  const absl::Status no_member = absl::InvalidArgumentError(
      absl::StrCat("process ", process, " is not a live process of this instance"));
  // If it is alive before and after Contains, the pid referred to one process throughout.
  UniqueFd pidfd = OpenPidfd(process);
  if (!pidfd.ok() || !instance.Contains(process) || !IsKnownAlive(pidfd.get())) return no_member;
  // The reaper keeps one end per pid, so forget the old one first.
  adopted->reset();
  if (process == main.pid()) return absl::OkStatus();
  *adopted = std::make_unique<AdoptedMain>(process, std::move(pidfd), strays);
  return absl::OkStatus();
}

}  // namespace

absl::optional<ReapedProcess> GroupInstance::TryReap() {
  if (adopted_ == nullptr) return main_.Reap();
  // The end of a former main process is not the end of the instance.
  main_.Reap();
  return adopted_->TryReap();
}

absl::Status GroupInstance::SetMain(pid_t process) {
  return Adopt(process, *this, main_, strays_, &adopted_);
}

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
  // The main process may have moved itself to another group, if it has the rights.
  const absl::Status main_killed = main_.Signal(SIGKILL);
  if (absl::IsNotFound(killed)) return main_killed;
  // A process that runs as another user refuses the signal, but dies with the group.
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

int GroupInstance::CountAlive() {
  // The kernel does not list zombies here. The main process may have moved itself to another group.
  const absl::StatusOr<std::vector<pid_t>> members = ProcessesInControlGroup(group_);
  const int listed = members.ok() ? static_cast<int>(members->size()) : 0;
  return std::max(listed, main_.HasEnded() ? 0 : 1);
}

bool GroupInstance::IsGone() {
  if (adopted_ != nullptr) main_.Reap();
  if (gone_ || !main_.is_reaped()) return gone_;
  // Open the file before reading it and keep it open while the group is populated, so that no
  // change is missed.
  if (!events_.ok()) {
    absl::StatusOr<UniqueFd> events = OpenControlGroupEvents(group_);
    // Without a descriptor the state is unknown, so assume the tree is not gone.
    if (!events.ok()) return gone_ = absl::IsNotFound(events.status());
    events_ = *std::move(events);
  }
  if (IsPopulated(events_.get())) return false;
  // If the group stayed, the next instance would be killed at once.
  if (group_was_killed_ && !RemoveControlGroup(group_)) return false;
  events_.Reset();
  return gone_ = true;
}

SessionInstance::~SessionInstance() {
  if (!main_.is_reaped() && !(reported_ && IsGone())) recorded_.Abandon();
}

absl::optional<ReapedProcess> SessionInstance::TryReap() {
  if (reported_) return absl::nullopt;
  absl::optional<ReapedProcess> end = adopted_ != nullptr ? adopted_->TryReap() : main_.Peek();
  if (!end.has_value()) return absl::nullopt;
  reported_ = true;
  IsGone();
  return end;
}

absl::Status SessionInstance::SetMain(pid_t process) {
  return Adopt(process, *this, main_, strays_, &adopted_);
}

absl::Status SessionInstance::SignalTree(int signal) {
  if (main_.is_reaped()) return NothingLeft(pid());
  const absl::Status noted = tree_.Note();
  absl::Status status = main_.Signal(signal);
  if (absl::IsNotFound(status) && tree_.HasOrphans()) status = absl::OkStatus();
  // Kill the whole process group at once, before it can fork again. The leader is not reaped, so
  // the group number still belongs to it.
  if (signal == SIGKILL) kill(-main_.pid(), SIGKILL);
  status.Update(noted);
  status.Update(tree_.Signal(signal));
  return status;
}

bool SessionInstance::Contains(pid_t process) { return tree_.Contains(process); }

int SessionInstance::CountAlive() { return tree_.CountAlive() + (main_.HasEnded() ? 0 : 1); }

bool SessionInstance::IsGone() {
  if (reported_ && !main_.is_reaped() && !tree_.HasOrphans()) main_.Reap();
  return main_.is_reaped();
}

}  // namespace hob
