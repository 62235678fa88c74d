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

// Brings rotated logs to the disk (fsync(2)) and compresses them with zstd, one at a time, on a
// thread of the lowest priority: nothing waits for it. A backup is removed only when its compressed
// form is on the disk under its name. One that cannot be compressed (a full disk) stays as it is
// until the next rotation of its log asks again.
//
// Holds at most kMostDescriptors. Thread-safe.
class LogArchiver {
 public:
  static constexpr int kMostDescriptors = 2;

  // Has the kernel bring a file or folder to the disk; false when that failed.
  using Sync = std::function<bool(int fd)>;

  // Starts the thread, which is the one that calls `sync`.
  explicit LogArchiver(Sync sync = SyncToDisk);

  LogArchiver(const LogArchiver&) = delete;
  LogArchiver& operator=(const LogArchiver&) = delete;

  // Called when the file `sequence` of `files` was rotated: brings it to the disk and, with
  // `compress`, compresses every backup of the log that is not yet compressed. Returns at once.
  void Request(std::shared_ptr<LogFiles> files, int64_t sequence, bool compress)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Blocks until everything that was requested is done.
  void WaitUntilIdle() ABSL_LOCKS_EXCLUDED(mu_);

  // Gives up the work under way, without a trace, and ends the thread: nothing is done any more.
  // Called by one thread at a time, and at the latest by the destructor.
  void End() ABSL_LOCKS_EXCLUDED(mu_) { thread_.End(); }

 private:
  struct Task {
    std::shared_ptr<LogFiles> files;
    // The first file that was rotated.
    int64_t first;
    bool compress;
  };

  // fsync(2).
  static bool SyncToDisk(int fd);

  void Loop() ABSL_LOCKS_EXCLUDED(mu_);
  // Brings the backups from `first` on to the disk.
  void SyncBackups(const LogFiles& files, int64_t first);
  bool SyncFolderOf(const LogFiles& files);
  void CompressBackups(LogFiles& files);
  // Puts a compressed form of the backup beside it. False when that failed or is to stop.
  bool CompressBeside(LogFiles& files, int64_t sequence);
  // Compresses what `from` holds into a new file at `path`, and brings that to the disk. False when
  // that failed or is to stop.
  bool Compress(UniqueFd from, const std::string& path);

  const Sync sync_;
  Mutex mu_;
  CondVar changed_;
  // One a log.
  std::deque<Task> queue_ ABSL_GUARDED_BY(mu_);
  bool busy_ ABSL_GUARDED_BY(mu_) = false;
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_ARCHIVER_H_
