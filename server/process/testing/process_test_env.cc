#include "server/process/testing/process_test_env.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/posix/pidfd.h"
#include "server/posix/proc_files.h"

namespace hob {
namespace {

int PatienceMillis() { return static_cast<int>(absl::ToInt64Milliseconds(kPatience)); }

std::string RunfilesPath(const std::string& path) {
  char directory[PATH_MAX];
  return absl::StrCat(getcwd(directory, sizeof(directory)), "/server/process/", path);
}

}  // namespace

std::string TestProgram(const std::string& name) {
  return RunfilesPath(absl::StrCat("testcases/", name));
}

std::string ExecHelperPath() { return RunfilesPath("spawn/hob-exec"); }

std::string NewDirectory(const std::string& name) {
  std::string path = absl::StrCat(absl::StripSuffix(testing::TempDir(), "/"), "/", name, "XXXXXX");
  EXPECT_NE(mkdtemp(&path[0]), nullptr) << path;
  return path;
}

OutputFifo::OutputFifo(const std::string& name) : path_(absl::StrCat(NewDirectory(name), "/fifo")) {
  EXPECT_EQ(mkfifo(path_.c_str(), 0600), 0) << path_;
  fd_.Reset(open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  EXPECT_TRUE(fd_.ok()) << path_;
}

std::string OutputFifo::ReadLine() {
  size_t end = 0;
  while ((end = unread_.find('\n')) == std::string::npos) {
    AwaitReady(fd_.get(), POLLIN);
    char buffer[4096];
    const ssize_t size = read(fd_.get(), buffer, sizeof(buffer));
    if (size <= 0) return "";
    unread_.append(buffer, size);
  }
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

std::multimap<std::string, pid_t> OutputFifo::ReadPids(int count) {
  std::multimap<std::string, pid_t> pids;
  for (int i = 0; i < count; ++i) {
    const std::string line = ReadLine();
    const size_t blank = line.find(' ');
    pid_t pid = 0;
    if (blank == std::string::npos || !absl::SimpleAtoi(line.substr(blank + 1), &pid)) {
      ADD_FAILURE() << "no word and pid: '" << line << "'";
      break;
    }
    pids.emplace(line.substr(0, blank), pid);
  }
  return pids;
}

void AwaitReady(int fd, short events) {
  struct pollfd poller = {fd, events, 0};
  EXPECT_EQ(poll(&poller, 1, PatienceMillis()), 1) << "nothing happened in " << kPatience;
}

void AwaitEndOf(pid_t pid) {
  const UniqueFd pidfd = OpenPidfd(pid);
  if (pidfd.ok()) AwaitReady(pidfd.get(), POLLIN);
}

bool IsAlive(pid_t pid) {
  const absl::StatusOr<ProcessStat> stat = ReadProcessStat(pid);
  return stat.ok() && stat->alive;
}

ReapedProcess AwaitEnd(Instance* instance) {
  AwaitReady(instance->exit_fd(), POLLIN);
  absl::optional<ReapedProcess> reaped = instance->TryReap();
  EXPECT_TRUE(reaped.has_value());
  return reaped.value_or(ReapedProcess{ExitedWithCode{-1}, {}});
}

int ExitCode(const ReapedProcess& reaped) {
  const auto* exited = absl::get_if<ExitedWithCode>(&reaped.end);
  EXPECT_NE(exited, nullptr) << DescribeEnd(reaped.end);
  return exited == nullptr ? -1 : exited->code;
}

int KillingSignal(const ReapedProcess& reaped) {
  const auto* killed = absl::get_if<KilledBySignal>(&reaped.end);
  EXPECT_NE(killed, nullptr) << DescribeEnd(reaped.end);
  return killed == nullptr ? -1 : killed->signal;
}

std::unique_ptr<Instance> Spawned(SpawnResult result) {
  if (auto* failure = absl::get_if<SpawnFailure>(&result)) {
    ADD_FAILURE() << failure->stage << ": " << failure->message;
    return nullptr;
  }
  return std::move(absl::get<std::unique_ptr<Instance>>(result));
}

SpawnFailure FailureOf(SpawnResult result) {
  if (auto* failure = absl::get_if<SpawnFailure>(&result)) return *failure;
  ADD_FAILURE() << "it was spawned";
  auto& instance = absl::get<std::unique_ptr<Instance>>(result);
  EXPECT_TRUE(instance->SignalTree(SIGKILL).ok());
  AwaitEnd(instance.get());
  return {};
}

std::unique_ptr<ProcessSpawner> NewSpawner(ContainmentMode mode, std::string* why_not,
                                           ProcessSpawner::Options options) {
  EXPECT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
  options.run_dir = NewDirectory("run");
  options.control_groups = mode == ContainmentMode::kControlGroup;
  if (options.exec_helper.empty()) options.exec_helper = ExecHelperPath();
  absl::StatusOr<std::unique_ptr<ProcessSpawner>> spawner =
      ProcessSpawner::Create(std::move(options));
  if (!spawner.ok()) {
    ADD_FAILURE() << spawner.status();
    return nullptr;
  }
  *why_not = (*spawner)->containment().reason;
  return (*spawner)->containment().mode == mode ? *std::move(spawner) : nullptr;
}

SpawnRequest ChildRequest(const std::vector<std::string>& arguments) {
  SpawnRequest request;
  request.name = "web";
  request.argv = {TestProgram("child")};
  request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
  request.environment = {"HOB_DAEMON=web"};
  return request;
}

std::shared_ptr<const Credentials> Ids(uid_t uid, gid_t gid, std::vector<gid_t> groups) {
  return std::make_shared<const Credentials>(Credentials{uid, gid, std::move(groups), "", "", ""});
}

std::shared_ptr<const Credentials> OwnIds() {
  std::vector<gid_t> groups(std::max(0, getgroups(0, nullptr)));
  groups.resize(std::max(0, getgroups(static_cast<int>(groups.size()), groups.data())));
  return Ids(geteuid(), getegid(), groups);
}

SpawnRequest Named(const std::string& name, SpawnRequest request) {
  request.name = name;
  request.environment = {absl::StrCat("HOB_DAEMON=", name)};
  return request;
}

std::string ContainmentTestName(const testing::TestParamInfo<ContainmentMode>& mode) {
  return std::string(ContainmentModeName(mode.param));
}

std::multimap<std::string, std::string> ShowState(Spawner* spawner, SpawnRequest request) {
  const std::string file = absl::StrCat(NewDirectory("state"), "/state");
  // The child may run as another user and must be able to write the file.
  chmod(file.substr(0, file.rfind('/')).c_str(), 0777);
  request.argv = {TestProgram("show_state"), file};
  std::multimap<std::string, std::string> state;
  const std::unique_ptr<Instance> instance = Spawned(spawner->Spawn(request));
  if (instance == nullptr) return state;
  EXPECT_EQ(ExitCode(AwaitEnd(instance.get())), 0);
  EXPECT_TRUE(instance->IsGone());
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const size_t blank = line.find(' ');
    const bool has_value = blank != std::string::npos;
    state.emplace(line.substr(0, blank), has_value ? line.substr(blank + 1) : "");
  }
  return state;
}

std::string Only(const std::multimap<std::string, std::string>& state, const std::string& key) {
  const std::vector<std::string> values = All(state, key);
  return values.size() == 1 ? values[0] : absl::StrCat("<", values.size(), " values of ", key, ">");
}

std::vector<std::string> All(const std::multimap<std::string, std::string>& state,
                             const std::string& key) {
  std::vector<std::string> values;
  const auto range = state.equal_range(key);
  for (auto entry = range.first; entry != range.second; ++entry) values.push_back(entry->second);
  return values;
}

}  // namespace hob
