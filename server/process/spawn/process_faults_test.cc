// Fails every system call from the spawn of an instance to its end, at every place, once and
// permanently, in the server and in the child before its execve. Expects correct reports, and
// nothing left once the fault is gone. Verifies all of this without hob's code.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/daemon/exit_report.h"
#include "server/daemon/process_attributes.h"
#include "server/posix/unique_fd.h"
#include "server/process/process.h"
#include "server/process/record/instance_record.h"
#include "server/process/record/predecessor.h"
#include "server/process/spawn/process_spawner.h"
#include "server/process/spawn/spawn_failure.h"
#include "server/process/testing/faulty_calls.h"
#include "server/process/testing/process_test_env.h"
#include "server/process/testing/process_witness.h"
#include "server/process/testing/watched_instance.h"
#include "server/process/tree/containment.h"
#include "server/process/tree/stray_reaper.h"
#include "server/testing/failing_calls.h"

namespace hob {
namespace {

using testing::Contains;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

using Fault = FailingCalls::Fault;

// An instance to test, and its behaviour without faults.
struct Scenario {
  SpawnRequest request;
  // Number of processes that report that they are up.
  int processes = 0;
  // True if the main process ends by itself and reports nothing.
  bool ends_by_itself = false;
  // True if TERM ends the whole tree.
  bool heeds_term = false;
  // How the main process ends unless killed; a SpawnFailure if the spawn fails.
  EndOfProcess end;
};

class ProcessFaultsTest : public testing::TestWithParam<ContainmentMode> {
 protected:
  // Number of looks at an instance during the fault, and after it.
  static constexpr int kFaultyLooks = 3;
  static constexpr int kMostLooks = 1000;

  // Timeouts of a successor while its calls fail.
  static constexpr absl::Duration kFaultyGrace = absl::Milliseconds(5);
  static constexpr absl::Duration kFaultyTimeAfterKill = absl::Milliseconds(50);

  // Values that differ from those of every server and child.
  static constexpr mode_t kUmask = 027;
  static constexpr int kOomScore = 1000;
  static constexpr int kReadyFd = 3;

  void SetUp() override {
    ASSERT_TRUE(StrayReaper::BecomeSubreaper().ok());
    inheritable_.Reset(open("/dev/null", O_RDONLY));
    options_.run_dir = NewDirectory("run");
    options_.control_groups = GetParam() == ContainmentMode::kControlGroup;
    options_.exec_helper = ExecHelperPath();
    absl::StatusOr<std::unique_ptr<ProcessSpawner>> spawner = ProcessSpawner::Create(options_);
    ASSERT_TRUE(spawner.ok()) << spawner.status();
    const Containment& containment = (*spawner)->containment();
    if (containment.mode != GetParam()) {
      GTEST_SKIP() << "no containment of this kind here: " << containment.reason;
    }
    spawner_ = *std::move(spawner);
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    ready_read_.Reset(ends[0]);
    ready_write_.Reset(ends[1]);
    StartBystander();
    descriptors_ = OwnDescriptors();
  }

  void TearDown() override {
    if (bystander_ != nullptr) EndBystander();
    if (spawner_ != nullptr) {
      const std::string group = spawner_->containment().group;
      spawner_ = nullptr;
      ExpectNothingOfAServer(options_, group);
    }
    for (const pid_t pid : OwnChildren()) {
      ADD_FAILURE() << pid << " is left: " << StatusOf(pid, "State");
      const Witnessed child(pid);
      kill(pid, SIGKILL);
      child.AwaitEnd();
      child.ReapStray();
    }
  }

  // A request with every setting for which the child makes a system call.
  Scenario EverySetting() {
    Scenario scenario = Child({"pause"});
    scenario.processes = 1;
    scenario.heeds_term = true;
    scenario.end = KilledBySignal{SIGTERM};
    SpawnRequest& request = scenario.request;
    request.stdin_target.kind = StdioTarget::Kind::kHold;
    request.stderr_target.kind = StdioTarget::Kind::kStdout;
    request.attributes.directory = "/usr";
    request.attributes.umask = kUmask;
    request.descriptors = {{kReadyFd, ready_write_.get(), "ready_fd"}};
    request.attributes.nice = getpriority(PRIO_PROCESS, 0) + 1;
    request.attributes.oom_score_adj = kOomScore;
    request.attributes.limits[RLIMIT_NOFILE] = ResourceLimit{64, 64};
    request.attributes.limits[RLIMIT_CORE] = ResourceLimit{0, 0};
    request.attributes.no_new_privileges = true;
    return scenario;
  }

  // A main process and a child of its second thread.
  Scenario Threads() {
    Scenario scenario = Child({"threads"});
    scenario.processes = 2;
    scenario.heeds_term = true;
    scenario.end = KilledBySignal{SIGTERM};
    return scenario;
  }

  // Like Threads, plus an escaped process.
  Scenario Family() {
    Scenario scenario = Child({"family"});
    scenario.processes = 3;
    scenario.heeds_term = true;
    scenario.end = KilledBySignal{SIGTERM};
    return scenario;
  }

  // A main process and an escaped one; both ignore TERM.
  Scenario Stubborn() {
    Scenario scenario = Child({"stubborn"});
    scenario.processes = 2;
    scenario.end = KilledBySignal{SIGKILL};
    return scenario;
  }

  Scenario ShortLife() {
    Scenario scenario = Child({"exit", "3"});
    scenario.ends_by_itself = true;
    scenario.end = ExitedWithCode{3};
    return scenario;
  }

  // Leaves one process behind: in its session ("child") or escaped from the session ("escaped").
  Scenario Leaves(const std::string& what) {
    Scenario scenario = Child({absl::StrCat("leave-", what)});
    scenario.processes = 1;
    scenario.ends_by_itself = true;
    scenario.end = ExitedWithCode{3};
    return scenario;
  }

  // Leaves one process in its session, and one escaped without its environment.
  Scenario LeavesBare() {
    Scenario scenario = Child({"leave-bare"});
    scenario.processes = 2;
    scenario.ends_by_itself = true;
    scenario.end = ExitedWithCode{3};
    return scenario;
  }

  Scenario NoProgram() {
    Scenario scenario = Child({});
    scenario.request.argv = {"/srv/no/such/program"};
    scenario.end = SpawnFailure{"exec", ENOENT, ""};
    return scenario;
  }

  // A process in a control group that the daemon has created inside its own.
  Scenario Subgroup() {
    Scenario scenario = Child({"subgroup", Group()});
    scenario.processes = 2;
    scenario.heeds_term = true;
    scenario.end = KilledBySignal{SIGTERM};
    return scenario;
  }

  // The same scenario through the exec helper. The credentials are the server's own: setting them
  // needs no rights, and the server's side is the same as with other credentials.
  static Scenario ByHelper(Scenario scenario) {
    scenario.request.attributes.credentials = OwnIds();
    return scenario;
  }

  std::vector<Scenario> AllScenarios() {
    std::vector<Scenario> all = {EverySetting(),       Threads(),   Family(),
                                 Stubborn(),           ShortLife(), Leaves("child"),
                                 Leaves("escaped"),    NoProgram(), ByHelper(EverySetting()),
                                 ByHelper(NoProgram())};
    if (GetParam() == ContainmentMode::kControlGroup) all.push_back(Subgroup());
    return all;
  }

  // Plays a scenario with every fault except those of the call `spared`, on a separate thread like
  // a worker's.
  void PlayWithEveryFault(const Scenario& scenario, const std::string& spared = "") {
    OnAThread([this, &scenario, &spared] {
      Play(scenario, {});
      std::set<std::string> calls = std::exchange(made_, {});
      calls.erase(spared);
      const int happened =
          PlayEveryFault(calls, [&](const Fault& fault) { return Play(scenario, fault); });
      RecordProperty("faults", happened);
    });
  }

  static void OnAThread(const std::function<void()>& task) { std::thread(task).join(); }

  // Plays a scenario with a fault and, if the fault happened and the spawn failed, repeats it
  // without the fault. Returns true if the fault has happened.
  bool Play(const Scenario& scenario, const Fault& fault) {
    ForgetWhatWasSaid();
    auto calls = std::make_unique<FailingCalls>(fault);
    SpawnResult result = spawner_->Spawn(scenario.request);
    if (auto* instance = absl::get_if<std::unique_ptr<Instance>>(&result)) {
      const bool happened = PlayLife(std::move(*instance), scenario, fault, std::move(calls));
      ExpectNothingLeft(fault);
      return happened;
    }
    const bool happened = calls->failed() > 0;
    Lift(std::move(calls));
    ExpectFailure(absl::get<SpawnFailure>(result), scenario, IsFailure(fault, happened));
    // The next attempt reaps a child that could not be waited for.
    if (fault.call != "waitid") ExpectNothingLeft(fault);
    if (happened && !HasFailure()) {
      EXPECT_FALSE(Play(scenario, {}));
    }
    return happened;
  }

  // Plays an instance to its end; the fault lasts for the first few looks. Returns true if the
  // fault has happened.
  bool PlayLife(std::unique_ptr<Instance> instance, const Scenario& scenario, const Fault& fault,
                std::unique_ptr<FailingCalls> calls) {
    EXPECT_FALSE(absl::holds_alternative<SpawnFailure>(scenario.end)) << "it says that it runs";
    bool happened = false;
    const auto has_failed = [&] {
      happened = happened || (calls != nullptr && calls->failed() > 0);
      return IsFailure(fault, happened) != nullptr;
    };
    const std::vector<pid_t> others = AwaitUp(scenario, fault, *instance);
    WatchedInstance watched(std::move(instance), others, has_failed);
    if (!HasFailure()) {
      if (scenario.ends_by_itself) {
        watched.AwaitMainEnd();
      } else {
        watched.AskToEnd(scenario.heeds_term);
      }
    }
    watched.LookUntilGone(kFaultyLooks);
    happened = calls->failed() > 0;
    Lift(std::move(calls));
    watched.LookUntilGone(kMostLooks);
    EXPECT_TRUE(watched.gone());
    watched.ExpectToldEnd(scenario.end);
    watched.ReapStrays();
    return happened;
  }

  // Returns the options of another server, whose exec helper is in the directory of its program.
  ProcessSpawner::Options OptionsOfAServer() const {
    ProcessSpawner::Options options = options_;
    options.run_dir = NewDirectory("server");
    options.exec_helper = "";
    return options;
  }

  // Plays a server from start to end with an instance whose calls do not fail, and repeats it in
  // the same directory after a fault. Returns true if the fault has happened.
  bool PlayServer(const ProcessSpawner::Options& options, const Fault& fault) {
    // The record of a dead server.
    std::ofstream(RecordPath(options)) << "old";
    auto calls = std::make_unique<FailingCalls>(fault);
    absl::StatusOr<std::unique_ptr<ProcessSpawner>> spawner = ProcessSpawner::Create(options);
    const bool began = spawner.ok();
    if (began) {
      {
        const FailingCalls::Pause pause;
        ExpectServes(spawner->get(), options, IsFailure(fault, calls->failed() > 0));
      }
      (*spawner)->Forget("web");
      *spawner = nullptr;
    } else {
      EXPECT_NE(IsFailure(fault, calls->failed() > 0), nullptr) << spawner.status();
      EXPECT_THAT(spawner.status().message(), HasSubstr(ErrnoMeaning(fault.error_number)));
    }
    const bool happened = calls->failed() > 0;
    Lift(std::move(calls));
    // The main thread of a server does this on every SIGCHLD.
    StrayReaper().ReapStrays();
    ExpectNothingLeft(fault);
    if (!began) unlink(RecordPath(options).c_str());
    // The next server removes anything that this one could not.
    if (fault.call != "rmdir" && fault.call != "unlink") {
      ExpectNothingOfAServer(options, group_of_server_);
    }
    if (happened && !HasFailure()) {
      EXPECT_FALSE(PlayServer(options, {}));
    }
    return happened;
  }

  // Plays a server that finds processes left running by a dead one. Returns true if the fault has
  // happened.
  bool PlaySuccessor(const ProcessSpawner::Options& options, const Scenario& scenario,
                     const Fault& fault) {
    ForgetWhatWasSaid();
    std::vector<Witnessed> left = LeaveBehind(options, scenario);
    auto calls = std::make_unique<FailingCalls>(fault);
    const PredecessorReport report =
        fault.call.empty() ? EndPredecessor(options.run_dir, kPatience, kPatience)
                           : EndPredecessor(options.run_dir, kFaultyGrace, kFaultyTimeAfterKill);
    const bool happened = calls->failed() > 0;
    Lift(std::move(calls));
    if (report.problems.empty() && report.left.empty()) {
      ExpectEnded(report, left);
    } else {
      EXPECT_FALSE(fault.call.empty());
      // The next attempt must succeed.
      const PredecessorReport next = EndPredecessor(options.run_dir, kPatience, kPatience);
      EXPECT_THAT(next.problems, IsEmpty());
      EXPECT_TRUE(next.left.empty());
    }
    for (const Witnessed& process : left) {
      EXPECT_TRUE(process.HasEnded());
      process.ReapStray();
    }
    StrayReaper().ReapStrays();
    left.clear();
    ExpectNothingLeft(fault);
    return happened;
  }

  // The calls made so far.
  std::set<std::string> made_;
  ProcessSpawner::Options options_;
  std::unique_ptr<ProcessSpawner> spawner_;

 private:
  // Starts an unrelated daemon with an escaped process.
  void StartBystander() {
    SpawnRequest request = Named("other", ChildRequest({"daemonise"}));
    request.stdout_target = fifo_.target();
    bystander_ = Spawned(spawner_->Spawn(request));
    ASSERT_NE(bystander_, nullptr);
    for (const auto& process : fifo_.ReadPids(2)) bystanders_.emplace_back(process.second);
  }

  void EndBystander() {
    EXPECT_TRUE(bystander_->SignalTree(SIGKILL).ok());
    AwaitEnd(bystander_.get());
    for (const Witnessed& process : bystanders_) {
      process.AwaitEnd();
      if (process.pid() != bystander_->pid()) process.ReapStray();
    }
    while (!bystander_->IsGone()) AwaitReady(bystander_->tree_fd(), POLLPRI);
    bystander_ = nullptr;
  }

  // Returns a scenario for `child` with these arguments, with its stdout on `fifo_`.
  Scenario Child(const std::vector<std::string>& arguments) {
    Scenario scenario;
    scenario.request = ChildRequest(arguments);
    scenario.request.stdout_target = fifo_.target();
    return scenario;
  }

  std::string Group() const { return DaemonGroup(spawner_->containment().group, "web"); }

  // Ends a fault and records the calls made.
  void Lift(std::unique_ptr<FailingCalls> calls) { made_.merge(CallsMade(*calls)); }

  // Starts a server that dies, and returns the live processes of its daemon.
  std::vector<Witnessed> LeaveBehind(const ProcessSpawner::Options& options,
                                     const Scenario& scenario) {
    std::vector<Witnessed> left;
    absl::StatusOr<std::unique_ptr<ProcessSpawner>> spawner = ProcessSpawner::Create(options);
    EXPECT_TRUE(spawner.ok()) << spawner.status();
    // An instance destroyed while a process of it is alive stays in the record.
    const std::unique_ptr<Instance> instance = Spawned((*spawner)->Spawn(scenario.request));
    if (instance == nullptr) return left;
    for (const auto& process : fifo_.ReadPids(scenario.processes)) {
      left.emplace_back(process.second);
    }
    if (scenario.ends_by_itself) AwaitReady(instance->exit_fd(), POLLIN);
    if (GetParam() == ContainmentMode::kControlGroup) unlink(RecordPath(options).c_str());
    return left;
  }

  // Expects that all these processes have ended and that the report lists exactly them.
  static void ExpectEnded(const PredecessorReport& report, const std::vector<Witnessed>& left) {
    std::set<pid_t> told;
    for (const auto& process : report.ended) told.insert(process.pid);
    std::set<pid_t> ended;
    for (const Witnessed& process : left) {
      if (process.HasEnded()) ended.insert(process.pid());
    }
    EXPECT_EQ(ended.size(), left.size());
    EXPECT_EQ(told, ended);
  }

  // Empties the FIFO: a daemon may have run before its helper was killed because of a fault.
  void ForgetWhatWasSaid() {
    const UniqueFd fifo(open(fifo_.path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    char bytes[4096];
    while (read(fifo.get(), bytes, sizeof(bytes)) > 0) {
    }
  }

  // Returns the fault if it has happened and is not an interruption, which excuses nothing; null
  // otherwise.
  static const Fault* IsFailure(const Fault& fault, bool happened) {
    return happened && fault.error_number != EINTR ? &fault : nullptr;
  }

  // Expects that an instance matches its request, waits until it is up, and returns the processes
  // it has started.
  std::vector<pid_t> AwaitUp(const Scenario& scenario, const Fault& fault, Instance& instance) {
    const FailingCalls::Pause pause;
    std::vector<pid_t> others;
    const pid_t main = instance.pid();
    if (!scenario.ends_by_itself) AwaitSignOfLife(main);
    if (HasFailure()) return others;
    for (const auto& process : fifo_.ReadPids(scenario.processes)) {
      if (process.second != main) others.push_back(process.second);
    }
    if (scenario.ends_by_itself) return others;
    EXPECT_EQ(others.size(), scenario.processes - 1);
    EXPECT_THAT(WordsOf(main), ElementsAreArray(scenario.request.argv));
    ExpectSettings(scenario.request, main);
    ExpectKnown(*spawner_, options_, main, fault);
    return others;
  }

  // Blocks until an instance writes a line. Fails the test if it ends silently.
  void AwaitSignOfLife(pid_t main) {
    const Witnessed witnessed(main);
    const UniqueFd fifo(open(fifo_.path().c_str(), O_RDWR | O_CLOEXEC));
    struct pollfd pollers[] = {{fifo.get(), POLLIN, 0}, {witnessed.pidfd(), POLLIN, 0}};
    poll(pollers, std::size(pollers), static_cast<int>(absl::ToInt64Milliseconds(kPatience)));
    EXPECT_TRUE(pollers[0].revents & POLLIN) << "it says that it runs";
  }

  static void ExpectSettings(const SpawnRequest& request, pid_t main) {
    std::set<int> descriptors = {0, 1, 2};
    for (const PassedDescriptor& passed : request.descriptors) descriptors.insert(passed.number);
    EXPECT_EQ(DescriptorsOf(main), descriptors);
    const ProcessAttributes& attributes = request.attributes;
    EXPECT_EQ(getsid(main), main);
    EXPECT_EQ(LinkOf(absl::StrCat("/proc/", main, "/cwd")), attributes.directory);
    EXPECT_EQ(StatusOf(main, "Umask"), attributes.umask == kUmask ? "0027" : "0022");
    EXPECT_EQ(StatusOf(main, "NoNewPrivs"),
              attributes.no_new_privileges.value_or(false) ? "1" : "0");
    if (attributes.nice.has_value()) {
      EXPECT_EQ(getpriority(PRIO_PROCESS, main), *attributes.nice);
    }
    if (attributes.oom_score_adj.has_value()) {
      EXPECT_EQ(TextOf(absl::StrCat("/proc/", main, "/oom_score_adj")),
                absl::StrCat(*attributes.oom_score_adj));
    }
    if (const auto* wanted = FindLimit(attributes.limits, RLIMIT_NOFILE)) {
      struct rlimit limit = {};
      EXPECT_EQ(prlimit(main, RLIMIT_NOFILE, nullptr, &limit), 0);
      EXPECT_EQ(limit.rlim_cur, wanted->soft);
    }
  }

  // Expects that a live main process is in its group and in the record.
  static void ExpectKnown(const ProcessSpawner& spawner, const ProcessSpawner::Options& options,
                          pid_t main, const Fault& fault) {
    const Containment& containment = spawner.containment();
    if (containment.mode == ContainmentMode::kControlGroup) {
      const std::string members =
          TextOf(absl::StrCat(DaemonGroup(containment.group, "web"), "/cgroup.procs"));
      const std::vector<std::string> lines = absl::StrSplit(members, '\n');
      EXPECT_THAT(lines, Contains(absl::StrCat(main)));
    }
    // A failed write of the record does not fail the spawn.
    if (fault.call != "pwrite") {
      EXPECT_THAT(RecordedPids(options), Contains(main));
    }
  }

  static std::string RecordPath(const ProcessSpawner::Options& options) {
    return absl::StrCat(options.run_dir, "/instances");
  }

  static std::set<pid_t> RecordedPids(const ProcessSpawner::Options& options) {
    const FailingCalls::Pause pause;
    const absl::StatusOr<InstanceRecord::Contents> record = InstanceRecord::Read(options.run_dir);
    EXPECT_TRUE(record.ok()) << record.status();
    std::set<pid_t> pids;
    if (!record.ok()) return pids;
    for (const InstanceRecordEntry& entry : record->entries) pids.insert(entry.pid);
    return pids;
  }

  // Expects that a spawn has failed as the scenario says, or because of the fault, if any.
  static void ExpectFailure(const SpawnFailure& failure, const Scenario& scenario,
                            const Fault* fault) {
    EXPECT_NE(failure.message, "");
    const auto* expected = absl::get_if<SpawnFailure>(&scenario.end);
    if (expected != nullptr && failure.stage == expected->stage &&
        failure.error_number == expected->error_number) {
      return;
    }
    ASSERT_NE(fault, nullptr) << DescribeEnd(failure);
    EXPECT_EQ(failure.error_number, fault->error_number) << DescribeEnd(failure);
    const std::string& stage = FindFaultyCall(fault->call).stage;
    EXPECT_EQ(failure.stage, stage.empty() ? failure.stage : stage);
    EXPECT_NE(failure.stage, "");
  }

  // Expects that only the processes and descriptors from before the test are left.
  void ExpectNothingLeft(const Fault& fault) {
    const FailingCalls::Pause pause;
    std::set<pid_t> spared;
    for (const Witnessed& process : bystanders_) {
      EXPECT_FALSE(process.HasEnded()) << "it has nothing to do with what is played";
      spared.insert(process.pid());
    }
    EXPECT_EQ(OwnChildren(), spared);
    // A slot that could not be vacated stays closed until its next use.
    if (fault.call == "dup3") {
      EXPECT_LE(OwnDescriptors(), descriptors_);
    } else {
      EXPECT_EQ(OwnDescriptors(), descriptors_);
    }
    // An entry that could not be cleared names an ended process, which the next server detects.
    if (fault.call != "pwrite") {
      EXPECT_EQ(RecordedPids(options_).size(), 1);
    }
  }

  // Expects that a server works; only a fault excuses another kind of containment.
  void ExpectServes(ProcessSpawner* spawner, const ProcessSpawner::Options& options,
                    const Fault* fault) {
    const Containment& containment = spawner->containment();
    if (containment.mode != GetParam()) {
      ASSERT_NE(fault, nullptr) << containment.reason;
      EXPECT_THAT(containment.reason, HasSubstr(ErrnoMeaning(fault->error_number)));
    }
    if (!containment.group.empty()) group_of_server_ = containment.group;
    const Scenario scenario = ByHelper(EverySetting());
    auto instance = Spawned(spawner->Spawn(scenario.request));
    if (instance == nullptr) return;
    const pid_t main = instance->pid();
    AwaitSignOfLife(main);
    ForgetWhatWasSaid();
    ExpectKnown(*spawner, options, main, {});
    WatchedInstance watched(std::move(instance), /*others=*/{}, [] { return false; });
    watched.AskToEnd(/*all=*/true);
    watched.LookUntilGone(kMostLooks);
    watched.ExpectToldEnd(scenario.end);
  }

  // Expects that an ended server has left neither its record nor its group.
  static void ExpectNothingOfAServer(const ProcessSpawner::Options& options,
                                     const std::string& group) {
    EXPECT_NE(access(RecordPath(options).c_str(), F_OK), 0);
    if (!group.empty()) {
      EXPECT_NE(access(group.c_str(), F_OK), 0) << group;
    }
  }

  OutputFifo fifo_{"out"};
  // Not close-on-exec, like descriptors that a server inherits from a shell.
  UniqueFd inheritable_;
  UniqueFd ready_read_;
  UniqueFd ready_write_;
  std::unique_ptr<Instance> bystander_;
  std::vector<Witnessed> bystanders_;
  // Number of open descriptors while no scenario runs.
  int descriptors_ = 0;
  // Directory of the daemons' groups of the last server played.
  std::string group_of_server_;
};

TEST_P(ProcessFaultsTest, AStartWithEverySettingIsRightOrFails) {
  PlayWithEveryFault(EverySetting());
}

TEST_P(ProcessFaultsTest, AStartByTheExecHelperIsRightOrFails) {
  PlayWithEveryFault(ByHelper(EverySetting()));
}

TEST_P(ProcessFaultsTest, AProgramThatCannotBeExecutedIsNoInstance) {
  PlayWithEveryFault(NoProgram());
}

TEST_P(ProcessFaultsTest, AProgramThatTheExecHelperCannotExecuteIsNoInstance) {
  PlayWithEveryFault(ByHelper(NoProgram()));
}

TEST_P(ProcessFaultsTest, AnEndByItselfIsToldOnce) { PlayWithEveryFault(ShortLife()); }

TEST_P(ProcessFaultsTest, WhatAnEndLeavesBehindIsKilled) { PlayWithEveryFault(Leaves("child")); }

TEST_P(ProcessFaultsTest, WhatHasEscapedAndIsLeftBehindIsKilled) {
  PlayWithEveryFault(Leaves("escaped"));
}

// If the mark cannot be set, an escaped process without its environment is not found, so prlimit64
// is spared.
TEST_P(ProcessFaultsTest, WhatOnlyItsMarkTellsOfIsKilled) {
  PlayWithEveryFault(LeavesBare(), /*spared=*/"prlimit64");
}

TEST_P(ProcessFaultsTest, TermEndsTheChildrenOfThreadsOrSaysWhyNot) {
  PlayWithEveryFault(Threads());
}

TEST_P(ProcessFaultsTest, TermEndsAllOrSaysWhyNot) { PlayWithEveryFault(Family()); }

TEST_P(ProcessFaultsTest, KillEndsAllOrSaysWhyNot) { PlayWithEveryFault(Stubborn()); }

TEST_P(ProcessFaultsTest, GroupsThatADaemonMakesAreEndedWithIt) {
  if (GetParam() != ContainmentMode::kControlGroup) GTEST_SKIP() << "there are no groups";
  PlayWithEveryFault(Subgroup());
}

TEST_P(ProcessFaultsTest, AServerBeginsRightOrSaysWhyNotAndLeavesNothing) {
  const ProcessSpawner::Options options = OptionsOfAServer();
  PlayServer(options, {});
  const std::set<std::string> calls = std::exchange(made_, {});
  const int happened =
      PlayEveryFault(calls, [&](const Fault& fault) { return PlayServer(options, fault); });
  RecordProperty("faults", happened);
}

TEST_P(ProcessFaultsTest, ASuccessorEndsWhatADeadServerLeftOrSaysThatItCannot) {
  const ProcessSpawner::Options options = OptionsOfAServer();
  // With control groups no record is needed; without them a session may have lost its leader.
  const Scenario scenario = GetParam() == ContainmentMode::kControlGroup ? Family() : LeavesBare();
  PlaySuccessor(options, scenario, {});
  const std::set<std::string> calls = std::exchange(made_, {});
  const int happened = PlaySomeFaults(
      calls, [&](const Fault& fault) { return PlaySuccessor(options, scenario, fault); });
  PlayServer(options, {});
  RecordProperty("faults", happened);
}

// Guards against a call that was replaced by another one and is silently no longer tested.
TEST_P(ProcessFaultsTest, EveryCallThatCanFailIsMadeSomewhere) {
  OnAThread([this] {
    for (const Scenario& scenario : AllScenarios()) Play(scenario, {});
  });
  PlayServer(OptionsOfAServer(), {});
  for (const FaultyCall& call : FaultyCalls()) {
    if (call.only.value_or(GetParam()) == GetParam()) {
      EXPECT_THAT(made_, Contains(call.name));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Containment, ProcessFaultsTest,
                         testing::Values(ContainmentMode::kControlGroup, ContainmentMode::kSession),
                         ContainmentTestName);

}  // namespace
}  // namespace hob
