#include "server/daemon/throttle_decision.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/text/duration.h"

namespace hob {
namespace {

// Enough to show the pattern; `failures` has the rest.
constexpr int kMaxNamed = 5;

std::string Plural(int64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string NameFailure(const Failure& failure) {
  return absl::StrCat(failure.description, " at ",
                      absl::FormatTime("%H:%M:%E3S", failure.time.wall, absl::LocalTimeZone()));
}

std::string NameFailures(const ThrottleDecision& decision) {
  std::vector<std::string> named;
  const int first = decision.failures.size() > kMaxNamed ? decision.failures.size() - kMaxNamed : 0;
  if (first > 0 || decision.failures_in_window > decision.failures.size()) named.push_back("...");
  for (int i = first; i < decision.failures.size(); ++i) {
    named.push_back(NameFailure(decision.failures[i]));
  }
  return absl::StrJoin(named, ", ");
}

// Names only the trial's failure; earlier ones in the window say nothing about the trial.
std::string LastFailure(const ThrottleDecision& decision) {
  if (decision.failures.empty()) return "";
  return absl::StrCat(" (", NameFailure(decision.failures.back()), ")");
}

std::string Window(const ThrottleDecision& decision) {
  return absl::StrCat(Plural(decision.failures_in_window, "failure"), " within ",
                      hob::FormatDuration(decision.retry_time), " (", NameFailures(decision), ")");
}

// Shows delays in milliseconds, and delays below one millisecond in microseconds.
std::string Delay(const ThrottleDecision& decision) {
  const bool is_long = decision.delay >= absl::Milliseconds(1);
  return hob::FormatDuration(
      absl::Trunc(decision.delay, is_long ? absl::Milliseconds(1) : absl::Microseconds(1)));
}

std::string Trial(const ThrottleDecision& decision) {
  if (!decision.next_attempt.has_value()) return "";
  return absl::StrCat("; one trial start every ", Delay(decision));
}

}  // namespace

std::string SummarizeDecision(const ThrottleDecision& decision) {
  const std::string count =
      absl::StrCat("failure ", decision.failures_in_window, " of ", decision.max_retries,
                   " within ", hob::FormatDuration(decision.retry_time));
  switch (decision.rule) {
    case ThrottleRule::kRetry:
      return absl::StrCat(count, ": restarted at once");
    case ThrottleRule::kBackoffDelay:
      return absl::StrCat(count, ": restart ", decision.consecutive_restarts, " in a row waits ",
                          Delay(decision));
    case ThrottleRule::kWindowFull:
      return absl::StrCat(Plural(decision.failures_in_window, "failure"), " within ",
                          hob::FormatDuration(decision.retry_time), ": given up", Trial(decision));
    case ThrottleRule::kTrialFailed:
      return absl::StrCat("the trial start failed: given up again", Trial(decision));
    case ThrottleRule::kShortage:
    case ThrottleRule::kBudget:
    case ThrottleRule::kLeftExited:
      return ExplainDecision(decision);
  }
  return "";
}

std::string ExplainDecision(const ThrottleDecision& decision) {
  switch (decision.rule) {
    case ThrottleRule::kRetry:
      return absl::StrCat(Window(decision), ", fewer than max_retries = ", decision.max_retries,
                          ": restarted at once");
    case ThrottleRule::kBackoffDelay:
      return absl::StrCat(Window(decision), ", fewer than max_retries = ", decision.max_retries,
                          ": restart ", decision.consecutive_restarts, " in a row waits ",
                          Delay(decision));
    case ThrottleRule::kWindowFull:
      return absl::StrCat(Window(decision), ", max_retries = ", decision.max_retries, ": given up",
                          Trial(decision));
    case ThrottleRule::kShortage:
      return absl::StrCat(
          "the machine is short of something, which does not count against the daemon: next try "
          "in ",
          Delay(decision));
    case ThrottleRule::kBudget:
      return absl::StrCat(
          "the machine's budget of automatic starts (start_rate, start_burst) is "
          "spent: its turn comes in ",
          Delay(decision));
    case ThrottleRule::kTrialFailed:
      return absl::StrCat("the trial start failed", LastFailure(decision), ": given up again",
                          Trial(decision));
    case ThrottleRule::kLeftExited:
      return "it has ended, and its `restart` setting does not start it again";
  }
  return "";
}

std::string WhatClears(const ThrottleDecision& decision, const std::string& daemon) {
  const std::string commands =
      absl::StrCat("`hob restart ", daemon, "` or a changed command in the configuration");
  switch (decision.rule) {
    case ThrottleRule::kRetry:
    case ThrottleRule::kBackoffDelay:
      return absl::StrCat("each ", hob::FormatDuration(decision.retry_time),
                          " after it happened; all of them by ", commands);
    case ThrottleRule::kWindowFull:
    case ThrottleRule::kTrialFailed:
      if (decision.next_attempt.has_value()) {
        return absl::StrCat("by a trial start that stays up for ",
                            hob::FormatDuration(decision.retry_time), ", ", commands);
      }
      return absl::StrCat("never on their own; by ", commands);
    case ThrottleRule::kShortage:
      return "by a start that succeeds";
    case ThrottleRule::kBudget:
      return absl::StrCat("when its turn comes; `hob start ", daemon, "` does not wait for it");
    case ThrottleRule::kLeftExited:
      return absl::StrCat("by `hob start ", daemon, "`");
  }
  return "";
}

}  // namespace hob
