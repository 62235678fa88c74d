#ifndef HOB_SERVER_OUTPUT_LOG_COMPRESSOR_H_
#define HOB_SERVER_OUTPUT_LOG_COMPRESSOR_H_

#include <deque>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/output/log_files.h"

namespace hob {

// Compresses rotated logs with zstd, one at a time, on a thread of the lowest priority: nobody
// waits for it. A backup that cannot be compressed (a full disk) stays as it is until the next
// rotation of its log asks again.
//
// Thread-safe.
class LogCompressor {
 public:
  // Starts the thread.
  LogCompressor();
  // Leaves what it is about undone and ends the thread.
  ~LogCompressor();

  LogCompressor(const LogCompressor&) = delete;
  LogCompressor& operator=(const LogCompressor&) = delete;

  // Has every backup of `files` compressed that is not yet. Returns at once.
  void Request(std::shared_ptr<LogFiles> files) ABSL_LOCKS_EXCLUDED(mu_);

  // Blocks until everything that was asked for is done.
  void WaitUntilIdle() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mu_);
  void CompressBackups(LogFiles& files);
  // Compresses what `from` holds into a new file at `path`. False when that failed or is to stop.
  bool Compress(LogFiles::Opened from, const std::string& path);
  bool ending() const ABSL_LOCKS_EXCLUDED(mu_);

  mutable absl::Mutex mu_;
  std::deque<std::shared_ptr<LogFiles>> queue_ ABSL_GUARDED_BY(mu_);
  bool busy_ ABSL_GUARDED_BY(mu_) = false;
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_COMPRESSOR_H_
