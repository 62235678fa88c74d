#include "server/journal/repeat_limit.h"

#include <utility>

namespace hob {

bool RepeatLimit::Admit(const std::string& topic, MonotonicTime now, const std::string& line) {
  const auto [found, is_new] = windows_.try_emplace(topic);
  Window& window = found->second;
  if (is_new) {
    window.end = now + kWindow;
    by_end_.push_back(&*found);
  }
  if (++window.lines <= kMaxLines) return true;
  if (window.suppressed == nullptr) {
    window.suppressed = std::make_unique<Suppressed>();
    window.suppressed->topic = topic;
    window.suppressed->example = line;
    ++suppressing_;
  }
  ++window.suppressed->lines;
  return false;
}

std::vector<RepeatLimit::Suppressed> RepeatLimit::TakeFinished(MonotonicTime now) {
  std::vector<Suppressed> finished;
  while (!by_end_.empty()) {
    Window& window = by_end_.front()->second;
    if (now < window.end) break;
    if (window.suppressed != nullptr) {
      finished.push_back(std::move(*window.suppressed));
      --suppressing_;
    }
    windows_.erase(windows_.find(by_end_.front()->first));
    by_end_.pop_front();
  }
  return finished;
}

MonotonicTime RepeatLimit::NextDue() const {
  if (suppressing_ == 0) return MonotonicTime::InfiniteFuture();
  return by_end_.front()->second.end;
}

}  // namespace hob
