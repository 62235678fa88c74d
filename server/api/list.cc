#include "server/api/list.h"

#include <algorithm>
#include <utility>

#include "server/api/convert.h"
#include "server/api/name_globs.h"
#include "server/daemon/daemon_name.h"
#include "server/daemon/shown_times.h"
#include "server/errors/errors.h"

namespace hob {
namespace {

constexpr int kDefaultPageSize = 1000;
constexpr int kMaxPageSize = 5000;

absl::Status CheckRequest(const v1::ListRequest& request) {
  if (request.page_size() < 0) return InvalidRequest("page_size", "is negative");
  if (!request.page_token().empty() && !IsNameOfDaemon(request.page_token())) {
    return InvalidRequest("page_token", "was not returned by an earlier List");
  }
  for (int state : request.states()) {
    if (state == v1::Daemon::STATE_UNSPECIFIED || !v1::Daemon::State_IsValid(state)) {
      return InvalidRequest("states", "has a value that is not a state");
    }
  }
  return absl::OkStatus();
}

// True if `request` selects this daemon, on any page.
bool Matches(const v1::ListRequest& request, const DaemonSnapshot& daemon) {
  const auto& states = request.states();
  if (!states.empty() &&
      std::find(states.begin(), states.end(), ToProto(daemon.state)) == states.end()) {
    return false;
  }
  return MatchesGlobs(request.names(), daemon.name());
}

std::string Encode(const v1::ListRequest& request, int limit, const Registry::View& now,
                   absl::Duration wall_step) {
  v1::ListResponse response;
  auto next = std::upper_bound(now.daemons.begin(), now.daemons.end(), request.page_token(),
                               [](const std::string& token, const DaemonSnapshotPtr& daemon) {
                                 return NameLess()(token, daemon->name());
                               });
  for (; next != now.daemons.end(); ++next) {
    if (!Matches(request, **next)) continue;
    if (response.daemons_size() == limit) {
      response.set_next_page_token(response.daemons(limit - 1).name());
      break;
    }
    ToProto(*WithShownTimes(*next, wall_step), *response.add_daemons());
  }
  return response.SerializeAsString();
}

}  // namespace

absl::StatusOr<ListHandler::Answer> ListHandler::List(const v1::ListRequest& request) {
  if (absl::Status status = CheckRequest(request); !status.ok()) return status;
  const int limit =
      request.page_size() == 0 ? kDefaultPageSize : std::min(request.page_size(), kMaxPageSize);
  const absl::Duration wall_step = clock_.WallStep();
  const bool plain =
      request.names().empty() && request.states().empty() && request.page_token().empty();
  if (plain) {
    const int64_t latest = registry_.latest_sequence();
    absl::MutexLock lock(&mu_);
    if (cached_.sequence == latest && cached_.limit == limit && cached_.wall_step == wall_step) {
      return cached_.answer;
    }
  }
  const std::shared_ptr<const Registry::View> now = registry_.Now();
  Answer answer = std::make_shared<const std::string>(Encode(request, limit, *now, wall_step));
  if (plain) {
    Cached cached = {now->sequence, limit, wall_step, answer};
    absl::MutexLock lock(&mu_);
    // A call that started later may have finished earlier.
    if (cached.sequence >= cached_.sequence) std::swap(cached_, cached);
  }
  return answer;
}

}  // namespace hob
