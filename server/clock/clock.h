// Time for supervision. Must not know anything of hob.
//
// Decisions use the monotonic clock; people see the wall clock. The two are types of their own, so
// that neither can be taken for the other.
#ifndef HOB_SERVER_CLOCK_CLOCK_H_
#define HOB_SERVER_CLOCK_CLOCK_H_

#include "absl/time/time.h"

namespace hob {

// A point on CLOCK_MONOTONIC: never set, never jumps, stands still while the machine is suspended.
// A plain value.
class MonotonicTime {
 public:
  // The clock's own origin (boot).
  constexpr MonotonicTime() = default;

  static constexpr MonotonicTime FromOrigin(absl::Duration since_origin) {
    return MonotonicTime(since_origin);
  }

  // Later than every other point.
  static constexpr MonotonicTime InfiniteFuture() {
    return MonotonicTime(absl::InfiniteDuration());
  }

  constexpr absl::Duration since_origin() const { return since_origin_; }

  friend MonotonicTime operator+(MonotonicTime time, absl::Duration by) {
    return MonotonicTime(time.since_origin_ + by);
  }
  friend MonotonicTime operator-(MonotonicTime time, absl::Duration by) {
    return MonotonicTime(time.since_origin_ - by);
  }
  friend absl::Duration operator-(MonotonicTime a, MonotonicTime b) {
    return a.since_origin_ - b.since_origin_;
  }
  friend bool operator==(MonotonicTime a, MonotonicTime b) {
    return a.since_origin_ == b.since_origin_;
  }
  friend bool operator!=(MonotonicTime a, MonotonicTime b) { return !(a == b); }
  friend bool operator<(MonotonicTime a, MonotonicTime b) {
    return a.since_origin_ < b.since_origin_;
  }
  friend bool operator<=(MonotonicTime a, MonotonicTime b) { return !(b < a); }
  friend bool operator>(MonotonicTime a, MonotonicTime b) { return b < a; }
  friend bool operator>=(MonotonicTime a, MonotonicTime b) { return !(a < b); }

 private:
  explicit constexpr MonotonicTime(absl::Duration since_origin) : since_origin_(since_origin) {}

  absl::Duration since_origin_;
};

// The same moment on both clocks.
struct Timestamp {
  MonotonicTime monotonic;
  // The wall clock as if nobody had set it since the process began, so that the span between two of
  // these is true. Goes on while the machine is suspended. To show one, add Clock::WallStep.
  absl::Time wall;
};

// Tells both times. Implementations are thread-safe and never block.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual Timestamp Now() const = 0;

  // The wall clock as it is set now: for lines of logs, whose times stay as they were written.
  virtual absl::Time WallNow() const = 0;

  // How far the wall clock was set since the process began, all in all; negative if it was set
  // back, zero if it was not. Stays the same until the clock is set again by 100 ms or more.
  virtual absl::Duration WallStep() const = 0;

  // The machine's clocks. Lives for ever.
  static const Clock& Real();
};

}  // namespace hob

#endif  // HOB_SERVER_CLOCK_CLOCK_H_
