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
    Passed(Passed&& other) noexcept = default;
    Passed& operator=(Passed&&) = delete;
    ~Passed();

    // Returns where the child finds each, in the order of Pass; ends before the first that could
    // not be passed.
    const std::vector<int>& places() const { return places_; }
    // Returns the errno(3) of that one; 0 if there is none.
    int error() const { return error_; }

   private:
    friend class SpawnSlots;
    explicit Passed(SpawnSlots* slots) : slots_(slots) {}

    SpawnSlots* slots_;
    // Indices of the slots in use; empty if the places are the descriptors themselves.
    std::vector<int> taken_;
    std::vector<int> places_;
    int error_ = 0;
  };

  // Puts open descriptors where a child that copies little still gets them. When other spawns use
  // the slots it waits, but at most a tenth of a second because one of them may hang in execve;
  // after that, and for more descriptors than there are slots, the child copies as much as it
  // takes.
  Passed Pass(const std::vector<int>& descriptors);

  // A path that opens the read end of the hold pipe anew, in a child that has kept hold_slot(). The
  // write end is nowhere but in this object: children see the end of the file when the server is
  // gone.
  const std::string& hold_path() const { return hold_path_; }
  int hold_slot() const { return hold_read_.get(); }

  // Where a child finds the record; -1 where none was given.
  int record_slot() const { return record_.get(); }

 private:
  SpawnSlots() = default;
  absl::Status Reserve(int record);
  // Returns the indices of `count` slots that nothing uses; none if they do not get free in time.
  std::vector<int> TakeSlots(size_t count) ABSL_LOCKS_EXCLUDED(mu_);
  void GiveBack(const Passed& passed) ABSL_LOCKS_EXCLUDED(mu_);
  // Puts a descriptor into a slot. Returns the number of the slot, or -1 with errno set.
  int Fill(UniqueFd* slot, int fd) const;
  // Makes a slot hold something harmless again.
  void Vacate(UniqueFd* slot) const;

  UniqueFd hold_read_;
  UniqueFd hold_write_;
  UniqueFd record_;
  std::string hold_path_;

  // Never resized. Each is used by the spawn that has taken it; one that could not be vacated is
  // closed until it is used again.
  std::vector<UniqueFd> slots_;
  Mutex mu_;
  CondVar freed_;
  // Indices of the slots that nothing uses; the last is taken first, and at first the lowest.
  std::vector<int> free_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_SPAWN_SLOTS_H_
