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

// All logs of the server: where writers and readers of the same log find each other.
//
// Thread-safe. Outlives who writes and who reads.
class LogStore {
 public:
  struct Options {
    // Where the logs lie; exists.
    std::string log_dir;
    // Where the FIFOs lie; nobody else can look into it. Made anew where it is missing.
    std::string fifo_dir;
    // How many descriptors all writers together may have open, and how many of these are kept
    // while nothing is written for a moment. With more logs than that, a log is opened for each
    // piece of output: slower, but a descriptor is held only that long.
    int most_for_writers = 192;
    int most_kept_by_writers = 144;
    // How many logs may be kept open for those who read on.
    int most_kept_by_readers = 24;
    // Gets a line about what somebody should know: output that waits or is lost, a run_dir that
    // was deleted. Called on any thread; must not block.
    std::function<void(const std::string& line)> warn = [](const std::string&) {};
  };

  // The most descriptors that all logs together ever have open, however many daemons there are:
  // for the planning of all descriptors. FIFOs are not among them; each stream of
  // a daemon that lives has one.
  static constexpr int kMostDescriptors = 256;

  explicit LogStore(Options options)
      : options_(std::move(options)),
        for_writers_(options_.most_for_writers, options_.most_kept_by_writers),
        for_readers_(options_.most_kept_by_readers, options_.most_kept_by_readers),
        leftovers_(options_.warn) {}

  LogStore(const LogStore&) = delete;
  LogStore& operator=(const LogStore&) = delete;

  std::string FifoPathOf(const std::string& daemon, OutputStream stream) const {
    return FifoPath(options_.fifo_dir, daemon, stream);
  }

  // The log of a stream, the same object for all who ask at the same time. Never null; that there
  // is such a daemon is not checked.
  std::shared_ptr<LogFiles> Find(const std::string& daemon, OutputStream stream)
      ABSL_LOCKS_EXCLUDED(mu_);

  // What a writer of the log of a stream adds the bytes to that it writes. The same object for all
  // who ask at the same time: it counts for as long as somebody holds it.
  std::shared_ptr<std::atomic<int64_t>> CounterOf(const std::string& daemon, OutputStream stream)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Bytes that a daemon has written to its logs since it is known.
  struct Written {
    int64_t stdout_bytes = 0;
    int64_t stderr_bytes = 0;
  };
  // Of every daemon whose counters somebody holds, by name. Never waits for a writer.
  std::map<std::string, Written> AllWritten() const ABSL_LOCKS_EXCLUDED(mu_);

  LogArchiver& archiver() { return archiver_; }

  // Of logs and indexes that are written.
  DescriptorPool& for_writers() { return for_writers_; }
  // Of logs that are kept open between two pieces that are read; each stands for two.
  DescriptorPool& for_readers() { return for_readers_; }

  // What daemons that are gone have left to be written.
  LeftoverOutput& leftovers() { return leftovers_; }

  // Makes the folder of the FIFOs where somebody has deleted it, and says so. False, and errno(3)
  // says why, when that is not possible.
  bool MakeFifoDir();

 private:
  const Options options_;
  DescriptorPool for_writers_;
  DescriptorPool for_readers_;

  mutable Mutex mu_;
  // By path. Who uses a log owns it, and who counts a counter.
  WeakMap<std::string, LogFiles> logs_ ABSL_GUARDED_BY(mu_);
  WeakMap<std::pair<std::string, OutputStream>, std::atomic<int64_t>> counters_
      ABSL_GUARDED_BY(mu_);

  LogArchiver archiver_;
  // Uses all of the above.
  LeftoverOutput leftovers_;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_STORE_H_
