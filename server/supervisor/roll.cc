#include "server/supervisor/roll.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/errors/errors.h"

namespace hob {
namespace {

// True if a roll leaves the daemon alone.
bool IsLeftOut(const DaemonSnapshot& daemon) {
  return !daemon.wanted || daemon.hold != nullptr || daemon.state == DaemonState::kExited;
}

}  // namespace

Roll::Roll(Plan plan, Context context) : plan_(std::move(plan)), context_(std::move(context)) {
  for (const std::string& name : plan_.members) members_.push_back({name});
}

void Roll::Look() {
  std::vector<std::string> replaced;
  bool has_changed = false;
  {
    absl::MutexLock lock(&mu_);
    if (end_.has_value()) return;
    const size_t known = events_.size();
    replaced = Advance();
    has_changed = events_.size() > known || end_.has_value();
  }
  if (has_changed && context_.on_event) context_.on_event();
  for (const std::string& name : replaced) {
    Command command(Command::Kind::kRoll, plan_.caller);
    command.done = [self = shared_from_this(),
                    name](const absl::StatusOr<DaemonSnapshotPtr>& answer) {
      self->Answered(name, answer);
    };
    context_.post(name, std::move(command));
  }
}

void Roll::End(const absl::Status& status) {
  {
    absl::MutexLock lock(&mu_);
    if (end_.has_value()) return;
    EndWith(status);
  }
  if (context_.on_event) context_.on_event();
}

Roll::Progress Roll::ProgressAfter(size_t known) const {
  absl::MutexLock lock(&mu_);
  return {{events_.begin() + known, events_.end()}, end_};
}

bool Roll::over() const {
  absl::MutexLock lock(&mu_);
  return end_.has_value();
}

std::vector<std::string> Roll::Advance() {
  std::vector<std::string> replaced;
  SkipMembers();
  while (Member* const next = FindNext()) {
    const DaemonSnapshotPtr daemon = context_.registry->Find(next->name);
    next->phase = Phase::kReplacing;
    next->was_down = daemon == nullptr || !IsServing(*daemon);
    plan_.in_progress->Add(next->name);
    Note(Step::kBegun, *next, daemon);
    replaced.push_back(next->name);
  }
  const auto is_over = [](const Member& member) { return member.phase == Phase::kOver; };
  if (std::all_of(members_.begin(), members_.end(), is_over)) {
    EndWith(absl::OkStatus());
  } else if (CountReplacing() > 0) {
    SetWaiting(false);
  } else if (!waits_) {
    // Only other daemons are down. They may have come up before they were waited for.
    SetWaiting(true);
    return Advance();
  } else {
    EndIfStuck(FindDown());
  }
  return replaced;
}

void Roll::SkipMembers() {
  for (Member& member : members_) {
    if (member.phase != Phase::kPending) continue;
    DaemonSnapshotPtr daemon = context_.registry->Find(member.name);
    if (daemon != nullptr && !IsLeftOut(*daemon)) continue;
    member.phase = Phase::kOver;
    ++skipped_count_;
    Note(Step::kSkipped, member, std::move(daemon));
  }
}

Roll::Member* Roll::FindNext() {
  Member* next = nullptr;
  bool awaits_down = false;
  for (Member& member : members_) {
    awaits_down |= member.phase == Phase::kReplacing && member.was_down;
    if (member.phase != Phase::kPending) continue;
    const DaemonSnapshotPtr daemon = context_.registry->Find(member.name);
    if (daemon == nullptr || !IsServing(*daemon)) return &member;
    if (next == nullptr) next = &member;
  }
  if (next == nullptr || awaits_down) return nullptr;
  const DaemonSnapshotPtr daemon = context_.registry->Find(next->name);
  if (daemon == nullptr) return nullptr;
  const int most = daemon->latest_spec().max_unavailable;
  return static_cast<int>(FindDown().size()) < most ? next : nullptr;
}

std::vector<DaemonSnapshotPtr> Roll::FindDown() const {
  std::vector<DaemonSnapshotPtr> down;
  for (const std::string& name : plan_.set) {
    DaemonSnapshotPtr daemon = context_.registry->Find(name);
    if (daemon == nullptr || IsLeftOut(*daemon)) continue;
    if (!IsServing(*daemon)) down.push_back(std::move(daemon));
  }
  return down;
}

void Roll::EndIfStuck(const std::vector<DaemonSnapshotPtr>& down) {
  for (const DaemonSnapshotPtr& daemon : down) {
    if (ComesUpByItself(*daemon)) continue;
    return EndWith(
        RollFailed(plan_.name, absl::StrCat("'", daemon->name(), "' is ",
                                            DaemonStateName(daemon->state), ": ", daemon->reason)));
  }
}

void Roll::Answered(const std::string& name, const absl::StatusOr<DaemonSnapshotPtr>& answer) {
  plan_.in_progress->Remove(name);
  {
    absl::MutexLock lock(&mu_);
    for (Member& member : members_) {
      if (member.name == name && !end_.has_value()) Take(member, answer);
    }
  }
  // A later roll of the set may wait for this.
  context_.waits->Changed(name);
  if (context_.on_event) context_.on_event();
  Look();
}

void Roll::Take(Member& member, const absl::StatusOr<DaemonSnapshotPtr>& answer) {
  member.phase = Phase::kOver;
  if (answer.ok()) {
    ++done_count_;
    return Note(Step::kDone, member, *answer);
  }
  const absl::Status& status = answer.status();
  if (absl::IsUnavailable(status)) return EndWith(status);
  DaemonSnapshotPtr daemon = context_.registry->Find(member.name);
  if (absl::IsAborted(status) || absl::IsNotFound(status)) {
    ++skipped_count_;
    return Note(Step::kSkipped, member, std::move(daemon));
  }
  Note(Step::kFailed, member, std::move(daemon));
  const bool is_blocked = GetErrorReason(status).reason == "BLOCKED";
  EndWith(is_blocked ? status : RollFailed(plan_.name, status.message()));
}

void Roll::Note(Step step, const Member& member, DaemonSnapshotPtr daemon) {
  events_.push_back({step, member.name, std::move(daemon), done_count_,
                     static_cast<int>(members_.size()) - skipped_count_});
}

void Roll::EndWith(const absl::Status& status) {
  end_ = status;
  SetWaiting(false);
  const int total = static_cast<int>(members_.size()) - skipped_count_;
  const std::string line = absl::StrCat(
      "roll of ", plan_.name, " ", ByCaller(plan_.caller), ": ", done_count_, " of ", total,
      " replaced", skipped_count_ == 0 ? "" : absl::StrCat(", ", skipped_count_, " left out"));
  if (status.ok()) return context_.journal->Info({plan_.name, "roll"}, line);
  context_.journal->Error({plan_.name, "roll"}, absl::StrCat(line, "; ", status.message()));
}

void Roll::SetWaiting(bool waits) {
  if (waits_ == waits) return;
  waits_ = waits;
  context_.waits->Await(WaitName(plan_.name), waits ? plan_.set : std::set<std::string>());
}

int Roll::CountReplacing() const {
  return std::count_if(members_.begin(), members_.end(),
                       [](const Member& member) { return member.phase == Phase::kReplacing; });
}

}  // namespace hob
