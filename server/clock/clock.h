// Clocks for supervision. Must not know anything of hob.
//
// Decisions use the monotonic clock; people see the wall clock. The two have separate types so that
// they cannot be mixed up.
#ifndef HOB_SERVER_CLOCK_CLOCK_H_
#define HOB_SERVER_CLOCK_CLOCK_H_

#include "absl/time/time.h"

namespace hob {

// A point on CLOCK_MONOTONIC, which is never set, never jumps, and stops while the machine is
// suspended. A plain value.
class MonotonicTime {
 public:
  // The clock's origin (boot).
  constexpr MonotonicTime() = default;

  static constexpr MonotonicTime FromOrigin(absl::Duration since_origin) {
    return MonotonicTime(since_origin);
  }

  // Returns a point later than every other.
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
  // The wall clock as if it had never been set since the process started, so that differences
  // between two timestamps are correct. Advances while the machine is suspended. To display one,
  // add Clock::WallStep.
  absl::Time wall;
};

// Reads both clocks. Implementations are thread-safe and never block.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual Timestamp Now() const = 0;

  // Returns the wall clock as currently set. Used for log lines, whose times are never adjusted
  // later.
  virtual absl::Time WallNow() const = 0;

  // Returns the total by which the wall clock was set since the process started: negative if it was
  // set back, zero if it was not set. Changes only when the clock is set by 100 ms or more.
  virtual absl::Duration WallStep() const = 0;

  // Returns the time of the machine's boot, in the form of Timestamp::wall.
  virtual absl::Time BootTime() const = 0;

  // Returns the machine's clocks. The object is never destroyed.
  static const Clock& Real();
};

}  // namespace hob

#endif  // HOB_SERVER_CLOCK_CLOCK_H_
