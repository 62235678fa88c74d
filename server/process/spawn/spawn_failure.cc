#include "server/process/spawn/spawn_failure.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/daemon/identity.h"
#include "server/posix/unique_fd.h"

namespace hob {
namespace {

constexpr char kNeedsProc[] = ": hob needs /proc: mount -t proc proc /proc";
constexpr char kNoAnswer[] = "no answer in time; the file system that it is on does not answer";

// Number of bytes the kernel reads of a script's first line.
constexpr size_t kFirstLineBytes = 256;
constexpr size_t kLongestLoaderPath = 4096;

std::string ReadAt(int fd, off_t offset, size_t size) {
  std::string bytes(size, '\0');
  const ssize_t count = pread(fd, &bytes[0], size, offset);
  bytes.resize(count < 0 ? 0 : count);
  return bytes;
}

template <typename T>
bool ReadStruct(int fd, off_t offset, T* to) {
  return pread(fd, to, sizeof(*to), offset) == static_cast<ssize_t>(sizeof(*to));
}

// Returns the interpreter, for example "/bin/sh" from "#! /bin/sh -e"; empty if the file is not a
// script.
std::string ScriptInterpreter(int fd) {
  const std::string start = ReadAt(fd, 0, kFirstLineBytes);
  absl::string_view line = absl::string_view(start).substr(0, start.find('\n'));
  if (!absl::ConsumePrefix(&line, "#!")) return "";
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

bool IsElf(const unsigned char* start) { return std::memcmp(start, ELFMAG, SELFMAG) == 0; }

// Returns the dynamic loader of an ELF program; empty if it names none. The types are those of
// elf(5) for the program's class, 32 or 64 bits.
template <typename Header, typename Segment>
std::string LoaderOf(int fd) {
  Header header;
  if (!ReadStruct(fd, 0, &header)) return "";
  for (int i = 0; i < header.e_phnum; ++i) {
    Segment segment;
    if (!ReadStruct(fd, header.e_phoff + i * sizeof(segment), &segment)) return "";
    if (segment.p_type == PT_INTERP && segment.p_filesz <= kLongestLoaderPath) {
      return std::string(ReadAt(fd, segment.p_offset, segment.p_filesz).c_str());
    }
  }
  return "";
}

std::string ElfLoader(int fd) {
  unsigned char start[EI_NIDENT];
  if (!ReadStruct(fd, 0, &start) || !IsElf(start)) return "";
  return start[EI_CLASS] == ELFCLASS32 ? LoaderOf<Elf32_Ehdr, Elf32_Phdr>(fd)
                                       : LoaderOf<Elf64_Ehdr, Elf64_Phdr>(fd);
}

// Returns the machine of an ELF header as uname(1) calls it, or its number if the name is unknown.
std::string MachineName(int machine) {
  switch (machine) {
    case EM_386:
      return "i386";
    case EM_X86_64:
      return "x86_64";
    case EM_ARM:
      return "arm";
    case EM_AARCH64:
      return "aarch64";
    case EM_RISCV:
      return "riscv";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390x";
    case EM_MIPS:
      return "mips";
    case EM_LOONGARCH:
      return "loongarch";
    default:
      return absl::StrCat("machine ", machine, " of elf(5)");
  }
}

// Returns the reason why the kernel does not run an ELF file with the type and machine of `header`.
std::string ExplainElf(const Elf32_Ehdr& header) {
  const bool is_swapped = header.e_ident[EI_DATA] == ELFDATA2MSB;
  const int machine = is_swapped ? __builtin_bswap16(header.e_machine) : header.e_machine;
  const int type = is_swapped ? __builtin_bswap16(header.e_type) : header.e_type;
  struct utsname own = {};
  uname(&own);
  const std::string name = MachineName(machine);
  if (name != own.machine) {
    return absl::StrCat("it is for ", name, "; this machine is ", own.machine);
  }
  if (type != ET_EXEC && type != ET_DYN) return "it is an object or core file, not a program";
  return "it is damaged or incomplete";
}

bool IsText(absl::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](unsigned char byte) {
    return byte < ' ' && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f';
  });
}

// Returns the reason why the kernel cannot run the format of the file, or of the interpreter that
// it names.
std::string ExplainFormat(const std::string& path, bool may_be_script = true) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.ok()) return "its format is unknown";
  const std::string start = ReadAt(file.get(), 0, kFirstLineBytes);
  if (start.empty()) return "it is empty";
  // Type and machine are at the same offset in both classes.
  Elf32_Ehdr header = {};
  if (ReadStruct(file.get(), 0, &header) && IsElf(header.e_ident)) return ExplainElf(header);
  const std::string interpreter = ScriptInterpreter(file.get());
  if (may_be_script && !interpreter.empty()) {
    return absl::StrCat("its interpreter ", interpreter, ": ", ExplainFormat(interpreter, false));
  }
  if (IsText(start)) return "a script needs a first line such as #!/bin/sh";
  return "it is neither a program of Linux nor a script";
}

std::string ExplainMissing(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.ok()) return ErrnoMeaning(ENOENT);
  std::string interpreter = ScriptInterpreter(file.get());
  if (!interpreter.empty()) {
    const absl::string_view clean = absl::StripSuffix(interpreter, "\r");
    const bool ends_with_return = clean.size() != interpreter.size();
    return absl::StrCat("its interpreter ", clean, " does not exist",
                        ends_with_return ? " (the line ends with a carriage return)" : "");
  }
  interpreter = ElfLoader(file.get());
  if (!interpreter.empty()) return absl::StrCat("its loader ", interpreter, " does not exist");
  return ErrnoMeaning(ENOENT);
}

std::string ExplainNoAccess(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) return ErrnoMeaning(EACCES);
  if (S_ISDIR(file.st_mode))
    return absl::StrCat(ErrnoMeaning(EACCES), ": it is a directory, not a program");
  if (!S_ISREG(file.st_mode))
    return absl::StrCat(ErrnoMeaning(EACCES), ": it is not a regular file");
  if ((file.st_mode & 0111) == 0) {
    return absl::StrFormat("%s: it is not executable (mode %04o); chmod +x makes it so",
                           ErrnoMeaning(EACCES), file.st_mode & 07777);
  }
  return absl::StrCat(
      ErrnoMeaning(EACCES),
      " (a directory on the way, the user's rights or a file system mounted noexec)");
}

std::string ExplainExec(const std::string& path, int error_number) {
  switch (error_number) {
    case ENOENT:
      return absl::StrCat(path, ": ", ExplainMissing(path));
    case EACCES:
      return absl::StrCat(path, ": ", ExplainNoAccess(path));
    case ENOEXEC:
      return absl::StrCat(path, ": ", ErrnoMeaning(error_number), ": ", ExplainFormat(path));
    case ETXTBSY:
      return absl::StrCat(path, ": ", ErrnoMeaning(error_number),
                          "; somebody has it open for writing");
    case EAGAIN:
      return absl::StrCat(path, ": ", ErrnoMeaning(error_number),
                          "; limit_nproc of the user is reached");
    case ETIMEDOUT:
      return absl::StrCat(path, ": ", kNoAnswer);
    default:
      return absl::StrCat(path, ": ", ErrnoMeaning(error_number));
  }
}

std::string ExplainStdio(const StdioTarget& target, int error_number) {
  const std::string object = target.path.empty() ? "/dev/null" : target.path;
  if (error_number == ELOOP) {
    return absl::StrCat(object, ": it is a symbolic link, which is not followed");
  }
  switch (target.kind) {
    case StdioTarget::Kind::kHold:
      return absl::StrCat("the hold pipe: ", ErrnoMeaning(error_number),
                          access("/proc/self/fd", F_OK) == 0 ? "" : kNeedsProc);
    case StdioTarget::Kind::kInherit:
      return absl::StrCat("the server's own: ", ErrnoMeaning(error_number));
    case StdioTarget::Kind::kStdout:
      return absl::StrCat("joined to stdout: ", ErrnoMeaning(error_number));
    case StdioTarget::Kind::kNull:
    case StdioTarget::Kind::kFifo:
      break;
  }
  return absl::StrCat(object, ": ", ErrnoMeaning(error_number));
}

std::string LimitText(uint64_t limit) {
  return limit == RLIM_INFINITY ? "unlimited" : absl::StrCat(limit);
}

std::string ExplainLimit(const ResourceLimits& limits, int resource, int error_number) {
  const ResourceLimit* const limit = FindLimit(limits, resource);
  if (limit == nullptr) return ErrnoMeaning(error_number);
  std::string text = absl::StrCat(LimitText(limit->soft), ":", LimitText(limit->hard), ": ",
                                  ErrnoMeaning(error_number));
  struct rlimit own = {};
  if (error_number == EPERM && getrlimit(static_cast<__rlimit_resource>(resource), &own) == 0) {
    absl::StrAppend(&text, "; the server's own hard limit is ", LimitText(own.rlim_max));
  }
  return text;
}

// Returns a suffix for the message of a failed setgroups, setresgid or setresuid that explains the
// errno(3); empty if the cause is unknown.
std::string WhyCredentialsAreRefused(const Credentials& wanted, int error_number) {
  // user_namespaces(7).
  if (error_number == EINVAL) {
    return ": it has no place in this user namespace (/proc/self/uid_map, /proc/self/gid_map)";
  }
  if (error_number != EPERM) return "";
  const std::string why_not = Identity::OfThisProcess().WhyNot(wanted);
  if (!why_not.empty()) return absl::StrCat(": ", why_not);
  std::ifstream setgroups("/proc/self/setgroups");
  std::string word;
  const bool is_denied = setgroups >> word && word == "deny";
  return is_denied ? ": this user namespace allows no change of groups (/proc/self/setgroups)" : "";
}

std::string ExplainCredentials(const Credentials* wanted, SpawnStage stage, int error_number) {
  if (wanted == nullptr) return ErrnoMeaning(error_number);
  std::string object;
  if (stage == SpawnStage::kGroups) object = absl::StrJoin(wanted->groups, ",");
  if (stage == SpawnStage::kGroup) object = absl::StrCat("gid ", wanted->gid);
  if (stage == SpawnStage::kUser) object = absl::StrCat("uid ", wanted->uid);
  return absl::StrCat(object, ": ", ErrnoMeaning(error_number),
                      WhyCredentialsAreRefused(*wanted, error_number));
}

std::string ExplainOomScore(const ProcessAttributes& attributes, int error_number) {
  return absl::StrCat(attributes.oom_score_adj.value_or(0), ": ", ErrnoMeaning(error_number),
                      error_number == EACCES ? "; lowering it takes CAP_SYS_RESOURCE" : "");
}

std::string ExplainClone(const SpawnRequest& request, int error_number) {
  return absl::StrCat("no process for ", request.name, ": ", ErrnoMeaning(error_number));
}

std::string ExplainDescriptor(int number, int error_number) {
  const std::string text = absl::StrCat("descriptor ", number, ": ", ErrnoMeaning(error_number));
  switch (error_number) {
    case E2BIG:
      return absl::StrCat(text, "; a child gets at most ", kMostPassedDescriptors);
    case EEXIST:
      return absl::StrCat(text, "; another one has this number");
    default:
      return absl::StrCat(text, "; it must be open, and below the limit of open files");
  }
}

std::string Explain(const SpawnRequest& request, const SpawnStep& step) {
  const ProcessAttributes& attributes = request.attributes;
  const int error_number = step.error_number;
  switch (step.stage) {
    case SpawnStage::kNone:
    case SpawnStage::kSetsid:
    case SpawnStage::kUmask:
    case SpawnStage::kNoNewPrivileges:
      return ErrnoMeaning(error_number);
    case SpawnStage::kClone:
      return ExplainClone(request, error_number);
    case SpawnStage::kStdin:
      return ExplainStdio(request.stdin_target, error_number);
    case SpawnStage::kStdout:
      return ExplainStdio(request.stdout_target, error_number);
    case SpawnStage::kStderr:
      return ExplainStdio(request.stderr_target, error_number);
    case SpawnStage::kDescriptor:
      return ExplainDescriptor(step.object, error_number);
    case SpawnStage::kChdir:
      return absl::StrCat(attributes.directory, ": ",
                          error_number == ETIMEDOUT ? kNoAnswer : ErrnoMeaning(error_number));
    case SpawnStage::kNice:
      return absl::StrCat(attributes.nice.value_or(0), ": ", ErrnoMeaning(error_number));
    case SpawnStage::kOomScoreAdj:
      return ExplainOomScore(attributes, error_number);
    case SpawnStage::kLimit:
      return ExplainLimit(attributes.limits, step.object, error_number);
    case SpawnStage::kGroups:
    case SpawnStage::kGroup:
    case SpawnStage::kUser:
      return ExplainCredentials(attributes.credentials.get(), step.stage, error_number);
    case SpawnStage::kExec:
      return ExplainExec(request.argv[0], error_number);
  }
  return ErrnoMeaning(error_number);
}

// Returns the configuration key of the limit for a resource, RLIMIT_*.
std::string NameOfLimit(int resource) {
  for (const LimitKey& key : kLimitKeys) {
    if (key.resource == resource) return key.name;
  }
  return "";
}

// Returns the stage name of the descriptor with the number `number` in the child.
std::string StageOfDescriptor(const SpawnRequest& request, int number) {
  for (const PassedDescriptor& descriptor : request.descriptors) {
    if (descriptor.number == number) return descriptor.stage;
  }
  return "";
}

// Returns the step's name for users: "chdir", "limit_nofile", "exec".
std::string NameOf(const SpawnRequest& request, const SpawnStep& step) {
  switch (step.stage) {
    case SpawnStage::kNone:
      return "";
    case SpawnStage::kClone:
      return "clone";
    case SpawnStage::kSetsid:
      return "setsid";
    case SpawnStage::kStdin:
      return "stdin";
    case SpawnStage::kStdout:
      return "stdout";
    case SpawnStage::kStderr:
      return "stderr";
    case SpawnStage::kDescriptor:
      return StageOfDescriptor(request, step.object);
    case SpawnStage::kUmask:
      return "umask";
    case SpawnStage::kChdir:
      return "chdir";
    case SpawnStage::kNice:
      return "nice";
    case SpawnStage::kOomScoreAdj:
      return "oom_score_adj";
    case SpawnStage::kLimit:
      return NameOfLimit(step.object);
    case SpawnStage::kGroups:
      return "groups";
    case SpawnStage::kGroup:
      return "group";
    case SpawnStage::kUser:
      return "user";
    case SpawnStage::kNoNewPrivileges:
      return "no_new_privileges";
    case SpawnStage::kExec:
      return "exec";
  }
  return "";
}

}  // namespace

std::string ErrnoMeaning(int error_number) {
  const char* text = strerrordesc_np(error_number);
  return text == nullptr ? absl::StrCat("error ", error_number) : std::string(text);
}

std::string InterpreterOf(int program) {
  const std::string interpreter = ScriptInterpreter(program);
  return interpreter.empty() ? ElfLoader(program) : interpreter;
}

SpawnFailure ExplainSpawnFailure(const SpawnRequest& request, SpawnStep step) {
  return {NameOf(request, step), step.error_number, Explain(request, step)};
}

SpawnFailure ExplainHelperFailure(const std::string& helper, int error_number) {
  SpawnRequest request;
  request.argv = {helper};
  SpawnFailure failure = ExplainSpawnFailure(request, {SpawnStage::kExec, error_number});
  const bool may_recover = failure.IsShortage() || error_number == ETIMEDOUT;
  if (!may_recover) {
    failure.message += "; the installation of hob is incomplete: hob-exec belongs beside hobd";
  }
  return failure;
}

}  // namespace hob
