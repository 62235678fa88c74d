#include "server/rpc/list_cache.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "server/rpc/list_bytes.h"

namespace hob {
namespace {

// A slice that owns `bytes`.
grpc::Slice Own(std::string bytes) {
  auto* const owned = new std::string(std::move(bytes));
  return grpc::Slice(
      &(*owned)[0], owned->size(), [](void* text) { delete static_cast<std::string*>(text); },
      owned);
}

}  // namespace

grpc::Slice ListCache::FirstPage(int limit) {
  const int64_t latest = registry_.latest_sequence();
  const absl::Duration wall_step = clock_.WallStep();
  {
    absl::MutexLock lock(&mu_);
    if (kept_.Serves(latest, wall_step, limit)) return kept_.bytes;
  }
  Answer answer = Make(limit, wall_step);
  grpc::Slice bytes = answer.bytes;
  absl::MutexLock lock(&mu_);
  // Somebody who asked later may have been faster.
  if (answer.sequence >= kept_.sequence) std::swap(kept_, answer);
  return bytes;
}

ListCache::Answer ListCache::Make(int limit, absl::Duration wall_step) const {
  const std::shared_ptr<const Registry::Moment> now = registry_.Now();
  Registry::Page page;
  const int count = static_cast<int>(now->daemons.size());
  page.daemons.assign(now->daemons.begin(), now->daemons.begin() + std::min(limit, count));
  page.more = count > limit;
  return {now->sequence, count, limit, wall_step, Own(ListBytes(page, wall_step))};
}

}  // namespace hob
