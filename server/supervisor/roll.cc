#include "server/supervisor/roll.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/errors/errors.h"

namespace hob {
namespace {

// True if a roll leaves the daemon alone.
bool IsLeftOut(const DaemonSnapshot& daemon) {
  return !daemon.wanted || daemon.hold != nullptr || daemon.state == DaemonState::kExited;
}

// Each roll has a name of its own: one that is over may end its wait after another has begun.
std::string NewWaitName() {
  static std::atomic<int64_t> count = 0;
  return absl::StrCat("~", ++count);
}

}  // namespace

Roll::Roll(Plan plan, Context context)
    : plan_(std::move(plan)), context_(std::move(context)), wait_name_(NewWaitName()) {
  for (const std::string& name : plan_.members) members_.push_back({name});
}

void Roll::Look() {
  std::vector<std::string> replaced;
  bool has_changed = false;
  {
    MutexLock lock(&mu_);
    if (end_.has_value()) return;
    const size_t known = events_.size();
    replaced = Advance();
    has_changed = events_.size() > known || end_.has_value();
  }
  if (has_changed && context_.on_event) context_.on_event();
  for (const std::string& name : replaced) {
    Command command(Command::Kind::kRoll, plan_.caller);
    command.is_automatic = plan_.is_automatic;
    command.done = [self = shared_from_this(),
                    name](const absl::StatusOr<DaemonSnapshotPtr>& answer) {
      self->Answered(name, answer);
    };
    context_.post(name, std::move(command));
  }
}

void Roll::End(const absl::Status& status) {
  {
    MutexLock lock(&mu_);
    if (end_.has_value()) return;
    EndWith(status);
  }
  if (context_.on_event) context_.on_event();
}

Roll::Progress Roll::ProgressAfter(size_t known) const {
  MutexLock lock(&mu_);
  return {{events_.begin() + known, events_.end()}, end_};
}

bool Roll::over() const {
  MutexLock lock(&mu_);
  return end_.has_value();
}

std::vector<std::string> Roll::Advance() {
  std::vector<std::string> replaced;
  SkipMembers();
  bool awaits_down = false;
  for (Member& member : members_) {
    const DaemonSnapshotPtr daemon =
        member.phase == Phase::kPending ? context_.registry->Find(member.name) : nullptr;
    if (daemon != nullptr && !IsServing(*daemon)) {
      member.was_down = true;
      Replace(member, replaced);
    }
    awaits_down |= member.phase == Phase::kReplacing && member.was_down;
  }
  const std::vector<DaemonSnapshotPtr> down = FindDown();
  size_t down_count = down.size();
  for (Member& member : members_) {
    if (awaits_down || member.phase != Phase::kPending) continue;
    const DaemonSnapshotPtr daemon = context_.registry->Find(member.name);
    if (daemon == nullptr || down_count >= daemon->latest_spec().max_unavailable) break;
    Replace(member, replaced);
    ++down_count;
  }
  const auto is_over = [](const Member& member) { return member.phase == Phase::kOver; };
  if (std::all_of(members_.begin(), members_.end(), is_over)) {
    EndWith(absl::OkStatus());
  } else if (CountReplacing() > 0) {
    SetWaiting(false);
  } else if (!waits_) {
    // Only other daemons are down. Looks again: they may have come up before the wait began.
    SetWaiting(true);
    return Advance();
  } else {
    EndIfStuck(down);
  }
  return replaced;
}

void Roll::Replace(Member& member, std::vector<std::string>& replaced) {
  member.phase = Phase::kReplacing;
  plan_.in_progress->Add(member.name);
  Note(Step::kBegun, member, context_.registry->Find(member.name));
  replaced.push_back(member.name);
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
  const auto find = [this](const std::string& name) { return context_.registry->Find(name); };
  for (const DaemonSnapshotPtr& daemon : down) {
    const bool is_blocked = daemon->state == DaemonState::kWaiting &&
                            IsAnyStuck(UnmetDependencies(*daemon->spec, find), find);
    const bool is_unhealthy = daemon->health == DaemonHealth::kUnhealthy &&
                              daemon->spec->check.action == Check::Action::kNone;
    const bool is_stuck = !ComesUpByItself(*daemon) || is_blocked || is_unhealthy;
    if (!is_stuck && !daemon->unkillable) continue;
    return EndWith(
        RollFailed(plan_.name, absl::StrCat("'", daemon->name(), "' is ",
                                            DaemonStateName(daemon->state), ": ", daemon->reason)));
  }
}

void Roll::Answered(const std::string& name, const absl::StatusOr<DaemonSnapshotPtr>& answer) {
  {
    MutexLock lock(&mu_);
    plan_.in_progress->Remove(name);
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
      " replaced", skipped_count_ == 0 ? "" : absl::StrCat(", ", skipped_count_, " skipped"));
  if (status.ok()) return context_.journal->Info({plan_.name, "roll"}, line);
  const std::string why = absl::StrCat(line, "; ", status.message());
  const bool is_told_to = absl::IsAborted(status) || absl::IsUnavailable(status);
  is_told_to ? context_.journal->Info({plan_.name, "roll"}, why)
             : context_.journal->Error({plan_.name, "roll"}, why);
}

void Roll::SetWaiting(bool waits) {
  if (waits_ == waits) return;
  waits_ = waits;
  context_.waits->Await(wait_name_, waits ? plan_.set : std::set<std::string>());
  if (!waits) return;
  std::vector<std::string> names;
  for (const DaemonSnapshotPtr& daemon : FindDown()) names.push_back(daemon->name());
  context_.journal->Info({plan_.name, "roll waits"},
                         absl::StrCat("roll of ", plan_.name, " waits for ",
                                      absl::StrJoin(names, ", "), " to be ready"));
}

int Roll::CountReplacing() const {
  return std::count_if(members_.begin(), members_.end(),
                       [](const Member& member) { return member.phase == Phase::kReplacing; });
}

}  // namespace hob
