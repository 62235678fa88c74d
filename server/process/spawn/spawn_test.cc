// A child gets exactly what the request says.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/process/testing/process_test_env.h"

namespace hob {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kNoSignals[] = "0000000000000000";

// All these tests apply to both kinds of containment.
class SpawnTest : public testing::TestWithParam<ContainmentMode> {
 protected:
  void SetUp() override {
    std::string why_not;
    ProcessSpawner::Options options;
    options.child_limits[RLIMIT_NOFILE] = ResourceLimit{500, 1000};
    spawner_ = NewSpawner(GetParam(), &why_not, options);
    if (spawner_ == nullptr) GTEST_SKIP() << "no containment of this kind here: " << why_not;
  }

  std::unique_ptr<ProcessSpawner> spawner_;
};

TEST_P(SpawnTest, ChildHasOnlyItsThreeStandardDescriptors) {
  OutputFifo fifo("out");
  std::vector<UniqueFd> strays;
  for (int i = 0; i < 200; ++i) strays.emplace_back(open("/dev/zero", O_RDONLY));
  SpawnRequest request = ChildRequest({});
  request.stdin_target.kind = StdioTarget::Kind::kHold;
  request.stdout_target = fifo.target();
  request.stderr_target.kind = StdioTarget::Kind::kStdout;
  const auto state = ShowState(spawner_.get(), request);
  const std::string output = absl::StrCat(fifo.path(), " rw");
  EXPECT_THAT(All(state, "fd"),
              ElementsAre("0 pipe r", absl::StrCat("1 ", output), absl::StrCat("2 ", output)));
}

TEST_P(SpawnTest, ChildCopiesNoneOfTheDescriptorsThatTheServerHasOpen) {
  std::vector<UniqueFd> open_files;
  for (int i = 0; i < 3000; ++i) open_files.emplace_back(open("/dev/zero", O_RDONLY));
  ASSERT_TRUE(open_files.back().ok()) << "the limit of open files is too low for this test";
  const auto state = ShowState(spawner_.get(), ChildRequest({}));
  // A descriptor table that was once too large stays large across execve.
  int size = 0;
  ASSERT_TRUE(absl::SimpleAtoi(Only(state, "FDSize"), &size));
  EXPECT_LE(size, 256);
}

TEST_P(SpawnTest, EachKindOfStdioLeadsWhereItSays) {
  OutputFifo fifo("out");
  SpawnRequest request = ChildRequest({});
  request.stdout_target = fifo.target();
  request.stderr_target.kind = StdioTarget::Kind::kInherit;
  const auto state = ShowState(spawner_.get(), request);
  EXPECT_THAT(
      All(state, "fd"),
      ElementsAre("0 /dev/null rw", absl::StrCat("1 ", fifo.path(), " rw"), StartsWith("2 ")));
}

TEST_P(SpawnTest, IgnoredAndBlockedSignalsOfTheServerDoNotReachTheChild) {
  const auto before_int = signal(SIGINT, SIG_IGN);
  const auto before_pipe = signal(SIGPIPE, SIG_IGN);
  const auto before_realtime = signal(SIGRTMIN + 3, SIG_IGN);
  sigset_t blocked, before;
  sigfillset(&blocked);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  const auto state = ShowState(spawner_.get(), ChildRequest({}));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  signal(SIGINT, before_int);
  signal(SIGPIPE, before_pipe);
  signal(SIGRTMIN + 3, before_realtime);
  EXPECT_EQ(Only(state, "SigBlk"), kNoSignals);
  EXPECT_EQ(Only(state, "SigIgn"), kNoSignals);
}

TEST_P(SpawnTest, TheServerKeepsItsOwnSignalsAndAttributes) {
  sigset_t usr2, before, after;
  sigemptyset(&usr2);
  sigaddset(&usr2, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &usr2, &before);
  const auto before_usr1 = signal(SIGUSR1, SIG_IGN);
  const int before_nice = getpriority(PRIO_PROCESS, 0);
  SpawnRequest request = ChildRequest({});
  request.attributes.nice = before_nice + 1;
  request.attributes.directory = "/usr";
  request.attributes.limits[RLIMIT_CORE] = ResourceLimit{0, 0};
  ShowState(spawner_.get(), request);
  pthread_sigmask(SIG_SETMASK, &before, &after);
  EXPECT_EQ(signal(SIGUSR1, before_usr1), SIG_IGN);
  EXPECT_TRUE(sigismember(&after, SIGUSR2));
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), before_nice);
  char directory[4096];
  EXPECT_STRNE(getcwd(directory, sizeof(directory)), "/usr");
}

TEST_P(SpawnTest, ChildLeadsASessionWithoutATerminal) {
  const auto state = ShowState(spawner_.get(), ChildRequest({}));
  EXPECT_EQ(Only(state, "leads_session"), "1");
  EXPECT_EQ(Only(state, "leads_group"), "1");
  EXPECT_EQ(Only(state, "has_terminal"), "0");
}

TEST_P(SpawnTest, DefaultsAreRootDirectoryUmask022AndTheLimitBeforeTheServerRaisedIt) {
  const auto state = ShowState(spawner_.get(), ChildRequest({}));
  EXPECT_EQ(Only(state, "cwd"), "/");
  EXPECT_EQ(Only(state, "umask"), "22");
  EXPECT_EQ(Only(state, "nofile"), "500 1000");
  EXPECT_EQ(Only(state, "NoNewPrivs"), "0");
}

TEST_P(SpawnTest, ChildIsAsConfigured) {
  SpawnRequest request = ChildRequest({});
  request.environment = {"A=1", "B=two words"};
  request.attributes.directory = "/usr/share";
  request.attributes.umask = 027;
  request.attributes.nice = 7;
  request.attributes.oom_score_adj = 300;
  request.attributes.limits[RLIMIT_NOFILE] = ResourceLimit{300, 400};
  request.attributes.limits[RLIMIT_CORE] = ResourceLimit{1000, 2000};
  request.attributes.limits[RLIMIT_NPROC] = ResourceLimit{3000, 4000};
  request.attributes.limits[RLIMIT_MEMLOCK] = ResourceLimit{4096, 8192};
  request.attributes.no_new_privileges = true;
  const auto state = ShowState(spawner_.get(), request);
  EXPECT_THAT(All(state, "env"), ElementsAre("A=1", "B=two words"));
  EXPECT_EQ(Only(state, "cwd"), "/usr/share");
  EXPECT_EQ(Only(state, "umask"), "27");
  EXPECT_EQ(Only(state, "nice"), "7");
  EXPECT_EQ(Only(state, "oom_score_adj"), "300");
  EXPECT_EQ(Only(state, "nofile"), "300 400");
  EXPECT_EQ(Only(state, "core"), "1000 2000");
  EXPECT_EQ(Only(state, "nproc"), "3000 4000");
  EXPECT_EQ(Only(state, "memlock"), "4096 8192");
  EXPECT_EQ(Only(state, "NoNewPrivs"), "1");
}

// Returns the nice value of the session that `child` leads, proc(5); empty if the kernel has no
// autogroups.
std::string SessionNiceOf(pid_t child) {
  std::ifstream file(absl::StrCat("/proc/", child, "/autogroup"));
  std::string group, word, nice;
  file >> group >> word >> nice;
  return nice;
}

TEST_P(SpawnTest, NiceHoldsForTheSessionTooAndOnlyWhereItIsSet) {
  SpawnRequest request = ChildRequest({"pause"});
  const auto plain = Spawned(spawner_->Spawn(request));
  request = Named("nice", request);
  request.attributes.nice = 13;
  const auto nice = Spawned(spawner_->Spawn(request));
  ASSERT_TRUE(plain != nullptr && nice != nullptr);
  const std::string before = SessionNiceOf(plain->pid());
  const std::string after = SessionNiceOf(nice->pid());
  for (Instance* instance : {plain.get(), nice.get()}) {
    EXPECT_TRUE(instance->SignalTree(SIGKILL).ok());
    AwaitEnd(instance);
  }
  if (before.empty()) GTEST_SKIP() << "the kernel has no autogroups";
  EXPECT_EQ(before, "0");
  EXPECT_EQ(after, "13");
}

TEST_P(SpawnTest, OomScoreOfTheChildIsNotTheServers) {
  SpawnRequest request = ChildRequest({});
  const std::string before = Only(ShowState(spawner_.get(), request), "oom_score_adj");
  request.attributes.oom_score_adj = 777;
  EXPECT_EQ(Only(ShowState(spawner_.get(), request), "oom_score_adj"), "777");
  request.attributes.oom_score_adj = absl::nullopt;
  EXPECT_EQ(Only(ShowState(spawner_.get(), request), "oom_score_adj"), before);
}

// The numbers from 3 on are also those of the spawner's slots, which must not interfere.
TEST_P(SpawnTest, ReadinessDescriptorHasItsNumberAndIsTheOnlyOther) {
  for (int number = 3; number < 70; ++number) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    SpawnRequest request = ChildRequest({"ready", absl::StrCat(number)});
    request.descriptors = {{number, write_end.get(), "ready_fd"}};
    const auto instance = Spawned(spawner_->Spawn(request));
    ASSERT_NE(instance, nullptr);
    write_end.Reset();
    AwaitReady(read_end.get(), POLLIN);
    char text[2];
    EXPECT_EQ(read(read_end.get(), text, sizeof(text)), 1) << number;
    EXPECT_EQ(ExitCode(AwaitEnd(instance.get())), 0) << number;
    // End of file: only the child had the descriptor, neither the server's slots nor another child.
    EXPECT_EQ(read(read_end.get(), text, sizeof(text)), 0) << number;
  }
}

TEST_P(SpawnTest, ReadinessDescriptorIsShownByTheChild) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  SpawnRequest request = ChildRequest({});
  request.descriptors = {{9, write_end.get(), "ready_fd"}};
  EXPECT_THAT(All(ShowState(spawner_.get(), request), "fd"),
              ElementsAre("0 /dev/null rw", "1 /dev/null rw", "2 /dev/null rw", "9 pipe w"));
}

TEST_P(SpawnTest, ReadinessDescriptorThatIsNotOpenIsASpawnFailure) {
  SpawnRequest request = ChildRequest({"exit", "0"});
  request.descriptors = {{3, -1, "ready_fd"}};
  const SpawnFailure failure = FailureOf(spawner_->Spawn(request));
  EXPECT_EQ(failure.stage, "ready_fd");
  EXPECT_EQ(failure.error_number, EBADF);
}

// Files with different paths, for passing to a child.
class PassedFiles {
 public:
  explicit PassedFiles(int count) : directory_(NewDirectory("passed")) {
    for (int i = 0; i < count; ++i) {
      files_.emplace_back(open(PathOf(i).c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
    }
  }

  // Returns the descriptors, the file at index I with the number `numbers[I]`.
  std::vector<PassedDescriptor> WithNumbers(const std::vector<int>& numbers) const {
    std::vector<PassedDescriptor> passed;
    for (size_t i = 0; i < numbers.size(); ++i) {
      passed.push_back({numbers[i], files_[i].get(), "passed"});
    }
    return passed;
  }

  // Returns the descriptors that `show_state` lists in a child that was passed these files.
  std::vector<std::string> Shown(const std::vector<int>& numbers) const {
    std::map<int, std::string> by_number;
    for (size_t i = 0; i < numbers.size(); ++i) by_number[numbers[i]] = PathOf(i);
    std::vector<std::string> shown = {"0 /dev/null rw", "1 /dev/null rw", "2 /dev/null rw"};
    for (const auto& [number, path] : by_number) {
      shown.push_back(absl::StrCat(number, " ", path, " r"));
    }
    return shown;
  }

 private:
  std::string PathOf(size_t i) const { return absl::StrCat(directory_, "/", i); }

  std::string directory_;
  std::vector<UniqueFd> files_;
};

// Returns the numbers in several orders: original, reversed, rotated by one, and shuffled.
std::vector<std::vector<int>> OrdersOf(std::vector<int> numbers) {
  std::vector<std::vector<int>> orders = {numbers};
  orders.emplace_back(numbers.rbegin(), numbers.rend());
  std::rotate(numbers.begin(), numbers.begin() + 1, numbers.end());
  orders.push_back(numbers);
  std::mt19937 random(4711);
  for (int i = 0; i < 5; ++i) {
    std::shuffle(numbers.begin(), numbers.end(), random);
    orders.push_back(numbers);
  }
  return orders;
}

// The numbers collide with those of slots, of the server's own files, and of the intermediate
// copies.
TEST_P(SpawnTest, PassedDescriptorsGetTheirNumbersInWhateverOrder) {
  for (const int count : {2, 9, 48, kMostPassedDescriptors}) {
    const PassedFiles files(count);
    std::vector<int> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 3);
    for (const std::vector<int>& order : OrdersOf(numbers)) {
      SpawnRequest request = ChildRequest({});
      request.descriptors = files.WithNumbers(order);
      EXPECT_THAT(All(ShowState(spawner_.get(), request), "fd"),
                  ElementsAreArray(files.Shown(order)));
      // Repeat with the helper's status pipe as an additional descriptor.
      request.attributes.credentials = OwnIds();
      EXPECT_THAT(All(ShowState(spawner_.get(), request), "fd"),
                  ElementsAreArray(files.Shown(order)));
    }
  }
}

TEST_P(SpawnTest, PassedDescriptorsMayHaveGapsBetweenTheirNumbers) {
  const PassedFiles files(5);
  for (const std::vector<int>& order : OrdersOf({4, 5, 7, 60, 300})) {
    SpawnRequest request = ChildRequest({});
    request.descriptors = files.WithNumbers(order);
    EXPECT_THAT(All(ShowState(spawner_.get(), request), "fd"),
                ElementsAreArray(files.Shown(order)));
    request.attributes.credentials = OwnIds();
    EXPECT_THAT(All(ShowState(spawner_.get(), request), "fd"),
                ElementsAreArray(files.Shown(order)));
  }
}

TEST_P(SpawnTest, HeldStdinEndsWhenTheServerIsGone) {
  OutputFifo fifo("out");
  SpawnRequest request = ChildRequest({"read-stdin"});
  request.stdin_target.kind = StdioTarget::Kind::kHold;
  request.stdout_target = fifo.target();
  const auto instance = Spawned(spawner_->Spawn(request));
  ASSERT_NE(instance, nullptr);
  fifo.ReadLine();
  const auto witness = Spawned(spawner_->Spawn(Named("witness", ChildRequest({"exit", "0"}))));
  ASSERT_NE(witness, nullptr);
  AwaitEnd(witness.get());
  EXPECT_FALSE(instance->TryReap().has_value());
  // Simulates the end of the server, when the kernel closes its descriptors. The instance does not
  // need the spawner to be reaped.
  int hold_write = -1;
  for (int fd = 3; fd < 100 && hold_write < 0; ++fd) {
    struct stat file = {};
    const bool pipe = fstat(fd, &file) == 0 && S_ISFIFO(file.st_mode);
    const bool writable = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY;
    if (pipe && writable) hold_write = fd;
  }
  ASSERT_GE(hold_write, 0);
  const UniqueFd placeholder(open("/dev/null", O_RDWR | O_CLOEXEC));
  dup3(placeholder.get(), hold_write, O_CLOEXEC);
  EXPECT_EQ(ExitCode(AwaitEnd(instance.get())), 7);
}

TEST_P(SpawnTest, EveryOneOfAHundredExitCodesIsSeenOnce) {
  std::vector<std::unique_ptr<Instance>> instances;
  for (int code = 0; code < 100; ++code) {
    instances.push_back(Spawned(spawner_->Spawn(
        Named(absl::StrCat("web", code), ChildRequest({"exit", absl::StrCat(code)})))));
    ASSERT_NE(instances.back(), nullptr);
  }
  for (int code = 0; code < 100; ++code) {
    EXPECT_EQ(ExitCode(AwaitEnd(instances[code].get())), code);
    EXPECT_FALSE(instances[code]->TryReap().has_value());
    EXPECT_EQ(instances[code]->exit_fd(), -1);
  }
}

TEST_P(SpawnTest, DeathBeforeAnybodyLooksIsReportedWithItsSignal) {
  for (const int signal : {SIGKILL, SIGSEGV, SIGTERM, SIGRTMIN + 5}) {
    SpawnRequest request = ChildRequest({"die", absl::StrCat(signal)});
    request.attributes.limits[RLIMIT_CORE] = ResourceLimit{0, 0};
    const auto instance = Spawned(spawner_->Spawn(request));
    ASSERT_NE(instance, nullptr);
    EXPECT_EQ(KillingSignal(AwaitEnd(instance.get())), signal);
  }
}

TEST_P(SpawnTest, PeakMemoryAboveTheServersOwnIsKnown) {
  constexpr int kMebibytes = 256;
  const auto instance =
      Spawned(spawner_->Spawn(ChildRequest({"use-memory", absl::StrCat(kMebibytes)})));
  ASSERT_NE(instance, nullptr);
  EXPECT_GT(AwaitEnd(instance.get()).usage.peak_resident_bytes, kMebibytes << 20);
}

TEST_P(SpawnTest, PeakMemoryBelowTheServersOwnIsNotTakenForTheChilds) {
  const auto instance = Spawned(spawner_->Spawn(ChildRequest({"exit", "0"})));
  ASSERT_NE(instance, nullptr);
  EXPECT_EQ(AwaitEnd(instance.get()).usage.peak_resident_bytes, 0);
}

TEST_P(SpawnTest, MemoryThatTheServerHasJustTakenIsNotTakenForTheChilds) {
  constexpr size_t kMuchBytes = 64 << 20;
  std::vector<char> taken;
  for (const size_t size : {size_t{0}, kMuchBytes}) {
    taken.assign(taken.size() + size, 'x');
    const auto instance = Spawned(spawner_->Spawn(ChildRequest({"exit", "0"})));
    ASSERT_NE(instance, nullptr);
    EXPECT_EQ(AwaitEnd(instance.get()).usage.peak_resident_bytes, 0);
  }
}

TEST_P(SpawnTest, SignalToAnEndedMainProcessIsNotFound) {
  const auto instance = Spawned(spawner_->Spawn(ChildRequest({"exit", "0"})));
  ASSERT_NE(instance, nullptr);
  AwaitReady(instance->exit_fd(), POLLIN);
  EXPECT_TRUE(absl::IsNotFound(instance->SignalMain(SIGTERM)));
  EXPECT_TRUE(absl::IsNotFound(instance->SignalTree(SIGTERM)));
  AwaitEnd(instance.get());
  EXPECT_TRUE(absl::IsNotFound(instance->SignalMain(SIGTERM)));
  EXPECT_TRUE(absl::IsNotFound(instance->SignalTree(SIGTERM)));
}

TEST_P(SpawnTest, StoppedChildEndsByTermAndCont) {
  OutputFifo fifo("out");
  SpawnRequest request = ChildRequest({"pause"});
  request.stdout_target = fifo.target();
  const auto instance = Spawned(spawner_->Spawn(request));
  ASSERT_NE(instance, nullptr);
  fifo.ReadLine();
  EXPECT_TRUE(instance->SignalMain(SIGSTOP).ok());
  // Wait until it has stopped; before that, TERM might end it.
  siginfo_t stopped;
  ASSERT_EQ(waitid(P_PID, instance->pid(), &stopped, WSTOPPED | WNOWAIT), 0);
  EXPECT_TRUE(instance->SignalTree(SIGTERM).ok());
  EXPECT_TRUE(instance->SignalTree(SIGCONT).ok());
  EXPECT_EQ(KillingSignal(AwaitEnd(instance.get())), SIGTERM);
}

TEST_P(SpawnTest, ShortageOfDescriptorsIsAShortageAndPasses) {
  struct rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const struct rlimit none = {3, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  SpawnResult result = spawner_->Spawn(ChildRequest({"exit", "0"}));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  const SpawnFailure failure = FailureOf(std::move(result));
  EXPECT_EQ(failure.error_number, EMFILE);
  EXPECT_TRUE(failure.IsShortage());
  EXPECT_EQ(failure.stage, "clone");
  const auto instance = Spawned(spawner_->Spawn(ChildRequest({"exit", "0"})));
  ASSERT_NE(instance, nullptr);
  AwaitEnd(instance.get());
}

// Uses many threads with readiness descriptors, so that slots run out.
TEST_P(SpawnTest, ManyThreadsSpawnAtOnceAndNothingIsMixedUp) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 60; ++i) {
    threads.emplace_back([this, i] {
      int ends[2];
      ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
      UniqueFd read_end(ends[0]);
      UniqueFd write_end(ends[1]);
      SpawnRequest request = Named(absl::StrCat("web", i), ChildRequest({"ready", "5"}));
      request.descriptors = {{5, write_end.get(), "ready_fd"}};
      const auto instance = Spawned(spawner_->Spawn(request));
      ASSERT_NE(instance, nullptr);
      write_end.Reset();
      EXPECT_EQ(ExitCode(AwaitEnd(instance.get())), 0);
      char text[4];
      EXPECT_EQ(read(read_end.get(), text, sizeof(text)), 1);
      EXPECT_EQ(read(read_end.get(), text, sizeof(text)), 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(SpawnTest, DescriptorsOfTheServerAreTheSameAfterManyLives) {
  const auto lowest_free = [] {
    const UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    return fd.get();
  };
  const int before = lowest_free();
  for (int i = 0; i < 50; ++i) {
    const auto instance = Spawned(spawner_->Spawn(ChildRequest({"exit", "0"})));
    ASSERT_NE(instance, nullptr);
    AwaitEnd(instance.get());
    ASSERT_TRUE(instance->IsGone());
    FailureOf(spawner_->Spawn([] {
      SpawnRequest request = ChildRequest({});
      request.argv = {"/does/not/exist"};
      return request;
    }()));
  }
  EXPECT_EQ(lowest_free(), before);
}

INSTANTIATE_TEST_SUITE_P(Containment, SpawnTest,
                         testing::Values(ContainmentMode::kControlGroup, ContainmentMode::kSession),
                         ContainmentTestName);

}  // namespace
}  // namespace hob
