#ifndef HOB_SERVER_JOURNAL_REPEAT_LIMIT_H_
#define HOB_SERVER_JOURNAL_REPEAT_LIMIT_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/clock/clock.h"

namespace hob {

// Keeps repeated lines from filling a log. Admits the first kMaxLines lines of each topic within
// kWindow, counts the others, and reports their number when the window ends. A window starts with
// the first line of its topic, so occasional lines are never suppressed.
//
// Not thread-safe. Time and memory depend only on the topics of the last window.
class RepeatLimit {
 public:
  // Twenty exits of one daemon in a minute are news; the thousands of a crash loop are not.
  static constexpr int kMaxLines = 20;
  static constexpr absl::Duration kWindow = absl::Minutes(1);

  // Returns true if `line`, about `topic`, may be written at `now`; otherwise counts it. `now`
  // never goes back, and TakeFinished(now) must be called first.
  bool Admit(const std::string& topic, MonotonicTime now, const std::string& line);

  // The lines of one topic that were suppressed.
  struct Suppressed {
    std::string topic;
    int64_t lines = 0;
    // The first of them.
    std::string example;
  };
  // Returns the suppressed lines of windows that have ended by `now`, each once.
  std::vector<Suppressed> TakeFinished(MonotonicTime now);
  // Returns the suppressed lines of all windows; for use at the end.
  std::vector<Suppressed> TakeAll() { return TakeFinished(MonotonicTime::InfiniteFuture()); }

  // Returns the latest time for calling TakeFinished; the infinite future if nothing was
  // suppressed.
  MonotonicTime NextDue() const;

 private:
  struct Window {
    MonotonicTime end;
    int lines = 0;
    // Null while nothing is suppressed.
    std::unique_ptr<Suppressed> suppressed;
  };

  // Windows by topic; and pointers to the same elements, which never move, in the order in which
  // they end.
  std::unordered_map<std::string, Window> windows_;
  std::deque<std::pair<const std::string, Window>*> by_end_;
  // Number of windows with suppressed lines.
  int suppressing_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_JOURNAL_REPEAT_LIMIT_H_
