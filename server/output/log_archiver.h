#ifndef HOB_SERVER_OUTPUT_LOG_ARCHIVER_H_
#define HOB_SERVER_OUTPUT_LOG_ARCHIVER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "server/output/log_files.h"
#include "server/sync/background_thread.h"
#include "server/sync/mutex.h"

namespace hob {

// Syncs rotated logs to disk (fsync(2)) and compresses them with zstd, one at a time, on a thread
// of the lowest priority; nothing waits for it. Removes a backup only once its compressed form is
// on disk under its final name. A backup that cannot be compressed (a full disk) stays as it is
// until the next rotation of its log.
//
// Holds at most kMaxDescriptors descriptors. Thread-safe.
class LogArchiver {
 public:
  static constexpr int kMaxDescriptors = 2;

  // Syncs a file or directory to disk; returns false on failure.
  using Sync = std::function<bool(int fd)>;

  // Starts the thread. Only that thread calls `sync`.
  explicit LogArchiver(Sync sync = SyncToDisk);

  LogArchiver(const LogArchiver&) = delete;
  LogArchiver& operator=(const LogArchiver&) = delete;

  // Called after file `sequence` of `files` was rotated. Syncs it to disk and, with `compress`,
  // compresses every uncompressed backup of the log. Returns at once.
  void Request(std::shared_ptr<LogFiles> files, int64_t sequence, bool compress)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Blocks until all requests are done.
  void WaitUntilIdle() ABSL_LOCKS_EXCLUDED(mu_);

  // Abandons the work in progress without leaving a trace, and ends the thread; later requests are
  // ignored. Called by one thread at a time; the destructor calls it too.
  void End() ABSL_LOCKS_EXCLUDED(mu_) { thread_.End(); }

 private:
  struct Task {
    std::shared_ptr<LogFiles> files;
    // Sequence number of the first rotated file.
    int64_t first;
    bool compress;
  };

  // Calls fsync(2).
  static bool SyncToDisk(int fd);

  void Loop() ABSL_LOCKS_EXCLUDED(mu_);
  // Syncs the backups from `first` on to disk.
  void SyncBackups(const LogFiles& files, int64_t first);
  bool SyncDirectoryOf(const LogFiles& files);
  void CompressBackups(LogFiles& files);
  // Writes a compressed form of the backup beside it. False on failure or if the thread is ending.
  bool CompressBeside(LogFiles& files, int64_t sequence);
  // Compresses the contents of `from` into a new file at `path` and syncs that to disk. False on
  // failure or if the thread is ending.
  bool Compress(UniqueFd from, const std::string& path);

  const Sync sync_;
  Mutex mu_;
  CondVar changed_;
  // At most one task per log.
  std::deque<Task> queue_ ABSL_GUARDED_BY(mu_);
  bool busy_ ABSL_GUARDED_BY(mu_) = false;
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_ARCHIVER_H_
