#ifndef HOB_SERVER_API_LIST_H_
#define HOB_SERVER_API_LIST_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "hob/v1/supervisor.pb.h"
#include "server/clock/clock.h"
#include "server/registry/registry.h"

namespace hob {

// Answers List from the registry. Caches the last encoded answer that leaves no daemon out: until
// the next change, all callers asking for it get the same bytes.
//
// Thread-safe; never blocks.
class ListHandler {
 public:
  // A ListResponse in wire format. Never null.
  using Answer = std::shared_ptr<const std::string>;

  // Both arguments outlive the object.
  explicit ListHandler(const Registry& registry, const Clock& clock = Clock::Real())
      : registry_(registry), clock_(clock) {}

  // Returns a page of the daemons in name order, all of one moment during the call. InvalidArgument
  // (INVALID_REQUEST) names the wrong field.
  absl::StatusOr<Answer> List(const v1::ListRequest& request) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Cached {
    // Number of the last change that `answer` includes; -1 while the cache is empty.
    int64_t sequence = -1;
    // The page size of `answer`.
    int limit = 0;
    // Clock::WallStep as included in its times.
    absl::Duration wall_step;
    Answer answer;
  };

  const Registry& registry_;
  const Clock& clock_;

  absl::Mutex mu_;
  Cached cached_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_API_LIST_H_
