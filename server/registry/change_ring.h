#ifndef HOB_SERVER_REGISTRY_CHANGE_RING_H_
#define HOB_SERVER_REGISTRY_CHANGE_RING_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "server/daemon/daemon_snapshot.h"

namespace hob {

// One change of one daemon. A plain value.
struct Change {
  // Number among the changes of all daemons since the server started: 1, 2, 3, ...
  int64_t sequence = 0;
  absl::Time time;
  // The daemon after the change; for a removal, its last snapshot.
  DaemonSnapshotPtr daemon;
  bool removed = false;
};

// Holds a bounded number of the latest changes, in order, so that readers need only a sequence
// number, not a copy. Not thread-safe.
class ChangeRing {
 public:
  // Keeps `capacity` changes, at least 1. Allocates memory as changes come.
  explicit ChangeRing(int capacity) : capacity_(capacity) {}

  // Numbers `change` and adds it. Returns the displaced change, or an empty one, for the caller to
  // destroy.
  Change Add(Change change);

  // Returns the number of the last change; 0 if there was none.
  int64_t latest() const { return latest_; }

  // True if the ring still holds every change after `sequence`.
  bool HasAllAfter(int64_t sequence) const {
    return latest_ - sequence <= static_cast<int64_t>(changes_.size());
  }

  // Returns the first `limit` changes after `sequence`. Precondition: HasAllAfter(sequence).
  std::vector<Change> After(int64_t sequence, int limit) const;

 private:
  size_t IndexOf(int64_t sequence) const { return (sequence - 1) % capacity_; }

  const int64_t capacity_;
  int64_t latest_ = 0;
  // Change number n is at IndexOf(n).
  std::vector<Change> changes_;
};

}  // namespace hob

#endif  // HOB_SERVER_REGISTRY_CHANGE_RING_H_
