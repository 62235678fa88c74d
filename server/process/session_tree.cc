#include "server/process/session_tree.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/process/pidfd.h"
#include "server/process/unique_fd.h"

namespace hob {
namespace {

constexpr char kNameVariable[] = "HOB_DAEMON";

// A fork bomb that changes its session is not caught up with by a walk; limit_nproc bounds it.
constexpr int kRounds = 100;
// Looks at a list that changes all the time before it counts as alive.
constexpr int kLooks = 10;
// Each level holds a descriptor open. What is deeper comes into reach when its parents have ended.
constexpr int kDeepest = 100;

absl::StatusOr<std::vector<pid_t>> ReadOrphans() {
  const pid_t self = getpid();
  return ReadChildrenOfThread(self, self);
}

}  // namespace

SessionTree::SessionTree(const MainProcess* main, std::string name)
    : main_(main), name_(std::move(name)) {}

absl::StatusOr<bool> SessionTree::IsOurOrphan(const ProcessStat& stat) const {
  if (stat.parent != getpid() || stat.pid == main_->pid()) return false;
  const bool in_session = stat.session == main_->pid();
  // The number of a session cannot be used again before its leader is reaped.
  if (in_session && !main_->is_reaped()) return true;
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
    // One that ended while it was looked at may have left children that are orphans now. A list
    // that stayed the same has not gained any.
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
    // The number of a session is its leader's as long as that is not reaped.
    if (stat->session == main_->pid() && !main_->is_reaped()) return true;
    if (stat->parent == getpid()) return IsOurOrphan(*stat).value_or(false);
    process = stat->parent;
  }
  return false;
}

void SessionTree::VisitChildren(pid_t parent, int parent_pidfd, int depth, Visitor visitor) const {
  const absl::StatusOr<std::vector<pid_t>> children = ReadChildren(parent);
  if (!children.ok() || depth == kDeepest) return;
  for (const pid_t pid : *children) {
    const UniqueFd pidfd = OpenPidfd(pid);
    if (!pidfd.ok()) continue;
    const absl::StatusOr<ProcessStat> stat = ReadProcessStat(pid);
    if (!stat.ok() || stat->parent != parent || !stat->alive) continue;
    // While the parent is alive its number is its own, and so are the children of that number.
    if (HasEnded(parent_pidfd)) return;
    visitor(*stat, pidfd.get());
    VisitChildren(pid, pidfd.get(), depth + 1, visitor);
  }
}

void SessionTree::VisitOrphans(Visitor visitor) const {
  const absl::StatusOr<std::vector<pid_t>> orphans = ReadOrphans();
  if (!orphans.ok()) return;
  for (const pid_t pid : *orphans) {
    const UniqueFd pidfd = OpenPidfd(pid);
    if (!pidfd.ok()) continue;
    const absl::StatusOr<ProcessStat> stat = ReadProcessStat(pid);
    if (!stat.ok() || !stat->alive || !IsOurOrphan(*stat).value_or(false)) continue;
    visitor(*stat, pidfd.get());
    VisitChildren(pid, pidfd.get(), 0, visitor);
  }
}

void SessionTree::VisitAll(Visitor visitor) const {
  if (!main_->is_reaped()) VisitChildren(main_->pid(), main_->pidfd(), 0, visitor);
  VisitOrphans(visitor);
}

void SessionTree::Signal(int signal) const {
  std::set<Identity> signalled;
  bool found_new = true;
  for (int round = 0; round < kRounds && found_new; ++round) {
    found_new = false;
    VisitAll([&](const ProcessStat& stat, int pidfd) {
      if (!signalled.insert({stat.pid, stat.start_ticks}).second) return;
      found_new = true;
      SendSignal(pidfd, signal);
    });
  }
}

}  // namespace hob
