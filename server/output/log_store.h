#ifndef HOB_SERVER_OUTPUT_LOG_STORE_H_
#define HOB_SERVER_OUTPUT_LOG_STORE_H_

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/output/log_archiver.h"
#include "server/output/log_files.h"
#include "server/output/log_names.h"

namespace hob {

// All logs of the server: where writers and readers of the same log find each other.
//
// Thread-safe. Outlives who writes and who reads.
class LogStore {
 public:
  struct Options {
    // Where the logs lie; exists.
    std::string log_dir;
    // Where the FIFOs lie; exists, and nobody else can look into it.
    std::string fifo_dir;
    // How many logs may stay open while nothing is written to them for a moment. Beyond it, a log
    // is opened for each piece of output: slower, but a descriptor is held only that long.
    int max_open_logs = 256;
  };

  explicit LogStore(Options options) : options_(std::move(options)) {}

  LogStore(const LogStore&) = delete;
  LogStore& operator=(const LogStore&) = delete;

  std::string FifoPathOf(const std::string& daemon, OutputStream stream) const {
    return FifoPath(options_.fifo_dir, daemon, stream);
  }

  // The log of a stream, the same object for all who ask at the same time. Never null; that there
  // is such a daemon is not checked.
  std::shared_ptr<LogFiles> Find(const std::string& daemon, OutputStream stream)
      ABSL_LOCKS_EXCLUDED(mu_);

  LogArchiver& archiver() { return archiver_; }

  // Whether one more log may stay open; if so, it is counted until ReleaseOpen.
  bool MayStayOpen() {
    if (open_.fetch_add(1) < options_.max_open_logs) return true;
    --open_;
    return false;
  }
  void ReleaseOpen() { --open_; }

 private:
  const Options options_;
  std::atomic<int> open_ = 0;

  absl::Mutex mu_;
  // By path. Who uses a log owns it; what nobody uses is dropped at the next look.
  std::map<std::string, std::weak_ptr<LogFiles>> logs_ ABSL_GUARDED_BY(mu_);

  LogArchiver archiver_;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_STORE_H_
