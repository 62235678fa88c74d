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

// Reserves low descriptor numbers for its lifetime. A child copies the descriptor table only up to
// the highest number it needs. Keeping the descriptors for children at low numbers makes the cost
// of a spawn independent of how many descriptors the server has open. Create it early, before
// thousands of descriptors are open; nothing else keeps the numbers low. Other threads may open and
// close descriptors concurrently, so the numbers have no guaranteed order. Thread-safe.
class SpawnSlots {
 public:
  // Reserves the slots and copies `record` to one of them. Returns ResourceExhausted if there are
  // not enough descriptors.
  static absl::StatusOr<std::unique_ptr<SpawnSlots>> Create(int record);

  // The slots of the descriptors passed to one child. Frees them when destroyed.
  class Lease {
   public:
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    // Returns the numbers where the child finds the descriptors, in the order of Pass. Ends before
    // the first descriptor that could not be passed.
    const std::vector<int>& places() const { return places_; }
    // Returns the errno(3) of the descriptor that could not be passed; 0 if all were passed.
    int error() const { return error_; }

   private:
    friend class SpawnSlots;
    explicit Lease(SpawnSlots* slots) : slots_(slots) {}

    SpawnSlots* slots_;
    // Indices of the slots in use; empty if the child uses the original descriptors.
    std::vector<int> taken_;
    std::vector<int> places_;
    int error_ = 0;
  };

  // Copies open descriptors to slots, so that the child need only copy a small table. If other
  // spawns use the slots, waits at most a tenth of a second, because one of them may hang in
  // execve. After that, and if there are more descriptors than slots, the child uses the original
  // descriptors and copies a larger table.
  Lease Pass(const std::vector<int>& descriptors);

  // Returns a path that reopens the read end of the hold pipe in a child that has kept hold_slot().
  // Only this object holds the write end: children see end of file when the server is gone.
  const std::string& hold_path() const { return hold_path_; }
  int hold_slot() const { return hold_read_.get(); }

  // Returns the number where a child finds the record; -1 if Create received none.
  int record_slot() const { return record_.get(); }

 private:
  SpawnSlots() = default;
  absl::Status Reserve(int record);
  // Returns the indices of `count` unused slots; none if they do not become free in time.
  std::vector<int> TakeSlots(size_t count) ABSL_LOCKS_EXCLUDED(mu_);
  void GiveBack(const Lease& lease) ABSL_LOCKS_EXCLUDED(mu_);
  // Copies a descriptor to a slot. Returns the number of the slot, or -1 with errno set.
  int Fill(UniqueFd* slot, int fd) const;
  // Replaces the contents of a slot with a harmless descriptor.
  void Vacate(UniqueFd* slot) const;

  UniqueFd hold_read_;
  UniqueFd hold_write_;
  UniqueFd record_;
  std::string hold_path_;

  // Never resized. Each slot belongs to the spawn that has taken it. A slot that could not be
  // vacated stays closed until its next use.
  std::vector<UniqueFd> slots_;
  Mutex mu_;
  CondVar freed_;
  // Indices of unused slots. The last is taken first; initially that is the lowest slot.
  std::vector<int> free_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_SPAWN_SLOTS_H_
