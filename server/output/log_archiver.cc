#include "server/output/log_archiver.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "server/output/log_source.h"
#include "server/posix/owned_file.h"

namespace hob {
namespace {

// zstd's own default: text shrinks to about a tenth at hundreds of MB a second.
constexpr int kLevel = 3;

// Takes the lowest CPU priority and the idle I/O class (ioprio_set(2)).
void TakeLowestPriority() {
  constexpr int kWhoProcess = 1;
  constexpr int kClassIdle = 3 << 13;
  setpriority(PRIO_PROCESS, syscall(SYS_gettid), 19);
  syscall(SYS_ioprio_set, kWhoProcess, 0, kClassIdle);
}

}  // namespace

LogArchiver::LogArchiver(Sync sync) : sync_(std::move(sync)) {
  thread_.Start([this] { Loop(); },
                [this] {
                  MutexLock lock(&mu_);
                  changed_.WakeAll();
                });
}

bool LogArchiver::SyncToDisk(int fd) { return fsync(fd) == 0; }

void LogArchiver::Request(std::shared_ptr<LogFiles> files, int64_t sequence, bool compress) {
  MutexLock lock(&mu_);
  for (Task& task : queue_) {
    if (task.files != files) continue;
    task.first = std::min(task.first, sequence);
    task.compress = compress;
    return;
  }
  queue_.push_back({std::move(files), sequence, compress});
  changed_.WakeAll();
}

void LogArchiver::WaitUntilIdle() {
  MutexLock lock(&mu_);
  while (!queue_.empty() || busy_) changed_.Wait(&mu_);
}

void LogArchiver::Loop() {
  TakeLowestPriority();
  while (true) {
    Task task;
    {
      MutexLock lock(&mu_);
      while (!thread_.ending() && queue_.empty()) changed_.Wait(&mu_);
      if (thread_.ending()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
      busy_ = true;
    }
    SyncBackups(*task.files, task.first);
    if (task.compress) CompressBackups(*task.files);
    MutexLock lock(&mu_);
    busy_ = false;
    changed_.WakeAll();
  }
}

void LogArchiver::SyncBackups(const LogFiles& files, int64_t first) {
  for (int64_t sequence = std::max(first, files.Oldest()); sequence < files.current(); ++sequence) {
    const UniqueFd backup = files.OpenUncompressed(sequence);
    // It may have been removed meanwhile.
    if (backup.ok()) sync_(backup.get());
  }
  SyncDirectoryOf(files);
}

bool LogArchiver::SyncDirectoryOf(const LogFiles& files) {
  const std::string directory = files.path().substr(0, files.path().rfind('/') + 1);
  const UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.ok() && sync_(fd.get());
}

void LogArchiver::CompressBackups(LogFiles& files) {
  for (int64_t sequence : files.Uncompressed()) {
    // After a crash, the bytes must not be gone while the new name is not yet on disk.
    if (CompressBeside(files, sequence) && SyncDirectoryOf(files))
      files.RemoveUncompressed(sequence);
    if (thread_.ending()) return;
  }
}

bool LogArchiver::CompressBeside(LogFiles& files, int64_t sequence) {
  const std::string path = files.path() + ".zst.tmp";
  UniqueFd from = files.OpenUncompressed(sequence);
  // It may have been removed meanwhile.
  if (!from.ok()) return false;
  if (Compress(std::move(from), path) && files.AddCompressed(sequence, path)) return true;
  unlink(path.c_str());
  return false;
}

bool LogArchiver::Compress(UniqueFd from, const std::string& path) {
  // An existing file is unfinished, or was planted by another user.
  unlink(path.c_str());
  const UniqueFd to(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  struct stat status;
  // Without the size, the compressed form must not replace the original.
  if (!to.ok() || fstat(from.get(), &status) != 0) return false;
  const std::unique_ptr<LogSource> source = LogSource::From({std::move(from), false});
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> encoder(ZSTD_createCCtx(),
                                                                     &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(encoder.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(encoder.get(), ZSTD_c_checksumFlag, 1);
  // Lets readers learn the size without decompressing.
  const int64_t size = status.st_size;
  ZSTD_CCtx_setPledgedSrcSize(encoder.get(), size);
  std::vector<char> plain(ZSTD_CStreamInSize());
  std::vector<char> packed(ZSTD_CStreamOutSize());
  size_t left = 1;
  for (int64_t offset = 0; left != 0;) {
    if (thread_.ending()) return false;
    const int64_t wanted = std::min<int64_t>(plain.size(), size - offset);
    if (source->ReadAt(offset, plain.data(), wanted) != wanted) return false;
    offset += wanted;
    ZSTD_inBuffer in = {plain.data(), static_cast<size_t>(wanted), 0};
    const ZSTD_EndDirective directive = offset == size ? ZSTD_e_end : ZSTD_e_continue;
    do {
      ZSTD_outBuffer out = {packed.data(), packed.size(), 0};
      left = ZSTD_compressStream2(encoder.get(), &out, &in, directive);
      if (ZSTD_isError(left) || !WriteAll(to.get(), absl::string_view(packed.data(), out.pos)))
        return false;
    } while (in.pos < in.size || (directive == ZSTD_e_end && left != 0));
    if (directive == ZSTD_e_continue) left = 1;
  }
  // After a crash, an empty file must not have replaced the bytes.
  return sync_(to.get());
}

}  // namespace hob
