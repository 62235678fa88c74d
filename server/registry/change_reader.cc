#include "server/registry/change_reader.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/errors/errors.h"

namespace hob {
namespace {

// Tokens are BOOT-SEQUENCE, or BOOT-snapshot if the reader must start with a new snapshot.
constexpr char kSeparator = '-';
constexpr absl::string_view kSnapshot = "snapshot";

}  // namespace

absl::StatusOr<ChangeReader> ChangeReader::Open(const Registry& registry, Filter filter,
                                                absl::string_view resume_token) {
  ChangeReader reader(registry, std::move(filter));
  if (resume_token.empty()) {
    reader.BeginSnapshot();
    return reader;
  }
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(resume_token, absl::MaxSplits(kSeparator, 1));
  int64_t sequence = 0;
  if (parts.second != kSnapshot && (!absl::SimpleAtoi(parts.second, &sequence) || sequence < 0)) {
    return InvalidResumeToken(resume_token);
  }
  if (parts.first != registry.boot_id()) {
    return ResumeTokenTooOld("it is from before the server was started");
  }
  if (parts.second == kSnapshot) {
    reader.BeginSnapshot();
    return reader;
  }
  const int64_t latest = registry.latest_sequence();
  if (sequence > latest) return InvalidResumeToken(resume_token);
  if (!registry.ChangesAfter(sequence, 0).has_value()) {
    return ResumeTokenTooOld("too much has changed since");
  }
  reader.sequence_ = sequence;
  reader.sync_at_ = latest;
  return reader;
}

absl::optional<WatchEvent> ChangeReader::Next() {
  if (snapshot_ != nullptr) {
    absl::optional<WatchEvent> event = NextOfSnapshot();
    if (event.has_value()) return event;
  }
  return NextChange();
}

void ChangeReader::BeginSnapshot() {
  snapshot_ = registry_->Now();
  next_daemon_ = 0;
  sequence_ = snapshot_->sequence;
  sync_at_ = sequence_;
}

absl::optional<WatchEvent> ChangeReader::NextOfSnapshot() {
  while (next_daemon_ < snapshot_->daemons.size()) {
    const DaemonSnapshotPtr& daemon = snapshot_->daemons[next_daemon_++];
    if (!filter_(daemon->name())) continue;
    WatchEvent event = Make(WatchEvent::Kind::kDaemon);
    event.daemon = daemon;
    return event;
  }
  snapshot_ = nullptr;
  return absl::nullopt;
}

absl::optional<WatchEvent> ChangeReader::NextChange() {
  while (true) {
    if (sync_at_.has_value() && sequence_ >= *sync_at_) return Synced();
    if (next_change_ == batch_.size()) {
      batch_.clear();
      next_change_ = 0;
      absl::optional<std::vector<Change>> changes = registry_->ChangesAfter(sequence_, kBatch);
      if (!changes.has_value()) return Gap();
      if (changes->empty()) return absl::nullopt;
      batch_ = *std::move(changes);
    }
    Change& change = batch_[next_change_++];
    sequence_ = change.sequence;
    if (!filter_(change.daemon->name())) continue;
    WatchEvent event = Make(WatchEvent::Kind::kDaemon);
    event.daemon = std::move(change.daemon);
    event.removed = change.removed;
    event.time = change.time;
    return event;
  }
}

WatchEvent ChangeReader::Synced() {
  sync_at_.reset();
  return Make(WatchEvent::Kind::kSynced);
}

WatchEvent ChangeReader::Gap() {
  const int64_t known = sequence_;
  BeginSnapshot();
  WatchEvent event = Make(WatchEvent::Kind::kGap);
  event.missed = sequence_ - known;
  return event;
}

WatchEvent ChangeReader::Make(WatchEvent::Kind kind) const {
  WatchEvent event;
  event.kind = kind;
  event.sequence = sequence_;
  event.resume_token =
      snapshot_ != nullptr
          ? absl::StrCat(registry_->boot_id(), absl::string_view(&kSeparator, 1), kSnapshot)
          : absl::StrCat(registry_->boot_id(), absl::string_view(&kSeparator, 1), sequence_);
  return event;
}

}  // namespace hob
