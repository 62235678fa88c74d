#include "server/process/tree/tree_usage.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/process/tree/control_group.h"

namespace hob {
namespace {

constexpr char kNameVariable[] = "HOB_DAEMON";

absl::Duration FromTicks(int64_t ticks) {
  static const int64_t per_second = sysconf(_SC_CLK_TCK);
  return absl::Seconds(1) * ticks / per_second;
}

int64_t FromPages(int64_t pages) {
  static const int64_t size = sysconf(_SC_PAGESIZE);
  return pages * size;
}

// Returns the processor time of the group, which the kernel counts without any controller.
absl::optional<absl::Duration> ReadGroupCpu(const std::string& group) {
  const absl::StatusOr<std::string> text = ReadSmallFile(absl::StrCat(group, "/cpu.stat"));
  if (!text.ok()) return absl::nullopt;
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    int64_t microseconds = 0;
    if (absl::ConsumePrefix(&line, "usage_usec ") && absl::SimpleAtoi(line, &microseconds)) {
      return absl::Microseconds(microseconds);
    }
  }
  return absl::nullopt;
}

absl::optional<int64_t> ReadGroupMemory(const std::string& group) {
  const absl::StatusOr<std::string> text = ReadSmallFile(absl::StrCat(group, "/memory.current"));
  int64_t bytes = 0;
  if (!text.ok() || !absl::SimpleAtoi(*text, &bytes)) return absl::nullopt;
  return bytes;
}

// Returns the sum of the resident sets of the processes that still exist.
int64_t AddUpMemory(const std::vector<pid_t>& processes) {
  int64_t pages = 0;
  for (const pid_t pid : processes) {
    const absl::StatusOr<ProcessStat> stat = ReadProcessStat(pid);
    if (stat.ok()) pages += stat->resident_pages;
  }
  return FromPages(pages);
}

// Adds the process and its descendants. Returns false if there are too many.
bool AddTree(const ProcessStat& process, std::vector<ProcessStat>& tree) {
  if (tree.size() == TreeUsageReader::kMostProcesses) return false;
  tree.push_back(process);
  const absl::StatusOr<std::vector<pid_t>> children = ReadChildren(process.pid);
  if (!children.ok()) return true;
  for (const pid_t pid : *children) {
    const absl::StatusOr<ProcessStat> child = ReadProcessStat(pid);
    // If the parent differs, another process has reused the pid.
    if (!child.ok() || child->parent != process.pid) continue;
    if (!AddTree(*child, tree)) return false;
  }
  return true;
}

// Adds the orphans for `key`. Returns false if there are too many. The orphans include the main
// process if the thread that spawned it is the thread that receives orphans.
template <typename Key>
bool AddOrphans(const std::multimap<Key, ProcessStat>& orphans, const Key& key, pid_t main,
                std::vector<ProcessStat>& tree) {
  const auto [begin, end] = orphans.equal_range(key);
  for (auto orphan = begin; orphan != end; ++orphan) {
    if (orphan->second.pid != main && !AddTree(orphan->second, tree)) return false;
  }
  return true;
}

}  // namespace

void TreeUsageReader::BeginRound() {
  named_orphans_.clear();
  other_orphans_.clear();
  if (containment_.mode == ContainmentMode::kControlGroup) return;
  const absl::StatusOr<std::vector<pid_t>> orphans = ReadChildrenOfThread(getpid(), getpid());
  if (!orphans.ok()) return;
  for (const pid_t pid : *orphans) {
    const absl::StatusOr<ProcessStat> stat = ReadProcessStat(pid);
    if (!stat.ok() || stat->parent != getpid()) continue;
    const absl::StatusOr<std::string> name = ReadEnvironmentOf(pid, kNameVariable);
    if (name.ok()) {
      named_orphans_.emplace(*name, *stat);
    } else {
      other_orphans_.emplace(stat->session, *stat);
    }
  }
}

absl::optional<TreeUsage> TreeUsageReader::Read(const std::string& name, pid_t main) const {
  absl::optional<TreeUsage> usage = containment_.mode == ContainmentMode::kControlGroup
                                        ? ReadGroup(DaemonGroup(containment_.group, name))
                                        : ReadSession(name, main);
  if (usage.has_value()) usage->open_descriptors = CountDescriptors(main);
  return usage;
}

absl::optional<TreeUsage> TreeUsageReader::ReadGroup(const std::string& group) const {
  const absl::StatusOr<std::vector<pid_t>> processes = ProcessesInControlGroup(group);
  if (!processes.ok() || processes->empty()) return absl::nullopt;
  TreeUsage usage;
  usage.processes = processes->size();
  usage.cpu = ReadGroupCpu(group);
  usage.memory_bytes = ReadGroupMemory(group);
  if (!usage.memory_bytes.has_value() && processes->size() <= kMostProcesses) {
    usage.memory_bytes = AddUpMemory(*processes);
  }
  return usage;
}

absl::optional<TreeUsage> TreeUsageReader::ReadSession(const std::string& name, pid_t main) const {
  const absl::StatusOr<ProcessStat> stat = ReadProcessStat(main);
  // A worker's child is a child of this process; otherwise another process has reused the pid.
  if (!stat.ok() || stat->parent != getpid() || !stat->alive) return absl::nullopt;
  std::vector<ProcessStat> tree;
  if (!AddTree(*stat, tree) || !AddOrphans(named_orphans_, name, main, tree) ||
      !AddOrphans(other_orphans_, main, main, tree)) {
    return TreeUsage();
  }
  int64_t ticks = 0, pages = 0;
  for (const ProcessStat& process : tree) {
    ticks += process.cpu_ticks;
    pages += process.resident_pages;
  }
  TreeUsage usage;
  usage.processes = tree.size();
  usage.cpu = FromTicks(ticks);
  usage.memory_bytes = FromPages(pages);
  return usage;
}

absl::optional<int64_t> CountDescriptors(pid_t process) {
  const std::string directory = absl::StrCat("/proc/", process, "/fd");
  struct stat status = {};
  if (stat(directory.c_str(), &status) != 0) return absl::nullopt;
  // Since Linux 6.2, st_size is the number of descriptors.
  if (status.st_size > 0) return status.st_size;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(directory.c_str()), &closedir);
  if (stream == nullptr) return absl::nullopt;
  int64_t count = 0;
  while (const dirent* entry = readdir(stream.get())) count += entry->d_name[0] != '.';
  // Do not count the directory's own descriptor if the process inspects itself.
  return process == getpid() ? count - 1 : count;
}

}  // namespace hob
