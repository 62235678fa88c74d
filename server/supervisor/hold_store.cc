#include "server/supervisor/hold_store.h"

#include <stdio.h>
#include <string.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/errors/errors.h"
#include "server/posix/owned_file.h"

namespace hob {
namespace {

constexpr char kFirstLine[] = "hob-holds 1\n";

// Never rename a member below: another version of hob may read the names.

struct StoredHold {
  std::string daemon;
  Hold hold;
};

// The contents of the file. Times are in the form of Timestamp::wall of the server that wrote it.
struct StoredHolds {
  std::string boot_id;
  // The boot of the machine.
  absl::Time boot_time;
  // Clock::WallStep.
  absl::Duration wall_step;
  std::vector<StoredHold> holds;
  // The last line, to recognize a truncated file.
  bool is_complete = false;
};

}  // namespace

HOB_FIELDS(StoredHold, daemon, hold);
HOB_FIELDS(StoredHolds, boot_id, boot_time, wall_step, holds, is_complete);

HoldStore::HoldStore(std::string path, std::string boot_id, const Clock& clock)
    : path_(std::move(path)), boot_id_(std::move(boot_id)), clock_(clock) {}

absl::Status HoldStore::Load() {
  if (path_.empty()) return absl::OkStatus();
  absl::StatusOr<Holds> holds = absl::NotFoundError("");
  const absl::StatusOr<std::string> text = ReadOwnedFile(path_);
  if (text.ok()) {
    holds = Parse(*text);
  } else if (absl::IsNotFound(text.status())) {
    return absl::OkStatus();
  } else {
    holds = text.status();
  }
  if (holds.ok()) {
    absl::MutexLock lock(&mu_);
    holds_ = *std::move(holds);
    return absl::OkStatus();
  }
  const std::string broken = path_ + ".broken";
  const bool is_aside = rename(path_.c_str(), broken.c_str()) == 0;
  return absl::DataLossError(absl::StrCat(path_, " cannot be read: ", holds.status().message(),
                                          "; no daemon is held",
                                          is_aside ? absl::StrCat("; moved to ", broken) : ""));
}

std::shared_ptr<const Hold> HoldStore::Find(const std::string& daemon) const {
  absl::MutexLock lock(&mu_);
  const auto found = holds_.find(daemon);
  return found == holds_.end() ? nullptr : found->second;
}

absl::Status HoldStore::Put(const std::string& daemon, std::shared_ptr<const Hold> hold) {
  absl::MutexLock lock(&mu_);
  Holds changed = holds_;
  changed[daemon] = std::move(hold);
  absl::Status written = Write(changed);
  if (written.ok()) holds_ = std::move(changed);
  return written;
}

absl::Status HoldStore::Erase(const std::string& daemon) {
  absl::MutexLock lock(&mu_);
  return holds_.erase(daemon) == 0 ? absl::OkStatus() : Write(holds_);
}

std::vector<std::string> HoldStore::KeepOnly(const std::set<std::string>& daemons) {
  std::vector<std::string> forgotten;
  absl::MutexLock lock(&mu_);
  for (auto hold = holds_.begin(); hold != holds_.end();) {
    if (daemons.count(hold->first) > 0) {
      ++hold;
      continue;
    }
    forgotten.push_back(hold->first);
    hold = holds_.erase(hold);
  }
  if (!forgotten.empty()) Write(holds_).IgnoreError();
  return forgotten;
}

absl::Status HoldStore::Write(const Holds& holds) const {
  if (path_.empty()) return absl::OkStatus();
  const int error =
      holds.empty() ? RemoveOwnedFile(path_) : ReplaceOwnedFile(path_, Serialize(holds));
  return error == 0 ? absl::OkStatus() : StateNotWritable(path_, strerror(error));
}

std::string HoldStore::Serialize(const Holds& holds) const {
  StoredHolds stored{boot_id_, clock_.BootTime(), clock_.WallStep(), {}, true};
  for (const auto& [daemon, hold] : holds) stored.holds.push_back({daemon, *hold});
  FieldWriter writer;
  writer.Write("", stored);
  return kFirstLine + writer.text();
}

absl::StatusOr<HoldStore::Holds> HoldStore::Parse(absl::string_view text) const {
  if (!absl::ConsumePrefix(&text, kFirstLine)) {
    return absl::InvalidArgumentError("its first line is not \"hob-holds 1\"");
  }
  StoredHolds stored;
  FieldReader reader(text);
  reader.Read("", stored);
  if (!reader.status().ok()) return reader.status();
  if (!stored.is_complete) return absl::InvalidArgumentError("its end is missing");
  // Moves times onto this server's clock.
  const bool is_same_boot = !boot_id_.empty() && stored.boot_id == boot_id_;
  const absl::Duration shift =
      is_same_boot ? clock_.BootTime() - stored.boot_time : stored.wall_step - clock_.WallStep();
  Holds holds;
  for (StoredHold& entry : stored.holds) {
    entry.hold.create_time += shift;
    if (entry.hold.expire_time.has_value()) *entry.hold.expire_time += shift;
    holds[entry.daemon] = std::make_shared<const Hold>(std::move(entry.hold));
  }
  return holds;
}

}  // namespace hob
