#include "server/process/spawn/spawn_slots.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <numeric>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hob {
namespace {

// Number of descriptors that concurrent spawns can pass without waiting.
constexpr int kSlots = 48;
constexpr int kFirstSlot = STDERR_FILENO + 1;
constexpr std::chrono::milliseconds kLongestWait(100);

// Copies `fd` to the lowest free number above the standard descriptors.
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
  slots_.resize(kSlots);
  for (UniqueFd& slot : slots_) {
    if (status.ok()) status = CopyLow(hold_read_.get(), &slot);
  }
  MutexLock lock(&mu_);
  free_.resize(kSlots);
  std::iota(free_.rbegin(), free_.rend(), 0);
  return status;
}

SpawnSlots::Lease SpawnSlots::Pass(const std::vector<int>& descriptors) {
  Lease lease(this);
  if (descriptors.empty()) return lease;
  lease.taken_ = TakeSlots(descriptors.size());
  if (lease.taken_.empty()) {
    lease.places_ = descriptors;
    return lease;
  }
  for (size_t i = 0; i < descriptors.size(); ++i) {
    const int place = Fill(&slots_[lease.taken_[i]], descriptors[i]);
    if (place < 0) {
      lease.error_ = errno;
      break;
    }
    lease.places_.push_back(place);
  }
  return lease;
}

int SpawnSlots::Fill(UniqueFd* slot, int fd) const {
  if (!slot->ok()) CopyLow(hold_read_.get(), slot).IgnoreError();
  return slot->ok() ? dup3(fd, slot->get(), O_CLOEXEC) : -1;
}

std::vector<int> SpawnSlots::TakeSlots(size_t count) {
  if (count > kSlots) return {};
  const CondVar::Deadline deadline = CondVar::In(kLongestWait);
  MutexLock lock(&mu_);
  while (free_.size() < count && freed_.WaitUntil(&mu_, deadline)) continue;
  if (free_.size() < count) return {};
  const std::vector<int> taken(free_.rbegin(), free_.rbegin() + count);
  free_.resize(free_.size() - count);
  return taken;
}

void SpawnSlots::GiveBack(const Lease& lease) {
  for (size_t i = 0; i < lease.places_.size(); ++i) Vacate(&slots_[lease.taken_[i]]);
  MutexLock lock(&mu_);
  free_.insert(free_.end(), lease.taken_.rbegin(), lease.taken_.rend());
  // Wake all: waiters may need different numbers of slots.
  freed_.WakeAll();
}

void SpawnSlots::Vacate(UniqueFd* slot) const {
  if (dup3(hold_read_.get(), slot->get(), O_CLOEXEC) >= 0) return;
  // Close the slot: a process waiting for the end of file on the passed descriptor would wait
  // forever. Fill reserves another descriptor in its place.
  slot->Reset();
}

SpawnSlots::Lease::~Lease() {
  if (!taken_.empty()) slots_->GiveBack(*this);
}

}  // namespace hob
