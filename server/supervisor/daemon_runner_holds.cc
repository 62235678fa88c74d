// Implements the holds of daemon_runner.h, with the commands that place and end them.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/daemon/hold.h"
#include "server/supervisor/daemon_runner.h"

namespace hob {
namespace {

// Deadlines stand still while the machine is suspended, but a hold expires: the runner checks at
// least this often.
constexpr absl::Duration kHoldInterval = absl::Minutes(1);

}  // namespace

void DaemonRunner::PlaceHold(const Command& command) {
  absl::Status kept;
  if (context_.holds != nullptr) kept = context_.holds->Put(lifecycle_.spec().name, command.hold);
  if (!kept.ok()) return AnswerNow(command, kept);
  Record(command);
  const bool was_held = IsHeld();
  lifecycle_.SetHold(command.hold);
  // A stop that already waited while the daemon was held was commanded by an operator.
  if (!was_held) CancelAutomaticStop();
  // A start or restart that has not begun waits for the release; a later restart does not join it.
  start_.KeepBack();
  succession_.KeepBack();
  restarting_ = false;
  start_.SetBlocked(false);
  // Comes first: this answer ends the roll, which then ignores the aborted replacement.
  AnswerNow(command, lifecycle_.latest());
  waiters_.Abort(Waiters::Event::kSteady, lifecycle_.spec().name, "hold");
}

void DaemonRunner::Release(Command command) {
  if (!IsHeld()) return AnswerNow(command, lifecycle_.latest());
  Record(command);
  const bool starts = lifecycle_.now().awaits_release;
  EndHold();
  if (!starts) return AnswerNow(command, lifecycle_.latest());
  AnswerWhen(Waiters::Event::kTried, "release", std::move(command));
}

void DaemonRunner::LeaveAlone(const std::string& why) {
  const std::string reason = absl::StrCat(why, "; left alone");
  // A watchdog expires again and again.
  if (lifecycle_.now().reason != reason) lifecycle_.Remark(reason);
  context_.journal->Warning(
      About("left alone"),
      absl::StrCat(Tag(), " ", why, ": left alone, ", DescribeHold(*lifecycle_.now().hold)));
}

void DaemonRunner::CancelAutomaticStop() {
  const bool is_automatic = succession_.is_restart() && !succession_.is_by_operator();
  if (!relations_.holds_stop() || !IsUp() || !is_automatic) return;
  succession_.Take();
  lifecycle_.EndIsCancelled();
  if (HasPendingSpec()) {
    lifecycle_.SetPendingSpec(lifecycle_.now().pending_spec, PendingUntil::kStart);
  }
  LeaveAlone(absl::StrCat("no longer ", relations_.CancelStop(lifecycle_.spec())));
  relations_.NotePartnersAnew(lifecycle_.spec());
  CheckChanged();
  waiters_.Answer(Waiters::Event::kTried, lifecycle_.latest());
}

void DaemonRunner::EndHold() {
  absl::Status erased;
  if (context_.holds != nullptr) erased = context_.holds->Erase(lifecycle_.spec().name);
  if (!erased.ok()) {
    context_.journal->Error(
        absl::StrCat(Tag(), " is released, but the next server may hold it: ", erased.message()));
  }
  lifecycle_.SetHold(nullptr);
  // The next step begins the start that waited.
  start_.SetBlocked(false);
  if (!IsUp()) return;
  // Nothing that happened during the hold ends the instance now.
  watch_.BeginAnew(lifecycle_.spec(), context_.clock->Now().monotonic);
  relations_.NotePartnersAnew(lifecycle_.spec());
  const bool is_unhealthy = lifecycle_.now().health == DaemonHealth::kUnhealthy;
  if (is_unhealthy && !relations_.holds_stop()) CheckChanged();
  // A partner may have waited for the end of this instance before the hold.
  EndWithPartner();
}

void DaemonRunner::LookAtHold(const Timestamp& now) {
  if (!IsHeld()) return;
  const Hold& hold = *lifecycle_.now().hold;
  if (!hold.expire_time.has_value() || *hold.expire_time > now.wall) return;
  context_.journal->Info(
      About("released"),
      absl::StrCat(Tag(), " is released: its hold expired; it was ", DescribeHold(hold)));
  EndHold();
}

MonotonicTime DaemonRunner::HoldDeadline() const {
  if (!IsHeld() || !lifecycle_.now().hold->expire_time.has_value()) {
    return MonotonicTime::InfiniteFuture();
  }
  const Timestamp now = context_.clock->Now();
  const absl::Duration left = *lifecycle_.now().hold->expire_time - now.wall;
  return now.monotonic + std::min(std::max(left, absl::ZeroDuration()), kHoldInterval);
}

}  // namespace hob
