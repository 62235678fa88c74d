#include "server/process/spawn_slots.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hob {
namespace {

// As many spawns with something to pass on may be under way without waiting for each other.
constexpr int kPairs = 24;
constexpr int kFirstSlot = STDERR_FILENO + 1;
constexpr std::chrono::milliseconds kLongestWait(100);

absl::Status CopyLow(int fd, UniqueFd* slot) {
  slot->Reset(fcntl(fd, F_DUPFD_CLOEXEC, kFirstSlot));
  if (slot->ok()) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, "cannot reserve descriptors for the making of processes");
}

}  // namespace

absl::StatusOr<std::unique_ptr<SpawnSlots>> SpawnSlots::Create(int record) {
  std::unique_ptr<SpawnSlots> slots(new SpawnSlots);
  absl::Status status = slots->Reserve(record);
  if (!status.ok()) return status;
  return slots;
}

absl::Status SpawnSlots::Reserve(int record) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe2");
  UniqueFd read(ends[0]);
  hold_write_.Reset(ends[1]);
  absl::Status status = CopyLow(read.get(), &hold_read_);
  if (status.ok() && record >= 0) status = CopyLow(record, &record_);
  hold_path_ = absl::StrCat("/proc/self/fd/", hold_read_.get());
  // Lowest free numbers one after the other: each slot is higher than the one before.
  pairs_.resize(kPairs);
  for (Pair& pair : pairs_) {
    if (status.ok()) status = CopyLow(hold_read_.get(), &pair.ready);
    if (status.ok()) status = CopyLow(hold_read_.get(), &pair.status);
  }
  return status;
}

int SpawnSlots::first_passing_slot() const { return pairs_.front().ready.get(); }

SpawnSlots::Passed SpawnSlots::Pass(int ready, int status) {
  if (ready < 0 && status < 0) return Passed(this, -1, -1, -1, first_passing_slot());
  const int pair = TakePair();
  if (pair < 0) {
    const int first_uncopied = std::max({ready + 1, status + 1, first_passing_slot()});
    return Passed(this, -1, ready, status, first_uncopied);
  }
  const int ready_slot = ready < 0 ? -1 : dup3(ready, pairs_[pair].ready.get(), O_CLOEXEC);
  const int status_slot = status < 0 ? -1 : dup3(status, pairs_[pair].status.get(), O_CLOEXEC);
  return Passed(this, pair, ready_slot, status_slot, pairs_[pair].status.get() + 1);
}

int SpawnSlots::TakePair() {
  std::unique_lock<std::mutex> lock(mu_);
  auto free_pair = pairs_.end();
  freed_.wait_for(lock, kLongestWait, [this, &free_pair] {
    free_pair =
        std::find_if(pairs_.begin(), pairs_.end(), [](const Pair& pair) { return !pair.in_use; });
    return free_pair != pairs_.end();
  });
  if (free_pair == pairs_.end()) return -1;
  free_pair->in_use = true;
  return static_cast<int>(free_pair - pairs_.begin());
}

void SpawnSlots::GiveBack(int pair) {
  Vacate(pairs_[pair].ready.get());
  Vacate(pairs_[pair].status.get());
  std::lock_guard<std::mutex> lock(mu_);
  pairs_[pair].in_use = false;
  freed_.notify_one();
}

void SpawnSlots::Vacate(int slot) const { dup3(hold_read_.get(), slot, O_CLOEXEC); }

SpawnSlots::Passed::Passed(Passed&& other) noexcept
    : slots_(other.slots_),
      pair_(std::exchange(other.pair_, -1)),
      ready_(other.ready_),
      status_(other.status_),
      first_uncopied_(other.first_uncopied_) {}

SpawnSlots::Passed::~Passed() {
  if (pair_ >= 0) slots_->GiveBack(pair_);
}

}  // namespace hob
