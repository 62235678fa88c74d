#ifndef HOB_SERVER_REGISTRY_TESTING_FOLLOWER_H_
#define HOB_SERVER_REGISTRY_TESTING_FOLLOWER_H_

#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "server/registry/change_reader.h"
#include "server/registry/registry.h"

namespace hob {

// Knows only what a client learns from the feed. Asserts that changes arrive in order and exactly
// once, and that each reports at most one more exit than the one before. Not thread-safe.
class Follower {
 public:
  // `registry` must outlive the object.
  explicit Follower(const Registry& registry) : reader_(Open(registry)) {}

  // Reads all available events.
  void Follow() {
    while (absl::optional<WatchEvent> event = reader_.Next()) Take(*event);
  }

  // Returns the known daemons in name order.
  std::vector<DaemonSnapshotPtr> Known() const {
    std::vector<DaemonSnapshotPtr> daemons;
    for (const auto& [name, daemon] : known_) daemons.push_back(daemon);
    return daemons;
  }

  // Returns the number of gaps reported.
  int gaps() const { return gaps_; }

  // Return the number of exits and of automatic restarts that changes reported for the daemon
  // `name`, in total even if it was removed and added again.
  int64_t ends(const std::string& name) const { return Of(ends_, name); }
  int64_t restarts(const std::string& name) const { return Of(restarts_, name); }

 private:
  using Counts = std::map<std::string, int64_t>;

  static ChangeReader Open(const Registry& registry) {
    const auto all_names = [](const std::string&) { return true; };
    absl::StatusOr<ChangeReader> reader = ChangeReader::Open(registry, all_names, "");
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }

  static int64_t Of(const Counts& counts, const std::string& name) {
    const auto found = counts.find(name);
    return found == counts.end() ? 0 : found->second;
  }

  template <typename Parts>
  static int64_t Sum(const Parts& parts) {
    return std::accumulate(parts.begin(), parts.end(), int64_t{0});
  }

  void Take(const WatchEvent& event) {
    if (event.kind == WatchEvent::Kind::kGap) {
      known_.clear();
      ++gaps_;
    }
    if (event.kind != WatchEvent::Kind::kDaemon) return;
    if (event.time.has_value()) {
      EXPECT_GT(event.sequence, last_) << "in order and without repeats";
      Count(*event.daemon);
    }
    last_ = event.sequence;
    if (event.removed) {
      EXPECT_EQ(known_.erase(event.daemon->name()), 1);
    } else {
      known_[event.daemon->name()] = event.daemon;
    }
  }

  void Count(const DaemonSnapshot& now) {
    const auto before = known_.find(now.name());
    const bool is_new = before == known_.end();
    const int64_t ended = now.counts.exits - (is_new ? 0 : before->second->counts.exits);
    const int64_t restarted = now.counts.restarts - (is_new ? 0 : before->second->counts.restarts);
    EXPECT_TRUE(ended == 0 || ended == 1) << now.name() << " skips ends: " << ended;
    EXPECT_TRUE(restarted == 0 || restarted == 1) << now.name() << " skips restarts";
    EXPECT_EQ(Sum(now.counts.restarts_by_reason), now.counts.restarts);
    EXPECT_EQ(Sum(now.counts.exits_by_kind), now.counts.exits);
    if (ended == 1 && !is_new) {
      EXPECT_NE(now.runs, before->second->runs) << "an exit enters the history when it is counted";
      const size_t kind = now.runs->front().exit.end.index();
      EXPECT_EQ(now.counts.exits_by_kind[kind], before->second->counts.exits_by_kind[kind] + 1);
    }
    ends_[now.name()] += ended;
    restarts_[now.name()] += restarted;
  }

  ChangeReader reader_;
  std::map<std::string, DaemonSnapshotPtr> known_;
  int64_t last_ = 0;
  int gaps_ = 0;
  Counts ends_;
  Counts restarts_;
};

}  // namespace hob

#endif  // HOB_SERVER_REGISTRY_TESTING_FOLLOWER_H_
