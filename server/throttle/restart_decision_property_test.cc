// Plays random histories of a daemon on simulated time and compares each decision with a slow model
// that recomputes it from the full list of exits.
//
// The environment variables HOB_HISTORIES and HOB_FIRST_HISTORY set the number of histories and the
// number of the first one; a failure names its history.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/throttle/restart_decision.h"

namespace hob {
namespace {

constexpr int64_t kDefaultHistories = 100'000;

// SplitMix64, whose seeding costs nothing: each history has its own seed.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  // Returns 0 to n - 1.
  int Below(int n) { return static_cast<int>(Next() % n); }
  bool OneIn(int n) { return Below(n) == 0; }
  // Returns a number in [0, 1).
  double Fraction() { return static_cast<double>(Next() >> 11) / (1LL << 53); }

 private:
  uint64_t state_;
};

RestartPolicy RandomPolicy(Random& random) {
  RestartPolicy policy;
  if (random.OneIn(4)) policy.restart = RestartMode::kOnFailure;
  if (random.OneIn(32)) policy.restart = RestartMode::kNever;
  policy.max_retries = random.OneIn(16) ? kMaxEvidence + random.Below(5) : random.Below(6);
  // Matches the grid of the uptimes, so that equal ages are frequent.
  policy.retry_time = absl::Seconds(random.Below(7));
  if (random.OneIn(2)) policy.backoff = absl::Milliseconds(500 * (1 + random.Below(6)));
  policy.backoff_factor = 1 + 0.5 * random.Below(5);
  policy.backoff_max = absl::Seconds(random.Below(10));
  policy.backoff_jitter = random.OneIn(2) ? 0 : 0.1 * random.Below(10);
  if (random.OneIn(2)) policy.on_halt = OnHalt::kRetry;
  policy.halt_retry = absl::Seconds(1 + random.Below(8));
  return policy;
}

// One exit of an instance, as the model sees it.
struct End {
  enum Kind { kSuccess, kFailure, kShortage };
  Kind kind;
  int64_t time_ns;
  int64_t uptime_ns;
  std::string description;
};

// The decision that the rules require after the last exit in a list.
struct Expected {
  ThrottleAction action;
  ThrottleRule rule;
  // Holds the failures that count, as indices into the list.
  std::vector<int> window;
  int restarts_in_a_row = 0;
  // Delay without jitter.
  double delay_ns = 0;
  bool has_next_attempt = false;
};

// Applies the rules to all exits since an operator last cleared the history. Knows only that list
// and recomputes every count.
class Model {
 public:
  explicit Model(const RestartPolicy& policy)
      : policy_(policy),
        retry_time_ns_(absl::ToInt64Nanoseconds(policy.retry_time)),
        healthy_ns_(std::max(retry_time_ns_, absl::ToInt64Nanoseconds(policy.backoff_max))) {}

  void Clear() { ends_.clear(); }
  void Add(const End& end) { ends_.push_back(end); }
  const std::vector<End>& ends() const { return ends_; }

  Expected Decide() const {
    const int last = ends_.size() - 1;
    if (ends_[last].kind == End::kSuccess) {
      return {ThrottleAction::kLeave, ThrottleRule::kLeftExited, {}};
    }
    if (ends_[last].kind == End::kShortage) return DecideShortage(last);
    bool trial = false;
    int first = 0;
    for (int i = 0; i < last; ++i) {
      if (ends_[i].kind != End::kFailure) continue;
      if (trial && ends_[i].uptime_ns >= retry_time_ns_) {
        trial = false;
        first = i;
      }
      trial = trial || IsFull(Window(first, i));
    }
    if (trial && ends_[last].uptime_ns >= retry_time_ns_) {
      trial = false;
      first = last;
    }
    return DecideFailure(first, last, trial);
  }

 private:
  std::vector<int> Window(int first, int last) const {
    std::vector<int> window;
    for (int i = first; i <= last; ++i) {
      if (ends_[i].kind != End::kFailure) continue;
      if (ends_[last].time_ns - ends_[i].time_ns <= retry_time_ns_) window.push_back(i);
    }
    return window;
  }

  bool IsFull(const std::vector<int>& window) const { return window.size() >= policy_.max_retries; }

  Expected DecideShortage(int last) const {
    double delay_ns = 100e6;
    for (int i = last - 1; i >= 0 && ends_[i].kind == End::kShortage; --i) {
      delay_ns = std::min(2 * delay_ns, 30e9);
    }
    return {ThrottleAction::kWait, ThrottleRule::kShortage, {}, 0, delay_ns, true};
  }

  Expected DecideFailure(int first, int last, bool trial) const {
    Expected expected = {ThrottleAction::kStartNow, ThrottleRule::kRetry, Window(first, last)};
    expected.has_next_attempt = true;
    if (trial || IsFull(expected.window)) {
      expected.action = ThrottleAction::kHalt;
      expected.rule = trial ? ThrottleRule::kTrialFailed : ThrottleRule::kWindowFull;
      expected.has_next_attempt = policy_.on_halt == OnHalt::kRetry;
      if (expected.has_next_attempt) {
        expected.delay_ns = absl::ToDoubleNanoseconds(policy_.halt_retry);
      }
      return expected;
    }
    if (policy_.backoff == absl::ZeroDuration()) return expected;
    expected.action = ThrottleAction::kWait;
    expected.rule = ThrottleRule::kBackoffDelay;
    expected.restarts_in_a_row = RestartsInARow(first, last);
    expected.delay_ns = Backoff(expected.restarts_in_a_row);
    return expected;
  }

  int RestartsInARow(int first, int last) const {
    int restarts = 0;
    for (int i = last; i >= first; --i) {
      if (ends_[i].kind != End::kFailure) continue;
      ++restarts;
      if (ends_[i].uptime_ns >= healthy_ns_) break;
    }
    return restarts;
  }

  double Backoff(int restarts_in_a_row) const {
    const double longest_ns = absl::ToDoubleNanoseconds(policy_.backoff_max);
    double delay_ns = absl::ToDoubleNanoseconds(policy_.backoff);
    for (int i = 1; i < restarts_in_a_row; ++i) delay_ns *= policy_.backoff_factor;
    return std::min(delay_ns, longest_ns);
  }

  const RestartPolicy policy_;
  const int64_t retry_time_ns_;
  const int64_t healthy_ns_;
  std::vector<End> ends_;
};

// Checks an invariant: between two clearings, and apart from trials, no window of retry_time holds
// more than max(1, max_retries) starts. A start that a shortage prevented does not count.
class StartsBetweenClearings {
 public:
  explicit StartsBetweenClearings(const RestartPolicy& policy)
      : retry_time_(policy.retry_time), most_(std::max<int64_t>(1, policy.max_retries)) {}

  void Clear() { starts_.clear(); }

  void Add(MonotonicTime start) {
    starts_.push_back(start);
    const int in_window = std::count_if(starts_.begin(), starts_.end(), [&](MonotonicTime earlier) {
      return start - earlier <= retry_time_;
    });
    ASSERT_LE(in_window, most_);
  }

  void TakeBackLast() { starts_.pop_back(); }

 private:
  const absl::Duration retry_time_;
  const int64_t most_;
  std::vector<MonotonicTime> starts_;
};

// One exit, both as the throttle and as the model see it.
struct RandomEnd {
  ExitReport report;
  End::Kind kind;
  std::string description;
};

RandomEnd AnyEnd(const RestartPolicy& policy, Random& random) {
  RandomEnd end;
  end.kind = End::kFailure;
  end.report.uptime = absl::Seconds(random.OneIn(3) ? 0 : random.Below(8));
  if (random.OneIn(8)) end.report.uptime += absl::Nanoseconds(random.OneIn(2) ? 1 : -1);
  end.report.uptime = std::max(end.report.uptime, absl::ZeroDuration());
  switch (random.Below(6)) {
    case 0:
    case 1: {
      const int code = random.Below(3);
      end.report.end = ExitedWithCode{code};
      end.description = absl::StrCat("exit code ", code);
      if (policy.restart == RestartMode::kOnFailure && code == 0) end.kind = End::kSuccess;
      break;
    }
    case 2:
      end.report.end = KilledBySignal{9, false};
      end.description = "signal 9 (KILL)";
      break;
    case 3:
      end.report.end = SpawnFailure{"exec", ENOENT, "/x: gone"};
      end.report.uptime = absl::ZeroDuration();
      end.description = "exec: /x: gone";
      break;
    case 4:
      end.report.end = ExitedWithCode{0};
      end.report.verdict = "not ready";
      end.description = "not ready";
      break;
    case 5:
      end.report.end = SpawnFailure{"clone", random.OneIn(2) ? EAGAIN : EMFILE, ""};
      end.report.uptime = absl::ZeroDuration();
      end.kind = End::kShortage;
      break;
  }
  return end;
}

// Plays one daemon's random life under the throttle, under the same throttle with a jumping wall
// clock, and under the model.
class History {
 public:
  explicit History(uint64_t seed)
      : random_(seed), policy_(RandomPolicy(random_)), model_(policy_), starts_(policy_) {}

  // Plays the whole history, but stops at the first difference.
  void Play() {
    starts_.Add(start_);
    const int ends = random_.OneIn(16) ? 60 : 2 + random_.Below(14);
    for (int i = 0; i < ends && !::testing::Test::HasFatalFailure(); ++i) PlayOne();
  }

  const std::map<ThrottleRule, int>& fired() const { return fired_; }
  int halts_on_equal_age() const { return halts_on_equal_age_; }

 private:
  void PlayOne() {
    if (random_.OneIn(24)) return OperatorStarts(start_ + absl::Seconds(random_.Below(8)));
    RandomEnd end = AnyEnd(policy_, random_);
    // Shortages hide how the daemon would have ended, so `never` is tested without them.
    if (policy_.restart == RestartMode::kNever) {
      if (end.kind == End::kShortage) return;
      end.kind = End::kSuccess;
    }
    end.report.time.monotonic = start_ + end.report.uptime;
    const double fraction = random_.Fraction();

    end.report.time.wall = base_wall_ + (end.report.time.monotonic - MonotonicTime());
    const ThrottleDecision decision = DecideRestart(policy_, end.report, fraction, history_);
    const ThrottleDecision other = DecideOnJumpingWallClock(end.report, fraction);

    model_.Add({end.kind, Nanoseconds(end.report.time.monotonic),
                absl::ToInt64Nanoseconds(end.report.uptime), end.description});
    const Expected expected = model_.Decide();
    CompareWithModel(decision, expected, fraction);
    CompareEvidence(decision, expected);
    CompareTimes(decision, end.report.time);
    CompareButForWall(decision, other);
    Remember(decision, end);
    if (!::testing::Test::HasFatalFailure()) StartAgain(decision, end);
  }

  ThrottleDecision DecideOnJumpingWallClock(ExitReport report, double fraction) {
    // Jumps by years, forwards or backwards, or sometimes not at all.
    report.time.wall =
        base_wall_ + absl::Seconds(random_.Below(4) * (random_.Below(200) - 100)) * (365 * 24 * 36);
    const ThrottleDecision decision = DecideRestart(policy_, report, fraction, other_history_);
    if (decision.next_attempt.has_value()) {
      EXPECT_EQ(decision.next_attempt->wall, report.time.wall + decision.delay);
    }
    return decision;
  }

  void CompareWithModel(const ThrottleDecision& decision, const Expected& expected,
                        double fraction) {
    ASSERT_EQ(decision.action, expected.action);
    ASSERT_EQ(decision.rule, expected.rule);
    ASSERT_EQ(decision.failures_in_window, expected.window.size());
    ASSERT_EQ(decision.consecutive_restarts, expected.restarts_in_a_row);
    ASSERT_EQ(decision.next_attempt.has_value(), expected.has_next_attempt);
    ASSERT_EQ(decision.max_retries, policy_.max_retries);
    ASSERT_EQ(decision.retry_time, policy_.retry_time);
    const double jitter =
        expected.rule == ThrottleRule::kBackoffDelay ? policy_.backoff_jitter * fraction : 0;
    // Allows a nanosecond for rounding.
    ASSERT_LE(
        std::abs(absl::ToDoubleNanoseconds(decision.delay) - expected.delay_ns * (1 + jitter)), 1);
  }

  void CompareEvidence(const ThrottleDecision& decision, const Expected& expected) {
    const int known = std::min<int>(expected.window.size(), kMaxEvidence);
    ASSERT_EQ(decision.failures.size(), known);
    for (int i = 0; i < known; ++i) {
      const End& end = model_.ends()[expected.window[expected.window.size() - known + i]];
      ASSERT_EQ(Nanoseconds(decision.failures[i].time.monotonic), end.time_ns);
      ASSERT_EQ(decision.failures[i].description, end.description);
    }
  }

  void CompareTimes(const ThrottleDecision& decision, const Timestamp& now) {
    if (!decision.next_attempt.has_value()) return;
    ASSERT_EQ(decision.next_attempt->monotonic, now.monotonic + decision.delay);
    ASSERT_EQ(decision.next_attempt->wall, now.wall + decision.delay);
  }

  void CompareButForWall(const ThrottleDecision& a, const ThrottleDecision& b) {
    ASSERT_EQ(a.action, b.action);
    ASSERT_EQ(a.rule, b.rule);
    ASSERT_EQ(a.failures_in_window, b.failures_in_window);
    ASSERT_EQ(a.consecutive_restarts, b.consecutive_restarts);
    ASSERT_EQ(a.delay, b.delay);
    ASSERT_EQ(a.next_attempt.has_value(), b.next_attempt.has_value());
    if (a.next_attempt.has_value()) {
      ASSERT_EQ(a.next_attempt->monotonic, b.next_attempt->monotonic);
    }
    ASSERT_EQ(a.failures.size(), b.failures.size());
    for (size_t i = 0; i < a.failures.size(); ++i) {
      ASSERT_EQ(a.failures[i].time.monotonic, b.failures[i].time.monotonic);
    }
    ASSERT_EQ(history_.window, other_history_.window);
    ASSERT_EQ(history_.restarts_in_a_row, other_history_.restarts_in_a_row);
    ASSERT_EQ(history_.shortages_in_a_row, other_history_.shortages_in_a_row);
    ASSERT_EQ(history_.halted, other_history_.halted);
  }

  void Remember(const ThrottleDecision& decision, const RandomEnd& end) {
    ++fired_[decision.rule];
    if (decision.rule == ThrottleRule::kWindowFull && decision.failures_in_window > 1 &&
        policy_.retry_time > absl::ZeroDuration() &&
        end.report.time.monotonic - decision.failures.front().time.monotonic ==
            policy_.retry_time) {
      ++halts_on_equal_age_;
    }
  }

  void StartAgain(const ThrottleDecision& decision, const RandomEnd& end) {
    if (trial_ && end.kind == End::kFailure && decision.rule != ThrottleRule::kTrialFailed) {
      // The trial stayed up long enough to clear the history.
      trial_ = false;
      starts_.Clear();
    }
    if (!decision.next_attempt.has_value() || random_.OneIn(12)) {
      return OperatorStarts(end.report.time.monotonic + absl::Seconds(random_.Below(4)));
    }
    start_ = decision.next_attempt->monotonic;
    if (decision.action == ThrottleAction::kHalt) trial_ = true;
    if (trial_) return;
    // This start replaces the one that a shortage prevented.
    if (decision.rule == ThrottleRule::kShortage) starts_.TakeBackLast();
    starts_.Add(start_);
  }

  void OperatorStarts(MonotonicTime when) {
    start_ = when;
    trial_ = false;
    history_ = FailureHistory();
    other_history_ = FailureHistory();
    model_.Clear();
    starts_.Clear();
    starts_.Add(start_);
  }

  static int64_t Nanoseconds(MonotonicTime time) {
    return absl::ToInt64Nanoseconds(time.since_origin());
  }

  Random random_;
  const RestartPolicy policy_;
  FailureHistory history_;
  FailureHistory other_history_;
  Model model_;
  StartsBetweenClearings starts_;
  const absl::Time base_wall_ = absl::FromUnixSeconds(1767225600);
  // When the current instance started.
  MonotonicTime start_ = MonotonicTime::FromOrigin(absl::Seconds(1000));
  bool trial_ = false;
  std::map<ThrottleRule, int> fired_;
  int halts_on_equal_age_ = 0;
};

int64_t FromEnvironment(const char* variable, int64_t otherwise) {
  const char* text = std::getenv(variable);
  int64_t value;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

TEST(RestartDecisionPropertyTest, RandomHistoriesMatchTheModelOnAnyWallClock) {
  const int64_t first = FromEnvironment("HOB_FIRST_HISTORY", 0);
  const int64_t count = FromEnvironment("HOB_HISTORIES", kDefaultHistories);
  std::map<ThrottleRule, int64_t> fired;
  int64_t halts_on_equal_age = 0;
  for (int64_t seed = first; seed < first + count; ++seed) {
    History history(seed);
    history.Play();
    ASSERT_FALSE(HasFailure()) << "replay it with HOB_FIRST_HISTORY=" << seed << " HOB_HISTORIES=1";
    for (const auto& [rule, times] : history.fired()) fired[rule] += times;
    halts_on_equal_age += history.halts_on_equal_age();
  }
  if (count < 1000) return;
  // The histories are useful only if they reach every rule and the edge of the window.
  for (ThrottleRule rule :
       {ThrottleRule::kRetry, ThrottleRule::kBackoffDelay, ThrottleRule::kWindowFull,
        ThrottleRule::kShortage, ThrottleRule::kTrialFailed, ThrottleRule::kLeftExited}) {
    EXPECT_GE(fired[rule], count / 20) << static_cast<int>(rule);
  }
  EXPECT_GE(halts_on_equal_age, count / 50);
}

}  // namespace
}  // namespace hob
