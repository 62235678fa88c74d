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

// Answers List from the registry. Keeps the last answer that leaves no daemon out, encoded: until
// something changes, everyone who asks for it gets the same bytes.
//
// Thread-safe; never blocks.
class ListHandler {
 public:
  // A ListResponse as it goes over the wire. Never null.
  using Answer = std::shared_ptr<const std::string>;

  // Both outlive it.
  explicit ListHandler(const Registry& registry, const Clock& clock = Clock::Real())
      : registry_(registry), clock_(clock) {}

  // Returns a page of the daemons in name order, all of one moment during the call. InvalidArgument
  // (INVALID_REQUEST) says which field is wrong.
  absl::StatusOr<Answer> List(const v1::ListRequest& request) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Kept {
    // The number of the last change that `answer` shows; -1: nothing is kept yet.
    int64_t sequence = -1;
    // The most daemons that it was to have.
    int limit = 0;
    // Clock::WallStep, which its times include.
    absl::Duration wall_step;
    Answer answer;
  };

  const Registry& registry_;
  const Clock& clock_;

  absl::Mutex mu_;
  Kept kept_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_API_LIST_H_
