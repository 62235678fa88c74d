#ifndef HOB_SERVER_REGISTRY_CHANGE_READER_H_
#define HOB_SERVER_REGISTRY_CHANGE_READER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/registry/registry.h"

namespace hob {

// One event in the stream that a follower of the registry reads. A plain value.
struct WatchEvent {
  enum class Kind {
    // A daemon, in the snapshot or after a change.
    kDaemon,
    // The follower has seen everything up to `sequence`.
    kSynced,
    // The reader has missed changes. A new snapshot follows; daemons missing from it are gone.
    kGap,
  };

  Kind kind = Kind::kDaemon;
  // Number of the change; in a snapshot, number of the last change it includes.
  int64_t sequence = 0;
  // Token for a reader that continues after this event or, within a snapshot, starts with a new
  // snapshot.
  std::string resume_token;
  // For kDaemon. `time` is the time of the change; absent in a snapshot.
  DaemonSnapshotPtr daemon;
  bool removed = false;
  absl::optional<absl::Time> time;
  // For kGap: number of changes, of any daemon, that were skipped.
  int64_t missed = 0;
};

// Reads the registry in the order that `Watch` promises: a snapshot, kSynced, then every change in
// order, exactly once; or the changes since a resume token, with kSynced once it has caught up. A
// reader so slow that the registry no longer keeps its next change gets kGap and a new snapshot.
//
// Holds a position and at most kBatch changes, however slow its user is. Not thread-safe. The
// registry outlives the reader.
class ChangeReader {
 public:
  // True if the daemon of this name should be read.
  using Filter = std::function<bool(const std::string& name)>;

  // Number of changes fetched from the registry at a time.
  static constexpr int kBatch = 16;

  // Opens a reader. `resume_token` is empty or from an earlier event. InvalidArgument
  // (INVALID_RESUME_TOKEN) if it is neither; OutOfRange (RESUME_TOKEN_TOO_OLD) if it is from
  // another start of the server or the changes since are no longer kept.
  static absl::StatusOr<ChangeReader> Open(const Registry& registry, Filter filter,
                                           absl::string_view resume_token);

  // Returns the next event; absent if there is none before the next change after sequence().
  absl::optional<WatchEvent> Next();

  // Returns the number of the last change examined.
  int64_t sequence() const { return sequence_; }

 private:
  ChangeReader(const Registry& registry, Filter filter)
      : registry_(&registry), filter_(std::move(filter)) {}

  void BeginSnapshot();
  absl::optional<WatchEvent> NextOfSnapshot();
  absl::optional<WatchEvent> NextChange();
  WatchEvent Synced();
  WatchEvent Gap();
  WatchEvent Make(WatchEvent::Kind kind) const;

  const Registry* registry_;
  Filter filter_;
  int64_t sequence_ = 0;
  // The snapshot being read, and the index of its next daemon.
  std::shared_ptr<const Registry::View> snapshot_;
  size_t next_daemon_ = 0;
  // kSynced is due once `sequence_` reaches this.
  absl::optional<int64_t> sync_at_;
  // Fetched changes; those from `next_change_` on are unread.
  std::vector<Change> batch_;
  size_t next_change_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_REGISTRY_CHANGE_READER_H_
