#include "server/supervisor/succession.h"

#include <utility>

namespace hob {

void Succession::Decide(ThrottleDecision decision) {
  if (is_as_decided()) state_ = AsDecided{std::move(decision)};
}

void Succession::DropTrial() {
  auto* decided = absl::get_if<AsDecided>(&state_);
  if (decided == nullptr || decided->decision.action != ThrottleAction::kHalt) return;
  decided->decision.next_attempt.reset();
}

void Succession::StayStopped(std::string reason) { state_ = Stopped{std::move(reason)}; }

void Succession::StartAgain(std::string reason, bool by_operator) {
  state_ = Restart{std::move(reason), by_operator, /*is_automatic=*/false, StopReason()};
}

void Succession::StartWithPartner(std::string reason) {
  state_ = Restart{std::move(reason), /*by_operator=*/false, /*is_automatic=*/true, ""};
}

void Succession::KeepBack() {
  if (auto* restart = absl::get_if<Restart>(&state_)) restart->by_operator = false;
}

void Succession::Finish(bool is_removal) { state_ = Final{is_removal, /*is_done=*/false}; }

void Succession::Finished() { absl::get<Final>(state_).is_done = true; }

Succession::State Succession::Take() {
  return is_final() ? state_ : std::exchange(state_, State());
}

bool Succession::is_by_operator() const {
  const auto* restart = absl::get_if<Restart>(&state_);
  return restart != nullptr && restart->by_operator;
}

bool Succession::is_automatic() const {
  const auto* restart = absl::get_if<Restart>(&state_);
  return restart != nullptr && restart->is_automatic;
}

std::string Succession::StopReason() const {
  if (const auto* stopped = absl::get_if<Stopped>(&state_)) return stopped->reason;
  if (const auto* restart = absl::get_if<Restart>(&state_)) return restart->stop_reason;
  if (!is_final()) return "";
  return is_removal() ? "removed from the configuration" : "the server is shutting down";
}

}  // namespace hob
