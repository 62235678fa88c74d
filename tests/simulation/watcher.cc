#include "tests/simulation/watcher.h"

#include "absl/status/status.h"

namespace hob {
namespace simulation {

Watcher::Watcher(const Registry& registry, int kept, const std::string& only)
    : registry_(registry),
      kept_(kept),
      only_(only),
      reader_(ChangeReader::Open(registry, Filter(), "")) {}

ChangeReader::Filter Watcher::Filter() const {
  return [only = only_](const std::string& name) { return only.empty() || name == only; };
}

std::string Watcher::Read(int most) {
  for (int i = 0; i < most; ++i) {
    const int64_t behind = registry_.latest_sequence() - reader_->sequence();
    const absl::optional<WatchEvent> event = reader_->Next();
    if (!event.has_value()) return CompareWithList();
    if (event->kind == WatchEvent::Kind::kGap && behind <= kept_) {
      return "a watcher lost changes though it kept up";
    }
    if (std::string problem = Take(*event); !problem.empty()) return problem;
  }
  return "";
}

std::string Watcher::Take(const WatchEvent& event) {
  token_ = event.resume_token;
  switch (event.kind) {
    case WatchEvent::Kind::kGap:
      known_.clear();
      synced_ = false;
      break;
    case WatchEvent::Kind::kSynced:
      synced_ = true;
      break;
    case WatchEvent::Kind::kDaemon:
      // Once synced, a watcher gets every change, one after the other.
      if (synced_ && only_.empty() && event.sequence != sequence_ + 1) {
        return "the numbers of a watcher's changes have a gap";
      }
      if (event.removed) {
        if (known_.erase(event.daemon->name()) == 0) return "a removal is published twice";
      } else {
        known_[event.daemon->name()] = event.daemon;
      }
      break;
  }
  if (event.sequence < sequence_) return "the numbers of a watcher's changes go back";
  sequence_ = event.sequence;
  return "";
}

std::string Watcher::CompareWithList() const {
  if (!synced_) return "a watcher that has read everything is not synced";
  size_t listed = 0;
  for (const DaemonSnapshotPtr& daemon : registry_.All()) {
    if (!only_.empty() && daemon->name() != only_) continue;
    ++listed;
    const auto found = known_.find(daemon->name());
    if (found == known_.end() || found->second != daemon) {
      return "a watcher that has read everything lacks a listed daemon";
    }
  }
  return listed == known_.size() ? "" : "a watcher knows daemons that are not listed";
}

std::string Watcher::Resume() {
  if (token_.empty()) return "";
  absl::StatusOr<ChangeReader> resumed = ChangeReader::Open(registry_, Filter(), token_);
  if (resumed.ok()) {
    reader_ = std::move(resumed);
    // A watcher without a whole snapshot begins again.
    if (!synced_) known_.clear();
    return "";
  }
  const int64_t behind = registry_.latest_sequence() - sequence_;
  if (!absl::IsOutOfRange(resumed.status()) || behind <= kept_) {
    return "a watcher cannot resume where it was";
  }
  known_.clear();
  synced_ = false;
  reader_ = ChangeReader::Open(registry_, Filter(), "");
  return "";
}

}  // namespace simulation
}  // namespace hob
