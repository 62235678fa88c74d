#include "server/output/testing/failing_calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <iterator>

namespace hob {
namespace {

enum Call {
  kOpen,
  kFstat,
  kLstat,
  kSplice,
  kPwrite,
  kPread,
  kWrite,
  kRename,
  kUnlink,
  kFsync,
  kMkfifo,
  kFchown,
  kNone
};
constexpr const char* kNames[] = {"open",  "fstat",  "lstat",  "splice", "pwrite", "pread",
                                  "write", "rename", "unlink", "fsync",  "mkfifo", "fchown"};

std::atomic<int> g_call{kNone};
std::atomic<int> g_until{0};
std::atomic<bool> g_for_good{false};
std::atomic<int> g_error{0};
std::atomic<int> g_failed{0};
thread_local bool t_paused = false;

// Whether this call is one that fails; sets errno(3) then.
bool Fails(Call call) {
  if (g_call != call || t_paused) return false;
  const int left = --g_until;
  if (left > 0 || (left < 0 && !g_for_good)) return false;
  ++g_failed;
  errno = g_error;
  return true;
}

}  // namespace

std::vector<std::string> FailingCalls::Names() { return {std::begin(kNames), std::end(kNames)}; }

FailingCalls::FailingCalls(const Fault& fault) {
  g_until = fault.number;
  g_for_good = fault.for_good;
  g_error = fault.error_number;
  g_failed = 0;
  for (int call = 0; call < kNone; ++call) {
    if (fault.call == kNames[call]) g_call = call;
  }
}

FailingCalls::~FailingCalls() { g_call = kNone; }

int FailingCalls::failed() const { return g_failed; }

FailingCalls::Pause::Pause() { t_paused = true; }
FailingCalls::Pause::~Pause() { t_paused = false; }

}  // namespace hob

// The linker's names for "instead of" and "the one itself": ld(1), --wrap.
extern "C" {

int __real_open(const char* path, int flags, ...);
int __wrap_open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  // Read as the C library reads it: there is none without O_CREAT, and nobody looks at it then.
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return hob::Fails(hob::kOpen) ? -1 : __real_open(path, flags, mode);
}

int __real_fstat(int fd, struct stat* status);
int __wrap_fstat(int fd, struct stat* status) {
  return hob::Fails(hob::kFstat) ? -1 : __real_fstat(fd, status);
}

int __real_lstat(const char* path, struct stat* status);
int __wrap_lstat(const char* path, struct stat* status) {
  return hob::Fails(hob::kLstat) ? -1 : __real_lstat(path, status);
}

ssize_t __real_splice(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t size,
                      unsigned flags);
ssize_t __wrap_splice(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t size,
                      unsigned flags) {
  if (hob::Fails(hob::kSplice)) return -1;
  return __real_splice(in, in_offset, out, out_offset, size, flags);
}

ssize_t __real_pwrite(int fd, const void* bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return hob::Fails(hob::kPwrite) ? -1 : __real_pwrite(fd, bytes, size, offset);
}

ssize_t __real_pread(int fd, void* bytes, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void* bytes, size_t size, off_t offset) {
  return hob::Fails(hob::kPread) ? -1 : __real_pread(fd, bytes, size, offset);
}

ssize_t __real_write(int fd, const void* bytes, size_t size);
ssize_t __wrap_write(int fd, const void* bytes, size_t size) {
  return hob::Fails(hob::kWrite) ? -1 : __real_write(fd, bytes, size);
}

int __real_rename(const char* from, const char* to);
int __wrap_rename(const char* from, const char* to) {
  return hob::Fails(hob::kRename) ? -1 : __real_rename(from, to);
}

int __real_renameat2(int from_folder, const char* from, int to_folder, const char* to,
                     unsigned flags);
int __wrap_renameat2(int from_folder, const char* from, int to_folder, const char* to,
                     unsigned flags) {
  if (hob::Fails(hob::kRename)) return -1;
  return __real_renameat2(from_folder, from, to_folder, to, flags);
}

int __real_unlink(const char* path);
int __wrap_unlink(const char* path) { return hob::Fails(hob::kUnlink) ? -1 : __real_unlink(path); }

int __real_fsync(int fd);
int __wrap_fsync(int fd) { return hob::Fails(hob::kFsync) ? -1 : __real_fsync(fd); }

int __real_mkfifo(const char* path, mode_t mode);
int __wrap_mkfifo(const char* path, mode_t mode) {
  return hob::Fails(hob::kMkfifo) ? -1 : __real_mkfifo(path, mode);
}

int __real_fchown(int fd, uid_t owner, gid_t group);
int __wrap_fchown(int fd, uid_t owner, gid_t group) {
  return hob::Fails(hob::kFchown) ? -1 : __real_fchown(fd, owner, group);
}

}  // extern "C"
