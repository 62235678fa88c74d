#ifndef HOB_SERVER_PROCESS_SPAWN_SPAWN_SLOTS_H_
#define HOB_SERVER_PROCESS_SPAWN_SPAWN_SLOTS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "server/posix/unique_fd.h"
#include "server/sync/mutex.h"

namespace hob {

// Holds low descriptor numbers for as long as it lives. A child copies the descriptor table only up
// to the highest number that it needs, so what children need is kept at the bottom and a spawn
// costs the same however many descriptors the server has open. Made early, before thousands of
// descriptors are open, which is all that keeps the numbers low: other threads may open and close
// descriptors meanwhile, so that no number says anything about another. Thread-safe.
class SpawnSlots {
 public:
  // Reserves the slots. `record` is copied to one of them. ResourceExhausted when there are not
  // enough descriptors.
  static absl::StatusOr<std::unique_ptr<SpawnSlots>> Create(int record);

  // Descriptors that are passed on to one child. Frees its slots when destroyed.
  class Passed {
   public:
    Passed(Passed&& other) noexcept;
    Passed& operator=(Passed&&) = delete;
    ~Passed();

    // Where the child finds them; -1 where none was passed, or it could not be.
    int ready() const { return ready_; }
    int status() const { return status_; }
    // The errno(3) of one that could not be passed; 0: there is none.
    int error() const { return error_; }

   private:
    friend class SpawnSlots;
    Passed(SpawnSlots* slots, int pair, int ready, int status, int error)
        : slots_(slots), pair_(pair), ready_(ready), status_(status), error_(error) {}

    SpawnSlots* slots_;
    // Index of the slots in use; -1: none.
    int pair_;
    int ready_;
    int status_;
    int error_;
  };

  // Puts descriptors where a child that copies little still gets them; -1 is none, and both -1 is
  // the cheap case. When other spawns use all the slots it waits, but at most a tenth of a second
  // because one of them may hang in execve; after that the child copies as much as it takes.
  Passed Pass(int ready, int status);

  // A path that opens the read end of the hold pipe anew, in a child that has kept hold_slot(). The
  // write end is nowhere but in this object: children see the end of the file when the server is
  // gone.
  const std::string& hold_path() const { return hold_path_; }
  int hold_slot() const { return hold_read_.get(); }

  // Where a child finds the record; -1 where none was given.
  int record_slot() const { return record_.get(); }

 private:
  struct Pair {
    // None where one could not be vacated, until the pair is used again.
    UniqueFd ready;
    UniqueFd status;
  };

  SpawnSlots() = default;
  absl::Status Reserve(int record);
  // Returns the index of a pair that nothing uses; -1 if none gets free in time.
  int TakePair() ABSL_LOCKS_EXCLUDED(mu_);
  void GiveBack(const Passed& passed) ABSL_LOCKS_EXCLUDED(mu_);
  // Puts a descriptor, if it is one, into a slot. Returns the slot, or -1 with the errno(3) in
  // `*error` when that fails.
  int Fill(UniqueFd* slot, int fd, int* error) const;
  // Makes a slot hold something harmless again.
  void Vacate(UniqueFd* slot) const;

  UniqueFd hold_read_;
  UniqueFd hold_write_;
  UniqueFd record_;
  std::string hold_path_;

  // Never resized. Each is used by the spawn that has taken it.
  std::vector<Pair> pairs_;
  Mutex mu_;
  CondVar freed_;
  // Indices of the pairs that nothing uses; the last is taken first, and at first the lowest.
  std::vector<int> free_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_SPAWN_SLOTS_H_
