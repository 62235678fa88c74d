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

// One step of what a follower of the registry learns. A plain value.
struct WatchEvent {
  enum class Kind {
    // A daemon, as of the snapshot or after a change.
    kDaemon,
    // The follower now knows everything up to `sequence`.
    kSynced,
    // This reader has lost changes; a new snapshot follows, and daemons that are not in it are
    // gone.
    kGap,
  };

  Kind kind = Kind::kDaemon;
  // The number of the change; for a daemon of the snapshot, of the last change in it.
  int64_t sequence = 0;
  // Opens a reader that goes on after this event or, while a snapshot is incomplete, that begins
  // with a new snapshot.
  std::string resume_token;
  // For kDaemon. `time` is that of the change, and absent in a snapshot.
  DaemonSnapshotPtr daemon;
  bool removed = false;
  absl::optional<absl::Time> time;
  // For kGap: the number of changes, of any daemon, that are not told one by one.
  int64_t missed = 0;
};

// Reads the registry as `Watch` tells it: a snapshot, kSynced, then every change in order, none
// lost and none doubled; or from a resume token on, where kSynced comes after the changes in
// between. A reader whose next change the registry does not keep any more, because it is slow, gets
// kGap and begins again with a snapshot.
//
// Holds a position and at most kBatch changes, however slow its user is. Not thread-safe; the
// registry outlives it.
class ChangeReader {
 public:
  // True if the daemon of this name is read at all.
  using Filter = std::function<bool(const std::string& name)>;

  // Number of changes that are taken from the registry at a time.
  static constexpr int kBatch = 16;

  // `resume_token` is empty or from an earlier event. InvalidArgument (INVALID_RESUME_TOKEN) if it
  // is neither; OutOfRange (RESUME_TOKEN_TOO_OLD) if it is from another start of the server or
  // the changes since are not kept any more.
  static absl::StatusOr<ChangeReader> Open(const Registry& registry, Filter filter,
                                           absl::string_view resume_token);

  // Returns absent if there is nothing to tell before the next change after sequence().
  absl::optional<WatchEvent> Next();

  // Returns the number of the last change that was looked at.
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
  // The snapshot while it is being read, and its next daemon.
  std::shared_ptr<const Registry::Moment> snapshot_;
  size_t next_daemon_ = 0;
  // kSynced is due once `sequence_` has come this far.
  absl::optional<int64_t> sync_at_;
  // Changes after `sequence_`, from `next_change_` on.
  std::vector<Change> batch_;
  size_t next_change_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_REGISTRY_CHANGE_READER_H_
