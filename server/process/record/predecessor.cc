#include "server/process/record/predecessor.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/clock/clock.h"
#include "server/posix/pidfd.h"
#include "server/process/record/instance_record.h"
#include "server/process/record/recorded_trees.h"
#include "server/process/tree/containment.h"
#include "server/process/tree/control_group.h"

namespace hob {
namespace {

// Limits on the wait for processes to end.
struct Patience {
  absl::Duration grace;
  absl::Duration after_kill;
};

MonotonicTime Now() { return Clock::Real().Now().monotonic; }

// Blocks until one of `events` occurs on the descriptor. Returns false at the deadline.
bool WaitUntil(int fd, short events, MonotonicTime deadline) {
  struct pollfd poller = {fd, events, 0};
  const struct timespec timeout =
      absl::ToTimespec(std::max(deadline - Now(), absl::ZeroDuration()));
  // If ppoll fails, callers check too early, but only until the deadline.
  return ppoll(&poller, 1, &timeout, nullptr) != 0 && Now() < deadline;
}

// Blocks until the group is empty. Returns false at the deadline, or if the group cannot be read.
bool WaitUntilEmpty(const std::string& group, MonotonicTime deadline) {
  const absl::StatusOr<UniqueFd> events = OpenControlGroupEvents(group);
  if (!events.ok()) return absl::IsNotFound(events.status());
  while (IsPopulated(events->get())) {
    if (!WaitUntil(events->get(), POLLPRI, deadline)) return false;
  }
  return true;
}

// Returns the processes in the daemons' groups inside `group`.
absl::StatusOr<std::vector<PredecessorReport::Ended>> ListGroups(const std::string& group) {
  std::vector<PredecessorReport::Ended> processes;
  const absl::StatusOr<std::vector<std::string>> daemon_groups = ControlGroupsIn(group);
  if (absl::IsNotFound(daemon_groups.status())) return processes;
  if (!daemon_groups.ok()) return daemon_groups.status();
  for (const std::string& daemon_group : *daemon_groups) {
    const absl::StatusOr<std::vector<pid_t>> pids = ProcessesInControlGroup(daemon_group);
    if (absl::IsNotFound(pids.status())) continue;
    if (!pids.ok()) return pids.status();
    for (const pid_t pid : *pids) processes.push_back({DaemonOfGroup(daemon_group), pid});
  }
  return processes;
}

Leftover& LeftoverOf(const std::string& daemon, PredecessorReport* report) {
  for (Leftover& leftover : report->left) {
    if (leftover.daemon == daemon) return leftover;
  }
  Leftover& leftover = report->left.emplace_back();
  leftover.daemon = daemon;
  return leftover;
}

// Reports the processes still alive in the daemons' groups inside `group`. `killed` is the result
// of the attempt to kill them.
void ReportLeftIn(const std::string& group, const absl::Status& killed, PredecessorReport* report) {
  const absl::StatusOr<std::vector<PredecessorReport::Ended>> left = ListGroups(group);
  const std::string why = killed.ok() ? "it survives KILL" : std::string(killed.message());
  if (!left.ok() || left->empty()) {
    report->problems.push_back(absl::StrCat(group, ": some of it cannot be killed: ", why));
    return;
  }
  for (const PredecessorReport::Ended& process : *left) {
    Leftover& leftover = LeftoverOf(process.daemon, report);
    leftover.group = DaemonGroup(group, process.daemon);
    leftover.problems.push_back(absl::StrCat("process ", process.pid, " cannot be killed: ", why));
  }
}

void EndGroup(const std::string& group, const Patience& patience, PredecessorReport* report) {
  const absl::StatusOr<std::vector<PredecessorReport::Ended>> listed = ListGroups(group);
  if (!listed.ok()) {
    report->problems.push_back(
        absl::StrCat("its processes cannot be listed: ", listed.status().message()));
    return;
  }
  const std::vector<PredecessorReport::Ended>& processes = *listed;
  const bool holds_us = std::any_of(processes.begin(), processes.end(),
                                    [](const auto& process) { return process.pid == getpid(); });
  if (holds_us) {
    report->problems.push_back(absl::StrCat(
        group, ": this server itself was started from one of the daemons in it; nothing is ended"));
    return;
  }
  if (!processes.empty()) {
    SignalControlGroup(group, {SIGTERM, SIGCONT}, 0).IgnoreError();
  }
  if (!WaitUntilEmpty(group, Now() + patience.grace)) {
    const absl::Status killed = KillControlGroup(group);
    if (!killed.ok() || !WaitUntilEmpty(group, Now() + patience.after_kill)) {
      return ReportLeftIn(group, killed, report);
    }
  }
  report->ended.insert(report->ended.end(), processes.begin(), processes.end());
  RemoveControlGroup(group);
}

void EndGroups(const std::set<std::string>& groups, const Patience& patience,
               PredecessorReport* report) {
  for (const std::string& group : groups) {
    // Never touch a group that is not hob's, even if a record names it.
    const std::string last = group.substr(group.rfind('/') + 1);
    if (absl::StartsWith(last, "hob-")) EndGroup(group, patience, report);
  }
}

// True if the group contains only leftovers and so must stay.
bool HoldsOnlyLeftovers(const std::string& group, const PredecessorReport& report) {
  const absl::StatusOr<std::vector<std::string>> daemon_groups = ControlGroupsIn(group);
  return daemon_groups.ok() && !daemon_groups->empty() &&
         std::all_of(daemon_groups->begin(), daemon_groups->end(), [&](const std::string& path) {
           return std::any_of(report.left.begin(), report.left.end(),
                              [&](const Leftover& left) { return left.group == path; });
         });
}

// Removes the empty groups that new daemons may use, because a group that was killed kills every
// new process at once.
void RemoveGroups(const std::vector<std::string>& groups, PredecessorReport* report) {
  if (!report->problems.empty()) return;
  for (const std::string& group : groups) {
    if (RemoveControlGroup(group)) continue;
    // Without permission to remove a group, hob cannot create daemons in it either.
    const absl::Status status = absl::ErrnoToStatus(errno, group);
    if (absl::IsPermissionDenied(status) || HoldsOnlyLeftovers(group, *report)) continue;
    report->problems.push_back(absl::StrCat("it cannot be removed: ", status.message()));
  }
}

// Maps a pid to the reason why the process refused a signal.
using Refusals = std::map<pid_t, std::string>;

// Sends the signal and records the processes that refuse it.
void SignalFound(const std::vector<RecordedProcess>& processes, int signal, Refusals* refusals) {
  for (const RecordedProcess& process : processes) {
    const UniqueFd pidfd = OpenFound(process);
    if (!pidfd.ok() || SendSignal(pidfd.get(), signal)) continue;
    const absl::Status error = SignalError(process.stat.pid);
    if (absl::IsPermissionDenied(error)) {
      refusals->emplace(process.stat.pid, std::string(error.message()));
    }
  }
}

// Blocks until all processes that have not refused a signal have ended, or until the deadline.
void WaitForFound(const std::vector<RecordedProcess>& processes, const Refusals& refusals,
                  MonotonicTime deadline) {
  for (const RecordedProcess& process : processes) {
    if (refusals.count(process.stat.pid) > 0) continue;
    const UniqueFd pidfd = OpenFound(process);
    if (pidfd.ok() && !WaitUntil(pidfd.get(), POLLIN, deadline)) return;
  }
}

bool AllRefuse(const std::vector<RecordedProcess>& processes, const Refusals& refusals) {
  return std::all_of(processes.begin(), processes.end(), [&](const RecordedProcess& process) {
    return refusals.count(process.stat.pid) > 0;
  });
}

void ReportLeft(const std::vector<RecordedProcess>& processes, const Refusals& refusals,
                const std::vector<InstanceRecordEntry>& entries, PredecessorReport* report) {
  for (const RecordedProcess& process : processes) {
    Leftover& leftover = LeftoverOf(process.daemon, report);
    const auto refusal = refusals.find(process.stat.pid);
    const std::string problem = absl::StrCat(
        "process ", process.stat.pid,
        " cannot be killed: ", refusal == refusals.end() ? "it survives KILL" : refusal->second);
    // The process may already be reported through its control group.
    std::vector<std::string>& told = leftover.problems;
    if (std::find(told.begin(), told.end(), problem) == told.end()) told.push_back(problem);
  }
  for (Leftover& leftover : report->left) {
    for (const InstanceRecordEntry& entry : entries) {
      if (entry.name == leftover.daemon) leftover.entries.push_back(entry);
    }
  }
}

void EndRecorded(const std::vector<InstanceRecordEntry>& entries, const Patience& patience,
                 PredecessorReport* report) {
  absl::StatusOr<std::vector<RecordedProcess>> processes = FindRecordedProcesses(entries);
  std::map<pid_t, std::string> seen;
  const auto note = [&seen, &processes] {
    for (const auto& process : *processes) seen.emplace(process.stat.pid, process.daemon);
  };
  if (processes.ok()) {
    note();
    Refusals of_term;
    SignalFound(*processes, SIGTERM, &of_term);
    SignalFound(*processes, SIGCONT, &of_term);
    WaitForFound(*processes, of_term, Now() + patience.grace);
  }
  Refusals refusals;
  // Repeat, to catch processes started in the meantime.
  const MonotonicTime deadline = Now() + patience.after_kill;
  for (;;) {
    processes = FindRecordedProcesses(entries);
    if (!processes.ok()) {
      report->problems.push_back(
          absl::StrCat("live processes cannot be listed: ", processes.status().message()));
      return;
    }
    note();
    if (AllRefuse(*processes, refusals) || Now() > deadline) break;
    SignalFound(*processes, SIGKILL, &refusals);
    WaitForFound(*processes, refusals, deadline);
  }
  ReportLeft(*processes, refusals, entries, report);
  for (const RecordedProcess& process : *processes) seen.erase(process.stat.pid);
  for (const auto& process : seen) report->ended.push_back({process.second, process.first});
}

}  // namespace

PredecessorReport EndPredecessor(const std::string& run_dir, absl::Duration grace,
                                 absl::Duration time_after_kill) {
  PredecessorReport report;
  InstanceRecord::Contents record;
  absl::StatusOr<InstanceRecord::Contents> contents = InstanceRecord::Read(run_dir);
  if (contents.ok()) {
    record = *std::move(contents);
  } else {
    report.problems.push_back(std::string(contents.status().message()));
  }
  absl::StatusOr<std::vector<std::string>> candidates = CandidateGroups(run_dir);
  if (!candidates.ok()) {
    report.problems.push_back(std::string(candidates.status().message()));
    candidates.emplace();
  }
  std::set<std::string> groups(candidates->begin(), candidates->end());
  if (!record.group.empty()) groups.insert(record.group);
  Patience patience = {grace, time_after_kill};
  EndGroups(groups, patience, &report);
  RemoveGroups(*candidates, &report);
  // The remaining processes have had their grace period; do not grant it twice.
  if (!report.problems.empty() || !report.left.empty()) {
    patience.grace = absl::ZeroDuration();
  }
  EndRecorded(record.entries, patience, &report);
  return report;
}

}  // namespace hob
