// Each step of a spawn that can fail reports its name, its errno, and the meaning of the error.
#include "server/process/spawn/spawn_failure.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/process/testing/process_test_env.h"

namespace hob {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class SpawnFailureTest : public testing::Test {
 protected:
  SpawnFailureTest() {
    std::string why_not;
    spawner_ = NewSpawner(ContainmentMode::kSession, &why_not);
  }

  // Returns the failure of a spawn of this program, which must fail.
  SpawnFailure FailureOfProgram(const std::string& path) {
    SpawnRequest request = ChildRequest({});
    request.argv = {path};
    return FailureOf(spawner_->Spawn(request));
  }

  // Returns a file with this content and mode in a new directory.
  std::string NewFile(const std::string& content, mode_t mode) {
    const std::string path = absl::StrCat(NewDirectory("file"), "/file");
    std::ofstream(path) << content;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  std::unique_ptr<ProcessSpawner> spawner_;
};

TEST_F(SpawnFailureTest, MissingProgramIsNamed) {
  const SpawnFailure failure = FailureOfProgram("/srv/no/such/program");
  EXPECT_EQ(failure.stage, "exec");
  EXPECT_EQ(failure.error_number, ENOENT);
  EXPECT_EQ(failure.message, "/srv/no/such/program: No such file or directory");
  EXPECT_FALSE(failure.IsShortage());
}

// Mounts a file system that never responds, like a network file system whose server is gone.
class DeadFileSystemTest : public SpawnFailureTest {
 protected:
  void SetUp() override {
    server_.Reset(open("/dev/fuse", O_RDWR | O_CLOEXEC));
    const std::string options =
        absl::StrCat("fd=", server_.get(), ",rootmode=40000,user_id=0,group_id=0");
    directory_ = NewDirectory("dead");
    mounted_ = server_.ok() && mount("dead", directory_.c_str(), "fuse", 0, options.c_str()) == 0;
    if (!mounted_) GTEST_SKIP() << "no file system of our own may be mounted here";
    ProcessSpawner::Options spawner_options;
    spawner_options.exec_timeout = absl::Milliseconds(100);
    std::string why_not;
    spawner_ = NewSpawner(ContainmentMode::kSession, &why_not, spawner_options);
  }
  ~DeadFileSystemTest() override {
    if (mounted_) umount2(directory_.c_str(), MNT_DETACH);
  }

  UniqueFd server_;
  std::string directory_;
  bool mounted_ = false;
};

TEST_F(DeadFileSystemTest, ProgramThatCannotBeReachedIsGivenUp) {
  const SpawnFailure failure = FailureOfProgram(absl::StrCat(directory_, "/program"));
  EXPECT_EQ(failure.stage, "exec");
  EXPECT_EQ(failure.error_number, ETIMEDOUT);
  EXPECT_THAT(failure.message, HasSubstr("does not answer"));
}

TEST_F(DeadFileSystemTest, DirectoryThatCannotBeReachedIsGivenUp) {
  SpawnRequest request = ChildRequest({});
  request.attributes.directory = absl::StrCat(directory_, "/directory");
  const SpawnFailure failure = FailureOf(spawner_->Spawn(request));
  EXPECT_EQ(failure.stage, "chdir");
  EXPECT_EQ(failure.error_number, ETIMEDOUT);
}

TEST_F(DeadFileSystemTest, SpawnsThatHangDoNotHoldUpTheOthers) {
  ProcessSpawner::Options options;
  options.exec_timeout = absl::InfiniteDuration();
  std::string why_not;
  spawner_ = NewSpawner(ContainmentMode::kSession, &why_not, options);
  std::vector<std::thread> hanging;
  for (int i = 0; i < 40; ++i) {
    hanging.emplace_back([this] { FailureOfProgram(absl::StrCat(directory_, "/program")); });
  }
  EXPECT_EQ(ExitCode(AwaitEnd(Spawned(spawner_->Spawn(ChildRequest({"exit", "7"}))).get())), 7);
  // Without its server, the file system fails every call.
  server_.Reset();
  for (std::thread& thread : hanging) thread.join();
}

TEST_F(SpawnFailureTest, MissingInterpreterIsNamed) {
  const std::string script = NewFile("#! /no/interpreter -x\n", 0755);
  const SpawnFailure failure = FailureOfProgram(script);
  EXPECT_EQ(failure.stage, "exec");
  EXPECT_EQ(failure.error_number, ENOENT);
  EXPECT_EQ(failure.message,
            absl::StrCat(script, ": its interpreter /no/interpreter does not exist"));
}

TEST_F(SpawnFailureTest, CarriageReturnAfterTheInterpreterIsNoticed) {
  const SpawnFailure failure = FailureOfProgram(NewFile("#!/bin/sh\r\nexit 0\r\n", 0755));
  EXPECT_EQ(failure.error_number, ENOENT);
  EXPECT_THAT(failure.message, HasSubstr("/bin/sh does not exist (the line ends with a carriage"));
}

TEST_F(SpawnFailureTest, DirectoryIsCalledADirectory) {
  const SpawnFailure failure = FailureOfProgram("/usr");
  EXPECT_EQ(failure.error_number, EACCES);
  EXPECT_EQ(failure.message, "/usr: Permission denied: it is a directory, not a program");
}

TEST_F(SpawnFailureTest, FileThatIsNotExecutableIsSaidToBe) {
  const SpawnFailure failure = FailureOfProgram(NewFile("#!/bin/sh\n", 0644));
  EXPECT_EQ(failure.error_number, EACCES);
  EXPECT_THAT(failure.message, HasSubstr("it is not executable (mode 0644)"));
}

TEST_F(SpawnFailureTest, ScriptWithoutInterpreterLineIsExplained) {
  const SpawnFailure failure = FailureOfProgram(NewFile("exit 0\n", 0755));
  EXPECT_EQ(failure.error_number, ENOEXEC);
  EXPECT_THAT(failure.message, HasSubstr("a first line such as #!/bin/sh"));
}

// Returns the header of a 64-bit ELF file for `machine`, without the rest of the file.
std::string ElfHeader(int machine, int type, char byte_order) {
  std::string header(64, '\0');
  header.replace(0, 7, std::string("\177ELF\2") + byte_order + "\1");
  const bool big = byte_order == ELFDATA2MSB;
  header[big ? 17 : 16] = static_cast<char>(type);
  header[big ? 19 : 18] = static_cast<char>(machine);
  header[big ? 18 : 19] = static_cast<char>(machine >> 8);
  return header;
}

TEST_F(SpawnFailureTest, ProgramForAnotherMachineIsSaidToBe) {
  struct utsname own = {};
  ASSERT_EQ(uname(&own), 0);
  const std::string path = NewFile(ElfHeader(EM_AARCH64, ET_EXEC, ELFDATA2LSB), 0755);
  SpawnFailure failure = FailureOfProgram(path);
  EXPECT_EQ(failure.error_number, ENOEXEC);
  EXPECT_EQ(failure.message, absl::StrCat(path,
                                          ": Exec format error: it is for aarch64; this "
                                          "machine is ",
                                          own.machine));
  failure = FailureOfProgram(NewFile(ElfHeader(EM_S390, ET_DYN, ELFDATA2MSB), 0755));
  EXPECT_THAT(failure.message, HasSubstr("it is for s390x; this machine"));
}

TEST_F(SpawnFailureTest, ProgramThatIsCutOffOrNoProgramIsSaidToBe) {
  EXPECT_THAT(FailureOfProgram(NewFile(ElfHeader(EM_X86_64, ET_EXEC, ELFDATA2LSB), 0755)).message,
              HasSubstr(": it is damaged or incomplete"));
  EXPECT_THAT(FailureOfProgram(NewFile(ElfHeader(EM_X86_64, ET_REL, ELFDATA2LSB), 0755)).message,
              HasSubstr(": it is an object or core file"));
  EXPECT_THAT(FailureOfProgram(NewFile("", 0755)).message, HasSubstr(": it is empty"));
  EXPECT_THAT(FailureOfProgram(NewFile(std::string("MZ\0\1\2", 5), 0755)).message,
              HasSubstr(": it is neither a program of Linux nor a script"));
}

TEST_F(SpawnFailureTest, InterpreterThatIsForAnotherMachineIsNamed) {
  const std::string foreign = NewFile(ElfHeader(EM_AARCH64, ET_EXEC, ELFDATA2LSB), 0755);
  const std::string script = NewFile(absl::StrCat("#!", foreign, "\n"), 0755);
  const SpawnFailure failure = FailureOfProgram(script);
  EXPECT_EQ(failure.error_number, ENOEXEC);
  EXPECT_THAT(failure.message, HasSubstr(absl::StrCat("its interpreter ", foreign, ": it is for")));
}

TEST_F(SpawnFailureTest, LoaderOfA32BitProgramIsNamed) {
  Elf32_Ehdr header = {};
  const unsigned char start[] = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT};
  std::copy(std::begin(start), std::end(start), header.e_ident);
  header.e_type = ET_EXEC;
  header.e_machine = EM_386;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof(header);
  header.e_ehsize = sizeof(header);
  header.e_phentsize = sizeof(Elf32_Phdr);
  header.e_phnum = 1;
  const std::string loader("/no/ld-linux.so.2\0", 18);
  Elf32_Phdr segment = {};
  segment.p_type = PT_INTERP;
  segment.p_offset = sizeof(header) + sizeof(segment);
  segment.p_filesz = loader.size();
  std::string file(reinterpret_cast<const char*>(&header), sizeof(header));
  file.append(reinterpret_cast<const char*>(&segment), sizeof(segment)).append(loader);
  SpawnRequest request = ChildRequest({});
  request.argv = {NewFile(file, 0755)};
  EXPECT_EQ(ExplainSpawnFailure(request, {SpawnStage::kExec, ENOENT}).message,
            absl::StrCat(request.argv[0], ": its loader /no/ld-linux.so.2 does not exist"));
}

TEST_F(SpawnFailureTest, NumberOutsideTheUserNamespaceIsSaidToBe) {
  SpawnRequest request = ChildRequest({});
  request.attributes.credentials = Ids(33, 0);
  EXPECT_THAT(ExplainSpawnFailure(request, {SpawnStage::kUser, EINVAL}).message,
              HasSubstr("uid 33: Invalid argument: it has no place in this user namespace"));
}

TEST_F(SpawnFailureTest, LoopOfLinksIsAnExecFailure) {
  const std::string path = absl::StrCat(NewDirectory("loop"), "/loop");
  ASSERT_EQ(symlink(path.c_str(), path.c_str()), 0);
  EXPECT_EQ(FailureOfProgram(path).error_number, ELOOP);
}

TEST_F(SpawnFailureTest, TooLongArgumentsAreAnExecFailure) {
  SpawnRequest request = ChildRequest({"exit", std::string(3'000'000, 'x')});
  const SpawnFailure failure = FailureOf(spawner_->Spawn(request));
  EXPECT_EQ(failure.stage, "exec");
  EXPECT_EQ(failure.error_number, E2BIG);
}

TEST_F(SpawnFailureTest, ProgramThatStaysOpenForWritingFailsAfterAllRetries) {
  const std::string path = NewFile("#!/bin/sh\n", 0755);
  const UniqueFd writer(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const SpawnFailure failure = FailureOfProgram(path);
  EXPECT_EQ(failure.error_number, ETXTBSY);
  EXPECT_THAT(failure.message, HasSubstr("somebody has it open for writing"));
}

// Children of other threads briefly hold copies of the descriptors with which a thread writes its
// scripts.
TEST_F(SpawnFailureTest, ScriptsThatWereJustWrittenRunWhileOtherThreadsSpawn) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, i] {
      for (int j = 0; j < 50; ++j) {
        const std::string path = NewFile("#!/bin/sh\nexit 5\n", 0755);
        SpawnRequest request = Named(absl::StrCat("web", i), ChildRequest({}));
        request.argv = {path};
        const auto instance = Spawned(spawner_->Spawn(request));
        ASSERT_NE(instance, nullptr);
        EXPECT_EQ(ExitCode(AwaitEnd(instance.get())), 5);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(SpawnFailureTest, MissingDirectoryIsNamed) {
  SpawnRequest request = ChildRequest({"exit", "0"});
  request.attributes.directory = "/srv/no/such/directory";
  const SpawnFailure failure = FailureOf(spawner_->Spawn(request));
  EXPECT_EQ(failure.stage, "chdir");
  EXPECT_EQ(failure.error_number, ENOENT);
  EXPECT_EQ(failure.message, "/srv/no/such/directory: No such file or directory");
}

TEST_F(SpawnFailureTest, FifoThatIsALinkIsNotFollowed) {
  const std::string victim = NewFile("untouched", 0600);
  const std::string link = absl::StrCat(NewDirectory("fifo"), "/web");
  ASSERT_EQ(symlink(victim.c_str(), link.c_str()), 0);
  SpawnRequest request = ChildRequest({"pause"});
  request.stdout_target = {StdioTarget::Kind::kFifo, link};
  const SpawnFailure failure = FailureOf(spawner_->Spawn(request));
  EXPECT_EQ(failure.stage, "stdout");
  EXPECT_EQ(failure.error_number, ELOOP);
  EXPECT_THAT(failure.message, StartsWith(link));
  struct stat file = {};
  ASSERT_EQ(stat(victim.c_str(), &file), 0);
  EXPECT_EQ(file.st_size, 9);
}

TEST_F(SpawnFailureTest, MissingFifoIsNamed) {
  SpawnRequest request = ChildRequest({"exit", "0"});
  request.stdout_target = {StdioTarget::Kind::kFifo, "/srv/no/fifo"};
  const SpawnFailure failure = FailureOf(spawner_->Spawn(request));
  EXPECT_EQ(failure.stage, "stdout");
  EXPECT_EQ(failure.message, "/srv/no/fifo: No such file or directory");
}

TEST_F(SpawnFailureTest, SoftLimitAboveTheHardOneIsRefusedByTheKernel) {
  const struct {
    const char* stage;
    int resource;
  } kLimits[] = {{"limit_nofile", RLIMIT_NOFILE},
                 {"limit_core", RLIMIT_CORE},
                 {"limit_nproc", RLIMIT_NPROC},
                 {"limit_memlock", RLIMIT_MEMLOCK}};
  static_assert(std::size(kLimits) == std::size(kLimitKeys), "every limit is tried");
  for (const auto& kind : kLimits) {
    SpawnRequest request = ChildRequest({"exit", "0"});
    request.attributes.limits[kind.resource] = ResourceLimit{200, 100};
    const SpawnFailure failure = FailureOf(spawner_->Spawn(request));
    EXPECT_EQ(failure.stage, kind.stage);
    EXPECT_EQ(failure.error_number, EINVAL);
    EXPECT_THAT(failure.message, StartsWith("200:100: "));
  }
}

TEST_F(SpawnFailureTest, HardLimitThatCannotRiseSaysWhatTheServersIs) {
  SpawnRequest request = ChildRequest({});
  request.attributes.limits[RLIMIT_NOFILE] = ResourceLimit{100, 1u << 30};
  const SpawnFailure failure =
      ExplainSpawnFailure(request, {SpawnStage::kLimit, EPERM, RLIMIT_NOFILE});
  struct rlimit own = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &own), 0);
  EXPECT_EQ(failure.message,
            absl::StrCat("100:1073741824: Operation not permitted; the server's own "
                         "hard limit is ",
                         own.rlim_max));
}

TEST_F(SpawnFailureTest, OomScoreOutOfRangeIsRefusedByTheKernel) {
  SpawnRequest request = ChildRequest({"exit", "0"});
  request.attributes.oom_score_adj = 5000;
  const SpawnFailure failure = FailureOf(spawner_->Spawn(request));
  EXPECT_EQ(failure.stage, "oom_score_adj");
  EXPECT_EQ(failure.error_number, EINVAL);
}

TEST_F(SpawnFailureTest, ReadinessDescriptorBeyondTheLimitIsExplained) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  SpawnRequest request = ChildRequest({"exit", "0"});
  request.descriptors = {{100'000'000, write_end.get(), "ready_fd"}};
  const SpawnFailure failure = FailureOf(spawner_->Spawn(request));
  EXPECT_EQ(failure.stage, "ready_fd");
  EXPECT_THAT(failure.message, HasSubstr("below the limit of open files"));
}

TEST_F(SpawnFailureTest, DescriptorsThatNoChildCanGetAreRefused) {
  const UniqueFd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
  SpawnRequest request = ChildRequest({"exit", "0"});
  request.descriptors = {{3, file.get(), "ready_fd"}, {4, file.get(), "a"}, {4, file.get(), "b"}};
  SpawnFailure failure = FailureOf(spawner_->Spawn(request));
  EXPECT_EQ(failure.error_number, EEXIST);
  EXPECT_THAT(failure.message, StartsWith("descriptor 4: "));
  request.descriptors = {{STDERR_FILENO, file.get(), "a"}};
  EXPECT_EQ(FailureOf(spawner_->Spawn(request)).error_number, EEXIST);
  request.descriptors.clear();
  for (int i = 0; i <= kMostPassedDescriptors; ++i) {
    request.descriptors.push_back({3 + i, file.get(), "many"});
  }
  failure = FailureOf(spawner_->Spawn(request));
  EXPECT_EQ(failure.stage, "many");
  EXPECT_EQ(failure.error_number, E2BIG);
  EXPECT_THAT(failure.message, HasSubstr("descriptor 67: "));
  EXPECT_THAT(failure.message, HasSubstr("at most 64"));
  EXPECT_FALSE(failure.IsShortage());
}

TEST_F(SpawnFailureTest, DescriptorThatIsNotOpenIsNamedAmongTheOthers) {
  const UniqueFd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int closed = fcntl(file.get(), F_DUPFD_CLOEXEC, 200);
  close(closed);
  SpawnRequest request = ChildRequest({"exit", "0"});
  request.descriptors = {{9, file.get(), "first"}, {7, closed, "second"}, {8, closed, "third"}};
  // Test with slots and, because there are too many descriptors, without.
  for (const int others : {0, 55}) {
    for (int i = 0; i < others; ++i) {
      request.descriptors.push_back({100 + i, file.get(), "other"});
    }
    const SpawnFailure failure = FailureOf(spawner_->Spawn(request));
    EXPECT_EQ(failure.stage, "second");
    EXPECT_EQ(failure.error_number, EBADF);
    EXPECT_THAT(failure.message, StartsWith("descriptor 7: Bad file descriptor; it must be open"));
  }
}

TEST(SpawnFailureShortageTest, ShortagesOfTheMachineAreToldFromFaultsOfTheDaemon) {
  for (const int shortage : {EAGAIN, ENOMEM, EMFILE, ENFILE}) {
    const SpawnFailure failure =
        ExplainSpawnFailure(ChildRequest({}), {SpawnStage::kClone, shortage});
    EXPECT_TRUE(failure.IsShortage());
    EXPECT_THAT(failure.message, StartsWith("no process for web: "));
  }
  EXPECT_FALSE(ExplainSpawnFailure(ChildRequest({}), {SpawnStage::kExec, ENOENT}).IsShortage());
}

TEST(SpawnFailureShortageTest, FullDiskIsAShortageOnlyWhereHobMakesFilesOfItsOwn) {
  for (const int full : {ENOSPC, EDQUOT}) {
    for (const SpawnStage stage : {SpawnStage::kClone, SpawnStage::kStdout, SpawnStage::kStderr}) {
      EXPECT_TRUE(ExplainSpawnFailure(ChildRequest({}), {stage, full}).IsShortage());
    }
    for (const SpawnStage stage :
         {SpawnStage::kExec, SpawnStage::kChdir, SpawnStage::kDescriptor}) {
      EXPECT_FALSE(ExplainSpawnFailure(ChildRequest({}), {stage, full}).IsShortage());
    }
    EXPECT_TRUE((SpawnFailure{"notify", full, ""}).IsShortage());
  }
}

}  // namespace
}  // namespace hob
