#include "server/process/tree/session_tree.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/posix/pidfd.h"
#include "server/posix/unique_fd.h"
#include "server/process/tree/instance_mark.h"

namespace hob {
namespace {

constexpr char kNameVariable[] = "HOB_DAEMON";

// A walk cannot keep up with a fork bomb that changes its session; limit_nproc bounds the bomb.
constexpr int kRounds = 100;
// Number of scans of a constantly changing list before the tree counts as alive.
constexpr int kLooks = 10;
// Each level holds a descriptor open. Deeper processes come within reach when their parents have
// ended.
constexpr int kDeepest = 100;

absl::StatusOr<std::vector<pid_t>> ReadOrphans() {
  const pid_t self = getpid();
  return ReadChildrenOfThread(self, self);
}

}  // namespace

SessionTree::SessionTree(const MainProcess* main, std::string name, uint64_t mark)
    : main_(main), name_(std::move(name)), mark_(mark) {}

absl::StatusOr<bool> SessionTree::IsOurOrphan(const ProcessStat& stat) const {
  if (stat.parent != getpid() || stat.pid == main_->pid()) return false;
  const bool in_session = stat.session == main_->pid();
  // A session number is not reused before its leader is reaped.
  if (in_session && !main_->is_reaped()) return true;
  if (known_.count({stat.pid, stat.start_ticks}) > 0) return true;
  return IsOursByWitness(stat, in_session);
}

absl::StatusOr<bool> SessionTree::IsOursByWitness(const ProcessStat& stat, bool in_session) const {
  const absl::StatusOr<uint64_t> mark =
      mark_ == kNoMark ? absl::StatusOr<uint64_t>(kNoMark) : ReadMarkOf(stat.pid);
  if (absl::IsResourceExhausted(mark.status())) return mark.status();
  if (mark.ok() && *mark == mark_ && mark_ != kNoMark) {
    // An ended process keeps its start time until it is reaped.
    const absl::StatusOr<ProcessStat> main = ReadProcessStat(main_->pid());
    if (absl::IsResourceExhausted(main.status())) return main.status();
    return main.ok() && !main_->is_reaped() && main->start_ticks <= stat.start_ticks;
  }
  // The mark of another instance.
  if (mark.ok() && *mark != kNoMark) return false;
  const absl::StatusOr<std::string> name = ReadEnvironmentOf(stat.pid, kNameVariable);
  if (absl::IsResourceExhausted(name.status())) return name.status();
  return name.ok() ? *name == name_ : in_session;
}

bool SessionTree::AnyMayBeAliveAmong(const std::vector<pid_t>& orphans) const {
  for (const pid_t pid : orphans) {
    const absl::StatusOr<ProcessStat> stat = ReadProcessStat(pid);
    if (absl::IsNotFound(stat.status())) continue;
    if (!stat.ok()) return true;
    if (!stat->alive) continue;
    const absl::StatusOr<bool> ours = IsOurOrphan(*stat);
    if (!ours.ok() || *ours) return true;
  }
  return false;
}

bool SessionTree::HasOrphans() const {
  absl::StatusOr<std::vector<pid_t>> orphans = ReadOrphans();
  for (int look = 0; look < kLooks && orphans.ok(); ++look) {
    if (orphans->empty()) return false;
    if (AnyMayBeAliveAmong(*orphans)) return true;
    // A process that ended during the scan may have left children that are orphans now. If the list
    // is unchanged, no orphan was added.
    absl::StatusOr<std::vector<pid_t>> again = ReadOrphans();
    if (again.ok() && *again == *orphans) return false;
    orphans = std::move(again);
  }
  return true;
}

bool SessionTree::Contains(pid_t process) const {
  for (int height = 0; height < kDeepest; ++height) {
    if (process == main_->pid()) return !main_->is_reaped();
    const absl::StatusOr<ProcessStat> stat = ReadProcessStat(process);
    if (!stat.ok()) return false;
    // The session number belongs to its leader until that is reaped.
    if (stat->session == main_->pid() && !main_->is_reaped()) return true;
    if (stat->parent == getpid()) return IsOurOrphan(*stat).value_or(false);
    process = stat->parent;
  }
  return false;
}

int SessionTree::CountAlive() const {
  // A process may be visited twice: as a child, and as an orphan after its parent has ended.
  std::set<Identity> seen;
  VisitAll([&seen](const ProcessStat& stat, int) {
    seen.insert({stat.pid, stat.start_ticks});
    return absl::OkStatus();
  }).IgnoreError();
  return static_cast<int>(seen.size());
}

absl::Status SessionTree::VisitChild(pid_t pid, pid_t parent, int parent_pidfd, int depth,
                                     Visitor visitor) const {
  const UniqueFd pidfd = OpenPidfd(pid);
  if (!pidfd.ok()) return LastErrorUnlessGone(pid);
  const absl::StatusOr<ProcessStat> stat = ReadProcessStat(pid);
  if (!stat.ok()) return UnlessGone(stat.status());
  if (stat->parent != parent || !stat->alive) return absl::OkStatus();
  // While the parent is alive, its pid is not reused, so the children of that pid are its own.
  if (HasEnded(parent_pidfd)) return absl::OkStatus();
  if (!IsKnownAlive(parent_pidfd)) return LastErrorUnlessGone(parent);
  absl::Status status = visitor(*stat, pidfd.get());
  status.Update(VisitChildren(pid, pidfd.get(), depth + 1, visitor));
  return status;
}

absl::Status SessionTree::VisitChildren(pid_t parent, int parent_pidfd, int depth,
                                        Visitor visitor) const {
  if (depth == kDeepest) return absl::OkStatus();
  const absl::StatusOr<std::vector<pid_t>> children = ReadChildren(parent);
  if (!children.ok()) return UnlessGone(children.status());
  absl::Status status;
  for (const pid_t pid : *children) {
    status.Update(VisitChild(pid, parent, parent_pidfd, depth, visitor));
  }
  return status;
}

absl::Status SessionTree::VisitOrphan(pid_t pid, Visitor visitor) const {
  const UniqueFd pidfd = OpenPidfd(pid);
  if (!pidfd.ok()) return LastErrorUnlessGone(pid);
  const absl::StatusOr<ProcessStat> stat = ReadProcessStat(pid);
  if (!stat.ok()) return UnlessGone(stat.status());
  if (!stat->alive) return absl::OkStatus();
  const absl::StatusOr<bool> is_ours = IsOurOrphan(*stat);
  if (!is_ours.ok()) return is_ours.status();
  if (!*is_ours) return absl::OkStatus();
  absl::Status status = visitor(*stat, pidfd.get());
  status.Update(VisitChildren(pid, pidfd.get(), 0, visitor));
  return status;
}

absl::Status SessionTree::VisitOrphans(Visitor visitor) const {
  const absl::StatusOr<std::vector<pid_t>> orphans = ReadOrphans();
  if (!orphans.ok()) return orphans.status();
  absl::Status status;
  for (const pid_t pid : *orphans) status.Update(VisitOrphan(pid, visitor));
  return status;
}

absl::Status SessionTree::VisitAll(Visitor visitor) const {
  absl::Status status;
  if (!main_->is_reaped()) status = VisitChildren(main_->pid(), main_->pidfd(), 0, visitor);
  status.Update(VisitOrphans(visitor));
  return status;
}

absl::Status SessionTree::VisitKnown(const std::set<Identity>& visited, Visitor visitor) {
  absl::Status status;
  for (auto known = known_.begin(); known != known_.end();) {
    const Identity identity = *known++;
    if (visited.count(identity) > 0) continue;
    const UniqueFd pidfd = OpenPidfd(identity.first);
    if (!pidfd.ok()) status.Update(LastErrorUnlessGone(identity.first));
    const absl::StatusOr<ProcessStat> stat = ReadProcessStat(identity.first);
    status.Update(UnlessGone(stat.status()));
    if (stat.ok() && stat->alive && stat->start_ticks == identity.second) {
      if (pidfd.ok()) status.Update(visitor(*stat, pidfd.get()));
    } else if (stat.ok() || absl::IsNotFound(stat.status())) {
      known_.erase(identity);
    }
  }
  return status;
}

absl::Status SessionTree::Note() {
  if (main_->HasEnded()) return absl::OkStatus();
  return VisitAll([this](const ProcessStat& stat, int) {
    known_.insert({stat.pid, stat.start_ticks});
    return absl::OkStatus();
  });
}

absl::Status SessionTree::Signal(int signal) {
  std::set<Identity> signalled;
  absl::Status status;
  bool found_new = true;
  const auto send = [&](const ProcessStat& stat, int pidfd) {
    if (!signalled.insert({stat.pid, stat.start_ticks}).second) return absl::OkStatus();
    found_new = true;
    return SendSignal(pidfd, signal) ? absl::OkStatus() : UnlessGone(SignalError(stat.pid));
  };
  for (int round = 0; round < kRounds && found_new; ++round) {
    found_new = false;
    status.Update(VisitAll(send));
    status.Update(VisitKnown(signalled, send));
    known_.insert(signalled.begin(), signalled.end());
  }
  return status;
}

}  // namespace hob
