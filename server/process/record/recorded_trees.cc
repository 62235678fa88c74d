#include "server/process/record/recorded_trees.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "absl/status/statusor.h"
#include "server/posix/pidfd.h"
#include "server/process/tree/instance_mark.h"

namespace hob {
namespace {

constexpr char kNameVariable[] = "HOB_DAEMON";
constexpr int64_t kNanosPerSecond = 1'000'000'000;

using Processes = std::map<pid_t, ProcessStat>;

absl::StatusOr<Processes> LookAtAll() {
  Processes processes;
  const absl::StatusOr<std::vector<pid_t>> pids = ReadAllProcesses();
  if (!pids.ok()) return pids.status();
  for (const pid_t pid : *pids) {
    const absl::StatusOr<ProcessStat> stat = ReadProcessStat(pid);
    if (stat.ok()) {
      processes.emplace(pid, *stat);
    } else if (!absl::IsNotFound(stat.status())) {
      return stat.status();
    }
  }
  return processes;
}

// Returns this process and its ancestors: a server started by hand from a daemon's shell must not
// end itself.
std::set<pid_t> OwnLine(const Processes& processes) {
  std::set<pid_t> line;
  for (auto process = processes.find(getpid()); process != processes.end();
       process = processes.find(process->second.parent)) {
    if (!line.insert(process->first).second) break;
  }
  return line;
}

enum class Witness { kAgrees, kSilent, kContradicts };

absl::StatusOr<Witness> AskEnvironment(pid_t pid, const std::string& daemon) {
  const absl::StatusOr<std::string> name = ReadEnvironmentOf(pid, kNameVariable);
  if (absl::IsResourceExhausted(name.status())) return name.status();
  if (!name.ok()) return Witness::kSilent;
  return *name == daemon ? Witness::kAgrees : Witness::kContradicts;
}

// Returns the daemon of every session that belongs to a recorded instance, by session number.
absl::StatusOr<std::map<pid_t, std::string>> RecordedSessions(
    const std::vector<InstanceRecordEntry>& entries, const Processes& processes) {
  const int64_t ticks_per_second = sysconf(_SC_CLK_TCK);
  std::map<pid_t, std::string> sessions;
  for (const InstanceRecordEntry& entry : entries) {
    const auto main = processes.find(entry.pid);
    // A session may have members after its leader is gone; DaemonBySession checks each member's
    // environment.
    if (main != processes.end()) {
      if (!IsRecordedMain(entry, main->second, ticks_per_second)) continue;
      const absl::StatusOr<Witness> witness = AskEnvironment(entry.pid, entry.name);
      if (!witness.ok()) return witness.status();
      if (*witness == Witness::kContradicts) continue;
    }
    sessions[entry.pid] = entry.name;
  }
  return sessions;
}

// Returns the daemon that a process belongs to by its session; empty if none.
absl::StatusOr<std::string> DaemonBySession(const std::map<pid_t, std::string>& sessions,
                                            const Processes& processes, const ProcessStat& stat) {
  const auto session = sessions.find(stat.session);
  if (session == sessions.end()) return "";
  if (processes.count(stat.session) != 0) return session->second;
  const absl::StatusOr<Witness> witness = AskEnvironment(stat.pid, session->second);
  if (!witness.ok()) return witness.status();
  return *witness == Witness::kAgrees ? session->second : "";
}

// Returns the clock tick in which the entry was written. Processes started by the instance are not
// older.
int64_t RecordedTick(const InstanceRecordEntry& entry, int64_t ticks_per_second) {
  return static_cast<int64_t>(static_cast<__int128>(entry.boot_time_nanos) * ticks_per_second /
                              kNanosPerSecond);
}

// Adds the processes that carry the mark of a recorded instance.
absl::Status AddMarked(const std::vector<InstanceRecordEntry>& entries, const Processes& processes,
                       std::map<pid_t, std::string>* daemons) {
  const int64_t ticks_per_second = sysconf(_SC_CLK_TCK);
  std::map<uint64_t, const InstanceRecordEntry*> marks;
  int64_t earliest = std::numeric_limits<int64_t>::max();
  for (const InstanceRecordEntry& entry : entries) {
    if (entry.mark == kNoMark) continue;
    marks[entry.mark] = &entry;
    earliest = std::min(earliest, RecordedTick(entry, ticks_per_second));
  }
  for (const auto& [pid, stat] : processes) {
    if (stat.start_ticks < earliest || daemons->count(pid) > 0) continue;
    const absl::StatusOr<uint64_t> mark = ReadMarkOf(pid);
    if (absl::IsResourceExhausted(mark.status())) return mark.status();
    const auto found = mark.ok() ? marks.find(*mark) : marks.end();
    if (found == marks.end()) continue;
    if (stat.start_ticks < RecordedTick(*found->second, ticks_per_second)) continue;
    daemons->emplace(pid, found->second->name);
  }
  return absl::OkStatus();
}

// Adds the descendants of the processes already in `daemons`.
void AddDescendants(const Processes& processes, std::map<pid_t, std::string>* daemons) {
  for (bool added = true; added;) {
    added = false;
    for (const auto& process : processes) {
      const auto parent = daemons->find(process.second.parent);
      if (parent == daemons->end()) continue;
      added |= daemons->emplace(process.first, parent->second).second;
    }
  }
}

}  // namespace

bool IsRecordedMain(const InstanceRecordEntry& entry, const ProcessStat& stat,
                    int64_t ticks_per_second) {
  return stat.pid == entry.pid && stat.session == entry.pid &&
         stat.start_ticks <= RecordedTick(entry, ticks_per_second);
}

absl::StatusOr<std::vector<RecordedProcess>> FindRecordedProcesses(
    const std::vector<InstanceRecordEntry>& entries) {
  std::vector<RecordedProcess> found;
  if (entries.empty()) return found;
  const absl::StatusOr<Processes> processes = LookAtAll();
  if (!processes.ok()) return processes.status();
  const absl::StatusOr<std::map<pid_t, std::string>> sessions =
      RecordedSessions(entries, *processes);
  if (!sessions.ok()) return sessions.status();
  std::map<pid_t, std::string> daemons;
  for (const auto& process : *processes) {
    absl::StatusOr<std::string> daemon = DaemonBySession(*sessions, *processes, process.second);
    if (!daemon.ok()) return daemon.status();
    if (!daemon->empty()) daemons.emplace(process.first, *std::move(daemon));
  }
  const absl::Status marked = AddMarked(entries, *processes, &daemons);
  if (!marked.ok()) return marked;
  AddDescendants(*processes, &daemons);
  const std::set<pid_t> own_line = OwnLine(*processes);
  for (const auto& member : daemons) {
    const ProcessStat& stat = processes->at(member.first);
    if (stat.alive && own_line.count(member.first) == 0) found.push_back({member.second, stat});
  }
  return found;
}

UniqueFd OpenFound(const RecordedProcess& process) {
  UniqueFd pidfd = OpenPidfd(process.stat.pid);
  if (!pidfd.ok()) return pidfd;
  // Read after the pidfd was opened, so the pidfd refers to this process or to none.
  const absl::StatusOr<ProcessStat> now = ReadProcessStat(process.stat.pid);
  const bool same = now.ok() && now->start_ticks == process.stat.start_ticks &&
                    now->session == process.stat.session;
  return same ? std::move(pidfd) : UniqueFd();
}

}  // namespace hob
