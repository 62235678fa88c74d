#ifndef HOB_SERVER_RPC_LIST_CACHE_H_
#define HOB_SERVER_RPC_LIST_CACHE_H_

#include <grpcpp/support/slice.h>

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/clock/clock.h"
#include "server/registry/registry.h"

namespace hob {

// The answer to a List that leaves nothing out, kept for as long as nothing has changed: most who
// ask look at a machine that rests, and then the bytes of the last answer go out as they are, with
// no copy.
//
// Thread-safe; never blocks.
class ListCache {
 public:
  // Both outlive it.
  explicit ListCache(const Registry& registry, const Clock& clock = Clock::Real())
      : registry_(registry), clock_(clock) {}

  // The first page of all daemons, `limit` at most, of one moment between the call and the return:
  // a ListResponse as it goes over the wire.
  grpc::Slice FirstPage(int limit) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Answer {
    // The number of the last change that it shows; -1: there is no answer yet.
    int64_t sequence = -1;
    // How many daemons there were, and how many were asked for at most.
    int daemons = 0;
    int limit = 0;
    // Clock::WallStep when its times were written.
    absl::Duration wall_step;
    grpc::Slice bytes;

    bool Serves(int64_t latest, absl::Duration step, int wanted) const {
      return sequence == latest && wall_step == step &&
             (wanted == limit || (daemons <= limit && daemons <= wanted));
    }
  };

  Answer Make(int limit, absl::Duration wall_step) const;

  const Registry& registry_;
  const Clock& clock_;

  absl::Mutex mu_;
  Answer kept_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_LIST_CACHE_H_
