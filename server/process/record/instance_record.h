#ifndef HOB_SERVER_PROCESS_RECORD_INSTANCE_RECORD_H_
#define HOB_SERVER_PROCESS_RECORD_INSTANCE_RECORD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "server/posix/unique_fd.h"
#include "server/sync/mutex.h"

namespace hob {

// One live instance, as the file holds it. Fixed size, so that an entry is one write.
struct InstanceRecordEntry {
  // The main process, which leads a session of its own; 0: the entry is free.
  int32_t pid = 0;
  int32_t unused = 0;
  // CLOCK_BOOTTIME shortly after the process was made.
  int64_t boot_time_nanos = 0;
  // What everything that the instance starts bears (instance_mark.h); 0: it has no mark.
  uint64_t mark = 0;
  // The daemon's name, at most 64 bytes, ended by NUL.
  char name[72] = {};
};

// What stands before the entries.
struct InstanceRecordHeader {
  // Layout of the file; another one is not read.
  char magic[16] = {};
  // The boot that pids and times belong to, from /proc/sys/kernel/random/boot_id.
  char boot_id[48] = {};
  // The control group that holds those of the daemons; empty without control groups.
  char group[448] = {};
};

// The record of what is alive: a file `instances` in run_dir that says to a successor of this
// server what a crash left running. An entry is written by the child itself
// before its execve, so that nothing runs unrecorded. Thread-safe.
class InstanceRecord {
 public:
  // Starts an empty record; the old one, if any, is lost. `run_dir` exists and is ours alone.
  // Errors name the file.
  static absl::StatusOr<std::unique_ptr<InstanceRecord>> Create(const std::string& run_dir,
                                                                const std::string& group);
  // Takes the file away: an orderly end leaves nothing to clean up. Keeps it after LeaveBehind.
  ~InstanceRecord();

  // The file, for reading and writing.
  int fd() const { return file_.get(); }

  // Reserves an entry and gives it back. What `Release` gives back is cleared in the file.
  int Acquire() ABSL_LOCKS_EXCLUDED(mu_);
  void Release(int entry) ABSL_LOCKS_EXCLUDED(mu_);

  // Fills an acquired entry. Children fill theirs themselves.
  absl::Status Write(int entry, const InstanceRecordEntry& contents);

  // Keeps an entry that was acquired for a successor: something of the instance is still alive.
  void LeaveBehind() { left_behind_ = true; }

  // Where an entry begins in the file, bytes.
  static int64_t Offset(int entry);

  // Holds what a record says. Everything that can be checked without the process itself has been:
  // owner, mode 0600, a regular file, the layout, this boot.
  struct Contents {
    std::string group;
    std::vector<InstanceRecordEntry> entries;
  };
  // Contents of the record in `run_dir`; empty when there is none or it is of another boot.
  // FailedPrecondition names the file when it is not to be trusted; another error when it cannot be
  // read.
  static absl::StatusOr<Contents> Read(const std::string& run_dir);

 private:
  InstanceRecord(std::string path, UniqueFd file)
      : path_(std::move(path)), file_(std::move(file)) {}

  const std::string path_;
  const UniqueFd file_;
  Mutex mu_;
  // Entries given back.
  std::vector<int> free_ ABSL_GUARDED_BY(mu_);
  // Number of entries ever used.
  int entries_ ABSL_GUARDED_BY(mu_) = 0;
  std::atomic<bool> left_behind_{false};
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_RECORD_INSTANCE_RECORD_H_
