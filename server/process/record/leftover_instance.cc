#include "server/process/record/leftover_instance.h"

#include <algorithm>
#include <csignal>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/posix/pidfd.h"
#include "server/process/tree/control_group.h"

namespace hob {
namespace {

// Maximum number of descriptors open at a time.
constexpr size_t kMostHeld = 64;

}  // namespace

absl::StatusOr<std::unique_ptr<Instance>> LeftoverInstance::Create(Leftover leftover,
                                                                   InstanceRecord* record) {
  std::unique_ptr<LeftoverInstance> instance(new LeftoverInstance(std::move(leftover)));
  for (const InstanceRecordEntry& entry : instance->leftover_.entries) {
    instance->recorded_.emplace_back(record);
    const absl::Status written = record->Write(instance->recorded_.back().entry(), entry);
    if (!written.ok()) return written;
  }
  return instance;
}

LeftoverInstance::~LeftoverInstance() {
  if (IsGone()) return;
  for (RecordedInstance& recorded : recorded_) recorded.Abandon();
}

absl::Status LeftoverInstance::Send(const std::pair<pid_t, UniqueFd>& process, int signal) {
  if (SendSignal(process.second.get(), signal)) return absl::OkStatus();
  return SignalError(process.first);
}

absl::Status LeftoverInstance::SetMain(pid_t process) {
  return absl::InvalidArgumentError(
      absl::StrCat("process ", process, " is left over: nothing tells how it ends"));
}

absl::Status LeftoverInstance::SignalMain(int signal) {
  if (!IsGone()) {
    for (const auto& process : held_) {
      for (const InstanceRecordEntry& entry : leftover_.entries) {
        if (entry.pid == process.first) return Send(process, signal);
      }
    }
  }
  return absl::NotFoundError(absl::StrCat("the main process of ", leftover_.daemon, " has ended"));
}

absl::Status LeftoverInstance::SignalTree(int signal) {
  if (IsGone()) return absl::NotFoundError(absl::StrCat("nothing is left of ", leftover_.daemon));
  absl::Status status;
  for (const auto& process : held_) status.Update(UnlessGone(Send(process, signal)));
  if (signal == SIGKILL && !leftover_.group.empty()) {
    status.Update(UnlessGone(KillControlGroup(leftover_.group)));
  }
  return status;
}

bool LeftoverInstance::Contains(pid_t process) {
  return !IsGone() && std::any_of(held_.begin(), held_.end(),
                                  [process](const auto& held) { return held.first == process; });
}

int LeftoverInstance::CountAlive() {
  const absl::StatusOr<std::vector<RecordedProcess>> found = FindLeftover(leftover_);
  return found.ok() ? static_cast<int>(found->size()) : static_cast<int>(held_.size());
}

bool LeftoverInstance::IsGone() {
  if (gone_) return true;
  held_.erase(std::remove_if(held_.begin(), held_.end(),
                             [](const auto& held) { return HasEnded(held.second.get()); }),
              held_.end());
  if (!held_.empty()) return false;
  const absl::StatusOr<std::vector<RecordedProcess>> found = FindLeftover(leftover_);
  if (!found.ok()) return false;
  for (const RecordedProcess& process : *found) {
    if (held_.size() == kMostHeld) break;
    UniqueFd pidfd = OpenFound(process);
    if (pidfd.ok()) held_.emplace_back(process.stat.pid, std::move(pidfd));
  }
  if (!found->empty()) return false;
  // The next instance would die at once in a group that was killed.
  if (!leftover_.group.empty() && !RemoveControlGroup(leftover_.group)) return false;
  return gone_ = true;
}

}  // namespace hob
