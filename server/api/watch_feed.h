#ifndef HOB_SERVER_API_WATCH_FEED_H_
#define HOB_SERVER_API_WATCH_FEED_H_

#include <cstdint>
#include <utility>

#include "hob/v1/supervisor.pb.h"
#include "server/api/convert.h"
#include "server/clock/clock.h"
#include "server/daemon/shown_times.h"
#include "server/registry/change_reader.h"

namespace hob {

// Yields the responses to a call of Watch. Used by one thread at a time; never blocks.
class WatchFeed {
 public:
  using Response = v1::WatchResponse;

  // `clock` outlives the object.
  WatchFeed(ChangeReader reader, const Clock& clock) : reader_(std::move(reader)), clock_(&clock) {}

  // Fills the empty `response`; returns false if there is none before the next change after
  // sequence().
  bool Next(Response& response) {
    absl::optional<WatchEvent> event = reader_.Next();
    if (!event.has_value()) return false;
    if (event->daemon != nullptr) {
      event->daemon = WithShownTimes(std::move(event->daemon), clock_->WallStep());
    }
    ToProto(*event, response);
    return true;
  }

  // Returns the number of the last change examined.
  int64_t sequence() const { return reader_.sequence(); }

 private:
  ChangeReader reader_;
  const Clock* clock_;
};

}  // namespace hob

#endif  // HOB_SERVER_API_WATCH_FEED_H_
