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

// The files of one log, shared by who writes it, who compresses its backups and who reads it: which
// file is which while they are renamed.
//
// A file is known by its sequence number, which it keeps: that of the file being written is
// current(), and each rotation adds 1, so that PATH.1 is current() - 1. What an earlier server left
// has numbers below 0. A rotated file never changes again, but for its compression.
//
// Thread-safe. Holds no descriptors.
class LogFiles {
 public:
  // Told that a log has grown or has ended. Called on the thread of the log's writer: it must only
  // take note. Outlives its registration.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnMore() = 0;
  };

  explicit LogFiles(std::string path) : path_(std::move(path)) {}

  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;

  const std::string& path() const { return path_; }
  // The index of the file being written.
  std::string index_path() const;

  int64_t current() const ABSL_LOCKS_EXCLUDED(mu_);

  // The sequence number of the oldest file that is there, every number between it and current()
  // included.
  int64_t Oldest() const ABSL_LOCKS_EXCLUDED(mu_);

  // How many bytes the files from number 0 to that before `sequence` have; below 0 for the files of
  // an earlier server. Absent when a file that would have to be counted is gone.
  absl::optional<int64_t> StartOf(int64_t sequence) const ABSL_LOCKS_EXCLUDED(mu_);

  // A file opened for reading.
  struct Opened {
    // Not ok() when there is no such file.
    UniqueFd fd;
    bool compressed = false;
  };
  Opened Open(int64_t sequence) const ABSL_LOCKS_EXCLUDED(mu_);
  // The file uncompressed; not ok() when it is not there so.
  UniqueFd OpenUncompressed(int64_t sequence) const ABSL_LOCKS_EXCLUDED(mu_);
  UniqueFd OpenIndex(int64_t sequence) const ABSL_LOCKS_EXCLUDED(mu_);

  // Makes the file being written, which has `size` bytes, the latest backup, keeps the latest
  // `backups` of them and removes the others. Returns 0, or the errno(3) of what failed: then
  // nothing of the file being written has changed.
  int Rotate(int backups, int64_t size) ABSL_LOCKS_EXCLUDED(mu_);

  // The rotated files that are there uncompressed, the oldest first; a crash may have left one
  // beside its compressed form.
  std::vector<int64_t> Uncompressed() const ABSL_LOCKS_EXCLUDED(mu_);
  // Puts the file at `compressed` beside the rotated file `sequence`, as that in compressed form:
  // readers take it from here on. False, and nothing has changed, when that is gone.
  bool AddCompressed(int64_t sequence, const std::string& compressed) ABSL_LOCKS_EXCLUDED(mu_);
  // Removes a rotated file that is there in compressed form; else does nothing.
  void RemoveUncompressed(int64_t sequence) ABSL_LOCKS_EXCLUDED(mu_);

  // Held while bytes are moved and files rotated: two daemons whose names differ by `.err` share a
  // file.
  absl::Mutex& write_mutex() ABSL_LOCK_RETURNED(write_mu_) { return write_mu_; }

  // Who may write to the log, counted; without any, it has ended.
  void AddWriter();
  void RemoveWriter();
  bool ended() const { return writers_ == 0; }

  // Tells the listeners that bytes have come.
  void NoteMore() ABSL_LOCKS_EXCLUDED(listeners_mu_);
  void AddListener(Listener* listener) ABSL_LOCKS_EXCLUDED(listeners_mu_);
  // After the return, the listener is not called any more.
  void RemoveListener(Listener* listener) ABSL_LOCKS_EXCLUDED(listeners_mu_);

 private:
  // The name of the file `back` rotations ago, without ".zst".
  std::string Name(int64_t back) const;
  // Whether there is such a backup. Where that cannot be told, false, and errno(3) is not 0; else
  // it is.
  bool ExistsLocked(int64_t back) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RemoveLocked(int64_t back) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Gives every name of a backup a number that is higher by `by`, and free. Returns 0 or errno(3):
  // then nothing has changed.
  int ShiftLocked(int64_t back, int by) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Takes back what was shifted before `failed` could not be, down from `oldest`: a number stands
  // for the same bytes until a rotation is whole. Returns `error`.
  int UnshiftLocked(int64_t failed, int64_t oldest, int error) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string path_;

  // Never held while bytes are read or written.
  mutable absl::Mutex mu_;
  int64_t current_ ABSL_GUARDED_BY(mu_) = 0;
  // Bytes of the files 0 to current_ - 1.
  int64_t start_of_current_ ABSL_GUARDED_BY(mu_) = 0;

  absl::Mutex write_mu_;
  std::atomic<int> writers_ = 0;

  std::atomic<bool> has_listeners_ = false;
  absl::Mutex listeners_mu_;
  std::vector<Listener*> listeners_ ABSL_GUARDED_BY(listeners_mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_FILES_H_
