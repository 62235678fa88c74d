#ifndef HOB_SERVER_OUTPUT_LOG_STORE_H_
#define HOB_SERVER_OUTPUT_LOG_STORE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "server/output/descriptor_pool.h"
#include "server/output/leftover_output.h"
#include "server/output/log_archiver.h"
#include "server/output/log_files.h"
#include "server/output/log_names.h"
#include "server/output/weak_map.h"
#include "server/sync/mutex.h"

namespace hob {

// Holds all logs of the server, so that writers and readers of a log share one object.
//
// Thread-safe. Outlives all writers and readers.
class LogStore {
 public:
  struct Options {
    // Directory of the logs; must exist.
    std::string log_dir;
    // Directory of the FIFOs, accessible to no other user. Recreated if it is missing.
    std::string fifo_dir;
    // Number of descriptors that all writers together may have open, and how many of them idle
    // writers may keep. With more logs than that, each write opens its log: slower, but a
    // descriptor is held only briefly.
    int max_for_writers = 192;
    int max_kept_by_writers = 144;
    // Number of logs that may stay open between two reads.
    int max_kept_by_readers = 24;
    // Gets a line for the administrator: output that waits or is lost, a deleted run_dir. Called on
    // any thread; must not block.
    std::function<void(const std::string& line)> warn = [](const std::string&) {};
  };

  // Upper bound on the descriptors that all logs together hold, however many daemons there are.
  // Used for planning the server's descriptors. Excludes FIFOs: each stream of a running daemon has
  // one.
  static constexpr int kMaxDescriptors = 256;

  explicit LogStore(Options options)
      : options_(std::move(options)),
        writer_pool_(options_.max_for_writers, options_.max_kept_by_writers),
        reader_pool_(options_.max_kept_by_readers, options_.max_kept_by_readers),
        leftovers_(options_.warn) {}

  LogStore(const LogStore&) = delete;
  LogStore& operator=(const LogStore&) = delete;

  std::string FifoPathOf(const std::string& daemon, OutputStream stream) const {
    return FifoPath(options_.fifo_dir, daemon, stream);
  }

  // Returns the log of a stream; concurrent users share one object. Never null; does not check that
  // the daemon exists.
  std::shared_ptr<LogFiles> Find(const std::string& daemon, OutputStream stream)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Returns the counter of bytes written to the log of a stream. Concurrent users share one
  // counter, which lasts while someone holds it.
  std::shared_ptr<std::atomic<int64_t>> CounterOf(const std::string& daemon, OutputStream stream)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Bytes that a daemon has written to its logs since hob has known it.
  struct Written {
    int64_t stdout_bytes = 0;
    int64_t stderr_bytes = 0;
  };
  // Returns the totals of every daemon whose counters are held, by name. Never waits for a writer.
  std::map<std::string, Written> AllWritten() const ABSL_LOCKS_EXCLUDED(mu_);

  LogArchiver& archiver() { return archiver_; }

  // Descriptors for logs and indexes being written.
  DescriptorPool& writer_pool() { return writer_pool_; }
  // Descriptors for logs kept open between two reads; each entry stands for two descriptors.
  DescriptorPool& reader_pool() { return reader_pool_; }

  // Returns the unwritten output of daemons that are gone.
  LeftoverOutput& leftovers() { return leftovers_; }

  // Recreates the directory of the FIFOs if it was deleted, and reports that. On failure, returns
  // false and sets errno(3).
  bool MakeFifoDir();

 private:
  const Options options_;
  DescriptorPool writer_pool_;
  DescriptorPool reader_pool_;

  mutable Mutex mu_;
  // Keyed by path. Logs are owned by their users, counters by their writers.
  WeakMap<std::string, LogFiles> logs_ ABSL_GUARDED_BY(mu_);
  WeakMap<std::pair<std::string, OutputStream>, std::atomic<int64_t>> counters_
      ABSL_GUARDED_BY(mu_);

  LogArchiver archiver_;
  // Uses all of the above.
  LeftoverOutput leftovers_;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_STORE_H_
