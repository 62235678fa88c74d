#ifndef HOB_SERVER_API_ROLL_FEED_H_
#define HOB_SERVER_API_ROLL_FEED_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "hob/v1/supervisor.pb.h"
#include "server/api/convert.h"
#include "server/clock/clock.h"
#include "server/daemon/shown_times.h"
#include "server/registry/registry.h"
#include "server/supervisor/roll.h"

namespace hob {

// Yields the responses to a call of Roll. Used by one thread at a time; never blocks.
class RollFeed {
 public:
  using Response = v1::RollResponse;

  // `registry` and `clock` outlive the object.
  RollFeed(std::shared_ptr<const Roll> roll, const Registry& registry, const Clock& clock)
      : roll_(std::move(roll)), registry_(&registry), clock_(&clock) {}

  // Fills the empty `response`; returns false if there is none before the next event of the roll.
  bool Next(Response& response) {
    sequence_ = registry_->latest_sequence();
    if (events_.empty()) {
      Roll::Progress progress = roll_->ProgressAfter(known_);
      known_ += progress.events.size();
      events_.assign(progress.events.begin(), progress.events.end());
      end_ = progress.end;
    }
    if (events_.empty()) return false;
    Roll::Event& event = events_.front();
    if (event.daemon != nullptr) {
      event.daemon = WithShownTimes(std::move(event.daemon), clock_->WallStep());
    }
    ToProto(event, response);
    events_.pop_front();
    return true;
  }

  // Returns the outcome of the roll after its last response; absent before.
  absl::optional<absl::Status> End() const { return end_; }

  // True if the roll has had an event, or has ended, since the last call of Next.
  bool HasNews() const {
    const Roll::Progress progress = roll_->ProgressAfter(known_);
    return !progress.events.empty() || progress.end.has_value() != end_.has_value();
  }

  // Returns the number of the last change of a daemon before the last call of Next.
  int64_t sequence() const { return sequence_; }

 private:
  std::shared_ptr<const Roll> roll_;
  const Registry* registry_;
  const Clock* clock_;
  // The events that the roll has yielded and Next has not.
  std::deque<Roll::Event> events_;
  // The number of events that the roll has yielded.
  size_t known_ = 0;
  absl::optional<absl::Status> end_;
  int64_t sequence_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_API_ROLL_FEED_H_
