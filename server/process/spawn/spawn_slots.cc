#include "server/process/spawn/spawn_slots.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hob {
namespace {

// As many spawns with something to pass on may be under way without waiting for each other.
constexpr int kPairs = 24;
constexpr int kFirstSlot = STDERR_FILENO + 1;
constexpr std::chrono::milliseconds kLongestWait(100);

// Copies `fd` to the lowest number that is free at this moment and not a standard descriptor's.
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
  pairs_.resize(kPairs);
  for (Pair& pair : pairs_) {
    if (status.ok()) status = CopyLow(hold_read_.get(), &pair.ready);
    if (status.ok()) status = CopyLow(hold_read_.get(), &pair.status);
  }
  MutexLock lock(&mu_);
  free_.resize(kPairs);
  std::iota(free_.rbegin(), free_.rend(), 0);
  return status;
}

SpawnSlots::Passed SpawnSlots::Pass(int ready, int status) {
  if (ready < 0 && status < 0) return Passed(this, -1, -1, -1, 0);
  const int pair = TakePair();
  if (pair < 0) return Passed(this, -1, ready, status, 0);
  int error = 0;
  const int ready_slot = Fill(&pairs_[pair].ready, ready, &error);
  const int status_slot = Fill(&pairs_[pair].status, status, &error);
  return Passed(this, pair, ready_slot, status_slot, error);
}

int SpawnSlots::Fill(UniqueFd* slot, int fd, int* error) const {
  if (fd < 0) return -1;
  if (!slot->ok()) CopyLow(hold_read_.get(), slot).IgnoreError();
  const int filled = slot->ok() ? dup3(fd, slot->get(), O_CLOEXEC) : -1;
  if (filled < 0) *error = errno;
  return filled;
}

int SpawnSlots::TakePair() {
  const CondVar::Deadline deadline = CondVar::In(kLongestWait);
  MutexLock lock(&mu_);
  while (free_.empty() && freed_.WaitUntil(&mu_, deadline)) continue;
  if (free_.empty()) return -1;
  const int pair = free_.back();
  free_.pop_back();
  return pair;
}

void SpawnSlots::GiveBack(const Passed& passed) {
  Pair& pair = pairs_[passed.pair_];
  if (passed.ready_ >= 0) Vacate(&pair.ready);
  if (passed.status_ >= 0) Vacate(&pair.status);
  MutexLock lock(&mu_);
  free_.push_back(passed.pair_);
  freed_.WakeOne();
}

void SpawnSlots::Vacate(UniqueFd* slot) const {
  if (dup3(hold_read_.get(), slot->get(), O_CLOEXEC) >= 0) return;
  // What was passed must not be kept open: who waits for its end would wait for ever. There will be
  // another slot in its place.
  slot->Reset();
}

SpawnSlots::Passed::Passed(Passed&& other) noexcept
    : slots_(other.slots_),
      pair_(std::exchange(other.pair_, -1)),
      ready_(other.ready_),
      status_(other.status_),
      error_(other.error_) {}

SpawnSlots::Passed::~Passed() {
  if (pair_ >= 0) slots_->GiveBack(*this);
}

}  // namespace hob
