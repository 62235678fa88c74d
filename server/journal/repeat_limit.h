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

// Keeps lines of one kind from filling a log: of each topic the first kMost within kWindow go
// through, the others are counted, and when the window is over it is said how many they were. The
// window begins with the first line of its topic, so that who says something now and then is never
// cut short.
//
// Not thread-safe. Needs time and memory for the topics of the last window alone.
class RepeatLimit {
 public:
  // Twenty ends a minute of one daemon are news; the thousands of a crash loop are not.
  static constexpr int kMost = 20;
  static constexpr absl::Duration kWindow = absl::Minutes(1);

  // Whether `line`, which is about `topic`, may be written at `now`; else it is counted. `now`
  // never goes back, and what TakeOver(now) returns was told before.
  bool Admit(const std::string& topic, MonotonicTime now, const std::string& line);

  // What was left out of one topic.
  struct LeftOut {
    std::string topic;
    int64_t lines = 0;
    // The first of them.
    std::string example;
  };
  // What was left out in the windows that are over at `now`, each told once.
  std::vector<LeftOut> TakeOver(MonotonicTime now);
  // The same for the windows that are not over as well: nothing is to come any more.
  std::vector<LeftOut> TakeAll() { return TakeOver(MonotonicTime::InfiniteFuture()); }

  // When TakeOver is to be called at the latest; the infinite future when nothing was left out.
  MonotonicTime NextDue() const;

 private:
  struct Window {
    MonotonicTime end;
    int lines = 0;
    // Null while nothing is.
    std::unique_ptr<LeftOut> left_out;
  };

  // By topic; and the same elements, which stay where they are, in the order in which they end.
  std::unordered_map<std::string, Window> windows_;
  std::deque<std::pair<const std::string, Window>*> by_end_;
  // How many of the windows have left something out.
  int cut_short_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_JOURNAL_REPEAT_LIMIT_H_
