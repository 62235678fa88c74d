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

// One live instance, in the format of the file. The size is fixed so that one write stores an
// entry.
struct InstanceRecordEntry {
  // Main process, leader of its own session; 0 if the entry is free.
  int32_t pid = 0;
  int32_t unused = 0;
  // CLOCK_BOOTTIME shortly after the process was created.
  int64_t boot_time_nanos = 0;
  // Mark carried by every process of the instance (instance_mark.h); 0 if it has none.
  uint64_t mark = 0;
  // The daemon's name, at most 64 bytes, NUL-terminated.
  char name[72] = {};
};

// Precedes the entries in the file.
struct InstanceRecordHeader {
  // Identifies the layout of the file. Files with another value are not read.
  char magic[16] = {};
  // Boot that the pids and times belong to, from /proc/sys/kernel/random/boot_id.
  char boot_id[48] = {};
  // Control group that contains the daemons' groups; empty without control groups.
  char group[448] = {};
};

// The instance record: the file `instances` in run_dir, which tells the next server what a crash
// left running. The child itself writes its entry before execve, so no daemon runs unrecorded.
// Thread-safe.
class InstanceRecord {
 public:
  // Creates an empty record and discards any old one. `run_dir` must exist and be accessible to
  // this user only. Errors name the file.
  static absl::StatusOr<std::unique_ptr<InstanceRecord>> Create(const std::string& run_dir,
                                                                const std::string& group);
  // Removes the file, because an orderly shutdown leaves nothing to clean up. Keeps the file after
  // LeaveBehind.
  ~InstanceRecord();

  // Returns a descriptor of the file, open for reading and writing.
  int fd() const { return file_.get(); }

  // Reserve and free an entry. `Release` clears the entry in the file.
  int Acquire() ABSL_LOCKS_EXCLUDED(mu_);
  void Release(int entry) ABSL_LOCKS_EXCLUDED(mu_);

  // Fills an acquired entry. Spawned children fill their own.
  absl::Status Write(int entry, const InstanceRecordEntry& contents);

  // Keeps the file on destruction, so that acquired entries remain for the next server. Called if
  // part of an instance is still alive.
  void LeaveBehind() { left_behind_ = true; }

  // Returns the offset of an entry in the file, in bytes.
  static int64_t Offset(int entry);

  // Holds the contents of a record. Read has verified everything that can be verified without the
  // processes: owner, mode 0600, regular file, layout, current boot.
  struct Contents {
    std::string group;
    std::vector<InstanceRecordEntry> entries;
  };
  // Returns the contents of the record in `run_dir`; empty if there is no record or it is from
  // another boot. Returns FailedPrecondition naming the file if the record cannot be trusted, and
  // another error if it cannot be read.
  static absl::StatusOr<Contents> Read(const std::string& run_dir);

 private:
  InstanceRecord(std::string path, UniqueFd file)
      : path_(std::move(path)), file_(std::move(file)) {}

  const std::string path_;
  const UniqueFd file_;
  Mutex mu_;
  // Released entries.
  std::vector<int> free_ ABSL_GUARDED_BY(mu_);
  // Number of entries ever used.
  int entries_ ABSL_GUARDED_BY(mu_) = 0;
  std::atomic<bool> left_behind_{false};
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_RECORD_INSTANCE_RECORD_H_
