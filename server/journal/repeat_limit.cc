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
  if (++window.lines <= kMost) return true;
  if (window.left_out == nullptr) {
    window.left_out = std::make_unique<LeftOut>();
    window.left_out->topic = topic;
    window.left_out->example = line;
    ++cut_short_;
  }
  ++window.left_out->lines;
  return false;
}

std::vector<RepeatLimit::LeftOut> RepeatLimit::TakeOver(MonotonicTime now) {
  std::vector<LeftOut> told;
  while (!by_end_.empty()) {
    Window& window = by_end_.front()->second;
    if (now < window.end) break;
    if (window.left_out != nullptr) {
      told.push_back(std::move(*window.left_out));
      --cut_short_;
    }
    windows_.erase(windows_.find(by_end_.front()->first));
    by_end_.pop_front();
  }
  return told;
}

MonotonicTime RepeatLimit::NextDue() const {
  if (cut_short_ == 0) return MonotonicTime::InfiniteFuture();
  return by_end_.front()->second.end;
}

}  // namespace hob
