#include "server/process/spawn/preflight.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "server/posix/unique_fd.h"
#include "server/process/spawn/spawn_failure.h"
#include "server/process/spawn/spawn_stage.h"

namespace hob {
namespace {

// An interpreter may itself be a script; execve(2) follows at most this many levels.
constexpr int kMostInterpreters = 4;

#if defined(__x86_64__)
constexpr Elf64_Half kOwnMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kOwnMachine = EM_AARCH64;
#else
constexpr Elf64_Half kOwnMachine = EM_NONE;
#endif

// Inspects files with the rights of this process.
class Preflight {
 public:
  explicit Preflight(bool runs_as_this_process) : runs_as_this_process_(runs_as_this_process) {}

  // Returns the errno(3) that chdir(2) would certainly set; 0 if it may succeed.
  int ChangeDirectory(const std::string& path) const;

  // Like ChangeDirectory, for execve(2).
  int Execute(const std::string& path) const { return Execute(path, kMostInterpreters); }

 private:
  int Execute(const std::string& path, int interpreters_left) const;
  // Returns an errno(3) if access certainly fails. Otherwise returns 0; `file` stays empty if
  // nothing certain is known about it.
  int LookUp(const std::string& path, struct stat* file) const;
  // Returns EACCES if this process may not execute or search the file; 0 if it may, or if the
  // daemon runs with other rights.
  int CheckAccess(const std::string& path) const;

  const bool runs_as_this_process_;
};

int Preflight::LookUp(const std::string& path, struct stat* file) const {
  if (stat(path.c_str(), file) == 0) return 0;
  switch (errno) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return errno;
    case EACCES:
      return runs_as_this_process_ ? EACCES : 0;
    default:
      return 0;
  }
}

int Preflight::CheckAccess(const std::string& path) const {
  if (!runs_as_this_process_) return 0;
  return faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0 && errno == EACCES ? EACCES : 0;
}

int Preflight::ChangeDirectory(const std::string& path) const {
  struct stat directory = {};
  if (const int problem = LookUp(path, &directory); problem != 0) return problem;
  if (directory.st_mode == 0) return 0;
  return S_ISDIR(directory.st_mode) ? CheckAccess(path) : ENOTDIR;
}

// True if the kernel executes the open file directly: a script, or a program for this machine. A
// program for another machine may have an emulator (binfmt_misc) with its own loaders.
bool IsOurs(int program) {
  Elf64_Ehdr header = {};
  const ssize_t size = pread(program, &header, sizeof(header), 0);
  if (size >= 2 && header.e_ident[0] == '#' && header.e_ident[1] == '!') return true;
  return size == sizeof(header) && std::equal(ELFMAG, &ELFMAG[SELFMAG], header.e_ident) &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_machine == kOwnMachine;
}

int Preflight::Execute(const std::string& path, int interpreters_left) const {
  struct stat file = {};
  if (const int problem = LookUp(path, &file); problem != 0) return problem;
  if (file.st_mode == 0) return 0;
  // Even root cannot execute a file without any x bit, whatever its access control list says,
  // because the group bits contain the mask of the list (acl(5)).
  if (!S_ISREG(file.st_mode) || (file.st_mode & 0111) == 0) return EACCES;
  if (const int problem = CheckAccess(path); problem != 0) return problem;
  struct statvfs mount = {};
  if (statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) != 0) return EACCES;
  const UniqueFd program(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!program.ok() || !IsOurs(program.get())) return 0;
  const std::string interpreter = InterpreterOf(program.get());
  // A relative path is resolved in the daemon's directory; a long path may have been truncated.
  const bool is_known = !interpreter.empty() && interpreter[0] == '/' && interpreter.size() < 128;
  return is_known && interpreters_left > 0 ? Execute(interpreter, interpreters_left - 1) : 0;
}

// True if this process may have the capability, or if that is unknown.
bool MayHave(int capability) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, sets) != 0) return true;
  return (sets[CAP_TO_INDEX(capability)].permitted & CAP_TO_MASK(capability)) != 0;
}

// Returns the step of the first limit that setrlimit(2) would certainly refuse; kNone if it may
// accept all.
SpawnStep RefusedLimit(const ResourceLimits& limits) {
  if (MayHave(CAP_SYS_RESOURCE)) return {};
  for (const LimitKey& key : kLimitKeys) {
    const ResourceLimit* const limit = FindLimit(limits, key.resource);
    struct rlimit own = {};
    if (limit == nullptr || getrlimit(static_cast<__rlimit_resource>(key.resource), &own) != 0) {
      continue;
    }
    if (limit->hard > own.rlim_max) return {SpawnStage::kLimit, EPERM, key.resource};
  }
  return {};
}

// True if executing the file may grant rights to a process.
bool GivesRights(const std::string& program) {
  struct stat file = {};
  if (stat(program.c_str(), &file) != 0 || (file.st_mode & (S_ISUID | S_ISGID)) != 0) return true;
  return getxattr(program.c_str(), "security.capability", nullptr, 0) >= 0;
}

// True if setresuid(2) would certainly be refused: the user differs, and neither this process nor
// the helper has the right to change to it.
bool IsUserRefused(const Credentials& wanted, const std::string& exec_helper) {
  uid_t real = 0, effective = 0, saved = 0;
  if (getresuid(&real, &effective, &saved) != 0) return false;
  if (effective == 0 || real == 0 || saved == 0) return false;
  const bool is_own = wanted.uid == real || wanted.uid == effective || wanted.uid == saved;
  return !is_own && !MayHave(CAP_SETUID) && !GivesRights(exec_helper);
}

}  // namespace

absl::optional<SpawnFailure> ForeseeSpawnFailure(const SpawnRequest& request,
                                                 const std::string& exec_helper) {
  const Credentials* const credentials = request.attributes.credentials.get();
  const Preflight as_server(/*runs_as_this_process=*/true);
  const Preflight as_daemon(/*runs_as_this_process=*/credentials == nullptr);
  if (const int problem = as_daemon.ChangeDirectory(request.attributes.directory); problem != 0) {
    return ExplainSpawnFailure(request, {SpawnStage::kChdir, problem});
  }
  const SpawnStep refused = RefusedLimit(request.attributes.limits);
  if (refused.stage != SpawnStage::kNone) return ExplainSpawnFailure(request, refused);
  if (credentials != nullptr) {
    if (const int problem = as_server.Execute(exec_helper); problem != 0) {
      return ExplainHelperFailure(exec_helper, problem);
    }
    if (IsUserRefused(*credentials, exec_helper)) {
      return ExplainSpawnFailure(request, {SpawnStage::kUser, EPERM});
    }
  }
  if (const int problem = as_daemon.Execute(request.argv[0]); problem != 0) {
    return ExplainSpawnFailure(request, {SpawnStage::kExec, problem});
  }
  return absl::nullopt;
}

}  // namespace hob
