#ifndef HOB_SERVER_OUTPUT_LOG_FILES_H_
#define HOB_SERVER_OUTPUT_LOG_FILES_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/optional.h"
#include "server/posix/unique_fd.h"

namespace hob {

// Tracks the files of one log while they are renamed. Shared by the log's writer, its archiver and
// its readers.
//
// Each file has a sequence number that never changes. The file being written has the number
// current(); each rotation adds 1, so PATH.1 is current() - 1. Files of an earlier server have
// numbers below 0. A rotated file never changes again, except that it may be compressed.
//
// Thread-safe. Holds no descriptors.
class LogFiles {
 public:
  // Notified when a log has grown or has ended. Called on the thread of the log's writer, so it
  // must return at once. Outlives its registration.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnChange() = 0;
  };

  explicit LogFiles(std::string path) : path_(std::move(path)) {}

  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;

  const std::string& path() const { return path_; }
  // Returns the path of the index of the file being written.
  std::string index_path() const;

  int64_t current() const ABSL_LOCKS_EXCLUDED(mu_);

  // Returns the sequence number of the oldest file. Every number between it and current() exists.
  int64_t Oldest() const ABSL_LOCKS_EXCLUDED(mu_);

  // Returns the number of bytes in files 0 to `sequence` - 1; negative for files of an earlier
  // server. Absent if a file in that range is gone.
  absl::optional<int64_t> StartOf(int64_t sequence) const ABSL_LOCKS_EXCLUDED(mu_);

  // A file opened for reading.
  struct Opened {
    // Not ok() if the file does not exist.
    UniqueFd fd;
    bool compressed = false;
  };
  Opened Open(int64_t sequence) const ABSL_LOCKS_EXCLUDED(mu_);
  // Opens the uncompressed file; not ok() if it does not exist in that form.
  UniqueFd OpenUncompressed(int64_t sequence) const ABSL_LOCKS_EXCLUDED(mu_);
  UniqueFd OpenIndex(int64_t sequence) const ABSL_LOCKS_EXCLUDED(mu_);

  // Turns the file being written, which has `size` bytes, into the latest backup, keeps the latest
  // `backups` and removes the others. Returns 0, or the errno(3) of the failure; the file being
  // written is then unchanged.
  int Rotate(int backups, int64_t size) ABSL_LOCKS_EXCLUDED(mu_);

  // Returns the rotated files that exist uncompressed, oldest first. After a crash, a file may
  // exist both uncompressed and compressed.
  std::vector<int64_t> Uncompressed() const ABSL_LOCKS_EXCLUDED(mu_);
  // Moves the file at `compressed` into place as the compressed form of rotated file `sequence`;
  // readers use it from here on. Returns false and changes nothing if the rotated file is gone.
  bool AddCompressed(int64_t sequence, const std::string& compressed) ABSL_LOCKS_EXCLUDED(mu_);
  // Removes the uncompressed form of a rotated file if its compressed form exists; else does
  // nothing.
  void RemoveUncompressed(int64_t sequence) ABSL_LOCKS_EXCLUDED(mu_);

  // Held while bytes are written and files are rotated: two daemons whose names differ by `.err`
  // share a file.
  absl::Mutex& write_mutex() ABSL_LOCK_RETURNED(write_mu_) { return write_mu_; }

  // Counts the log's writers. A log without writers has ended.
  void AddWriter();
  void RemoveWriter();
  bool ended() const { return writers_ == 0; }

  // Tells the listeners that the log has grown or has ended.
  void NotifyListeners() ABSL_LOCKS_EXCLUDED(listeners_mu_);
  void AddListener(Listener* listener) ABSL_LOCKS_EXCLUDED(listeners_mu_);
  // The listener is never called after this returns.
  void RemoveListener(Listener* listener) ABSL_LOCKS_EXCLUDED(listeners_mu_);

 private:
  // Returns the path of the file `back` rotations ago, without ".zst".
  std::string Name(int64_t back) const;
  // True if the backup exists. If that cannot be determined, returns false and sets errno(3);
  // otherwise errno is 0.
  bool ExistsLocked(int64_t back) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RemoveLocked(int64_t back) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Adds `by` to the number in every name of backup `back`; the new number must be free. Returns 0
  // or errno(3); nothing has changed then.
  int ShiftLocked(int64_t back, int by) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Undoes the shifts of backups `oldest` down to `failed` + 1, so that a number stands for the
  // same bytes until a rotation is complete. Returns `error`.
  int UnshiftLocked(int64_t failed, int64_t oldest, int error) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string path_;

  // Never held while bytes are read or written.
  mutable absl::Mutex mu_;
  int64_t current_ ABSL_GUARDED_BY(mu_) = 0;
  // Total bytes of files 0 to current_ - 1.
  int64_t start_of_current_ ABSL_GUARDED_BY(mu_) = 0;

  absl::Mutex write_mu_;
  std::atomic<int> writers_ = 0;

  std::atomic<bool> has_listeners_ = false;
  absl::Mutex listeners_mu_;
  std::vector<Listener*> listeners_ ABSL_GUARDED_BY(listeners_mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_FILES_H_
