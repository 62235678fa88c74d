#include "server/testing/failing_calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <glog/logging.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <iterator>

namespace hob {
namespace {

struct Call {
  const char* name;
  // The system call that the C library's function makes, or could make.
  long number;
};

constexpr Call kCalls[] = {
    {"access", SYS_access},
    {"chdir", SYS_chdir},
    {"clone3", SYS_clone3},
    {"close_range", SYS_close_range},
    {"dup3", SYS_dup3},
    {"execve", SYS_execve},
    {"fchmod", SYS_fchmod},
    {"fchown", SYS_fchown},
    {"fcntl", SYS_fcntl},
    {"fstat", SYS_fstat},
    {"fsync", SYS_fsync},
    {"kill", SYS_kill},
    {"lstat", SYS_lstat},
    {"mkdir", SYS_mkdir},
    {"mkfifo", SYS_mknodat},
    {"open", SYS_openat},
    {"pidfd_open", SYS_pidfd_open},
    {"pidfd_send_signal", SYS_pidfd_send_signal},
    {"pipe2", SYS_pipe2},
    {"poll", SYS_poll},
    {"ppoll", SYS_ppoll},
    {"prctl", SYS_prctl},
    {"pread", SYS_pread64},
    {"prlimit64", SYS_prlimit64},
    {"pwrite", SYS_pwrite64},
    {"read", SYS_read},
    {"readdir", SYS_getdents64},
    {"readlink", SYS_readlink},
    {"rename", SYS_rename},
    {"rmdir", SYS_rmdir},
    {"setpriority", SYS_setpriority},
    {"setsid", SYS_setsid},
    {"splice", SYS_splice},
    {"stat", SYS_stat},
    {"unlink", SYS_unlink},
    {"waitid", SYS_waitid},
    {"write", SYS_write},
};
constexpr int kCallCount = std::size(kCalls);
constexpr int kNone = -1;

// The fault: index of its call.
std::atomic<int> g_call{kNone};
std::atomic<int> g_number{0};
std::atomic<bool> g_for_good{false};
std::atomic<int> g_error{0};
std::atomic<int> g_failed{0};
std::atomic<int> g_made[kCallCount];
// Number of Pause objects of this thread.
thread_local int t_pauses = 0;

int IndexOf(const std::string& name) {
  for (int i = 0; i < kCallCount; ++i) {
    if (name == kCalls[i].name) return i;
  }
  LOG(FATAL) << "no call that can fail: " << name;
  return kNone;
}

}  // namespace

FailingCalls::FailingCalls(const Fault& fault) {
  for (std::atomic<int>& made : g_made) made = 0;
  g_number = fault.number;
  g_for_good = fault.for_good;
  g_error = fault.error_number;
  g_failed = 0;
  if (!fault.call.empty()) g_call = IndexOf(fault.call);
}

FailingCalls::~FailingCalls() { g_call = kNone; }

int FailingCalls::failed() const { return g_failed; }

int FailingCalls::made(const std::string& call) const { return g_made[IndexOf(call)]; }

bool FailingCalls::Fails(long number) {
  if (t_pauses > 0) return false;
  int call = 0;
  while (call < kCallCount && kCalls[call].number != number) ++call;
  if (call == kCallCount) return false;
  const int made = ++g_made[call];
  if (call != g_call || made < g_number || (made > g_number && !g_for_good)) return false;
  ++g_failed;
  errno = g_error;
  return true;
}

FailingCalls::Pause::Pause() { ++t_pauses; }
FailingCalls::Pause::~Pause() { --t_pauses; }

}  // namespace hob

// The linker's names for replacement and original: ld(1), --wrap.
extern "C" {

// Variable arguments are read as the C library reads them: missing ones are never used.

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...) {
  va_list arguments;
  va_start(arguments, number);
  long words[6];
  for (long& word : words) word = va_arg(arguments, long);
  va_end(arguments);
  if (hob::FailingCalls::Fails(number)) return -1;
  return __real_syscall(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

int __real_open(const char* path, int flags, ...);
int __wrap_open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return hob::FailingCalls::Fails(SYS_openat) ? -1 : __real_open(path, flags, mode);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  return hob::FailingCalls::Fails(SYS_fcntl) ? -1 : __real_fcntl(fd, command, argument);
}

// Files and directories by path.

int __real_access(const char* path, int mode);
int __wrap_access(const char* path, int mode) {
  return hob::FailingCalls::Fails(SYS_access) ? -1 : __real_access(path, mode);
}

int __real_stat(const char* path, struct stat* status);
int __wrap_stat(const char* path, struct stat* status) {
  return hob::FailingCalls::Fails(SYS_stat) ? -1 : __real_stat(path, status);
}

int __real_lstat(const char* path, struct stat* status);
int __wrap_lstat(const char* path, struct stat* status) {
  return hob::FailingCalls::Fails(SYS_lstat) ? -1 : __real_lstat(path, status);
}

ssize_t __real_readlink(const char* path, char* target, size_t size);
ssize_t __wrap_readlink(const char* path, char* target, size_t size) {
  return hob::FailingCalls::Fails(SYS_readlink) ? -1 : __real_readlink(path, target, size);
}

int __real_mkdir(const char* path, mode_t mode);
int __wrap_mkdir(const char* path, mode_t mode) {
  return hob::FailingCalls::Fails(SYS_mkdir) ? -1 : __real_mkdir(path, mode);
}

int __real_rmdir(const char* path);
int __wrap_rmdir(const char* path) {
  return hob::FailingCalls::Fails(SYS_rmdir) ? -1 : __real_rmdir(path);
}

DIR* __real_opendir(const char* path);
DIR* __wrap_opendir(const char* path) {
  return hob::FailingCalls::Fails(SYS_openat) ? nullptr : __real_opendir(path);
}

struct dirent* __real_readdir(DIR* directory);
struct dirent* __wrap_readdir(DIR* directory) {
  return hob::FailingCalls::Fails(SYS_getdents64) ? nullptr : __real_readdir(directory);
}

int __real_mkfifo(const char* path, mode_t mode);
int __wrap_mkfifo(const char* path, mode_t mode) {
  return hob::FailingCalls::Fails(SYS_mknodat) ? -1 : __real_mkfifo(path, mode);
}

int __real_rename(const char* from, const char* to);
int __wrap_rename(const char* from, const char* to) {
  return hob::FailingCalls::Fails(SYS_rename) ? -1 : __real_rename(from, to);
}

int __real_renameat2(int from_directory, const char* from, int to_directory, const char* to,
                     unsigned flags);
int __wrap_renameat2(int from_directory, const char* from, int to_directory, const char* to,
                     unsigned flags) {
  if (hob::FailingCalls::Fails(SYS_rename)) return -1;
  return __real_renameat2(from_directory, from, to_directory, to, flags);
}

int __real_unlink(const char* path);
int __wrap_unlink(const char* path) {
  return hob::FailingCalls::Fails(SYS_unlink) ? -1 : __real_unlink(path);
}

// Descriptors.

int __real_dup3(int from, int to, int flags);
int __wrap_dup3(int from, int to, int flags) {
  return hob::FailingCalls::Fails(SYS_dup3) ? -1 : __real_dup3(from, to, flags);
}

int __real_pipe2(int ends[2], int flags);
int __wrap_pipe2(int ends[2], int flags) {
  return hob::FailingCalls::Fails(SYS_pipe2) ? -1 : __real_pipe2(ends, flags);
}

int __real_poll(struct pollfd* pollers, nfds_t count, int timeout);
int __wrap_poll(struct pollfd* pollers, nfds_t count, int timeout) {
  return hob::FailingCalls::Fails(SYS_poll) ? -1 : __real_poll(pollers, count, timeout);
}

int __real_ppoll(struct pollfd* pollers, nfds_t count, const struct timespec* timeout,
                 const sigset_t* mask);
int __wrap_ppoll(struct pollfd* pollers, nfds_t count, const struct timespec* timeout,
                 const sigset_t* mask) {
  return hob::FailingCalls::Fails(SYS_ppoll) ? -1 : __real_ppoll(pollers, count, timeout, mask);
}

ssize_t __real_read(int fd, void* bytes, size_t size);
ssize_t __wrap_read(int fd, void* bytes, size_t size) {
  return hob::FailingCalls::Fails(SYS_read) ? -1 : __real_read(fd, bytes, size);
}

ssize_t __real_write(int fd, const void* bytes, size_t size);
ssize_t __wrap_write(int fd, const void* bytes, size_t size) {
  return hob::FailingCalls::Fails(SYS_write) ? -1 : __real_write(fd, bytes, size);
}

ssize_t __real_pread(int fd, void* bytes, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void* bytes, size_t size, off_t offset) {
  return hob::FailingCalls::Fails(SYS_pread64) ? -1 : __real_pread(fd, bytes, size, offset);
}

ssize_t __real_pwrite(int fd, const void* bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return hob::FailingCalls::Fails(SYS_pwrite64) ? -1 : __real_pwrite(fd, bytes, size, offset);
}

ssize_t __real_splice(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t size,
                      unsigned flags);
ssize_t __wrap_splice(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t size,
                      unsigned flags) {
  if (hob::FailingCalls::Fails(SYS_splice)) return -1;
  return __real_splice(in, in_offset, out, out_offset, size, flags);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd) { return hob::FailingCalls::Fails(SYS_fsync) ? -1 : __real_fsync(fd); }

int __real_fstat(int fd, struct stat* status);
int __wrap_fstat(int fd, struct stat* status) {
  return hob::FailingCalls::Fails(SYS_fstat) ? -1 : __real_fstat(fd, status);
}

int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode) {
  return hob::FailingCalls::Fails(SYS_fchmod) ? -1 : __real_fchmod(fd, mode);
}

int __real_fchown(int fd, uid_t owner, gid_t group);
int __wrap_fchown(int fd, uid_t owner, gid_t group) {
  return hob::FailingCalls::Fails(SYS_fchown) ? -1 : __real_fchown(fd, owner, group);
}

// Processes.

int __real_kill(pid_t process, int signal);
int __wrap_kill(pid_t process, int signal) {
  return hob::FailingCalls::Fails(SYS_kill) ? -1 : __real_kill(process, signal);
}

int __real_waitid(idtype_t kind, id_t id, siginfo_t* info, int options);
int __wrap_waitid(idtype_t kind, id_t id, siginfo_t* info, int options) {
  return hob::FailingCalls::Fails(SYS_waitid) ? -1 : __real_waitid(kind, id, info, options);
}

}  // extern "C"
