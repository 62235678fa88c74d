#ifndef HOB_SERVER_RPC_LIST_CACHE_H_
#define HOB_SERVER_RPC_LIST_CACHE_H_

#include <grpcpp/support/slice.h>

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/registry/registry.h"

namespace hob {

// The answer to a List that leaves nothing out, kept for as long as nothing has changed: most who
// ask look at a machine that rests, and then the bytes of the last answer go out as they are, with
// no copy.
//
// Thread-safe; never blocks.
class ListCache {
 public:
  // `registry` outlives it.
  explicit ListCache(const Registry& registry) : registry_(registry) {}

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
    grpc::Slice bytes;

    bool Serves(int64_t latest, int wanted) const {
      return sequence == latest && (wanted == limit || (daemons <= limit && daemons <= wanted));
    }
  };

  Answer Make(int limit) const;

  const Registry& registry_;

  absl::Mutex mu_;
  Answer kept_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_LIST_CACHE_H_
