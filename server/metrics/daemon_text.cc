#include "server/metrics/daemon_text.h"

#include <array>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace hob {
namespace {

// In the order of kAllRestartReasons.
constexpr std::array<absl::string_view, kAllRestartReasons.size()> kRestartReasonNames = {
    "retry", "backoff", "shortage", "trial"};

// In the order of the alternatives of EndOfProcess.
constexpr std::array<absl::string_view, absl::variant_size<EndOfProcess>::value> kExitKindNames = {
    "code", "signal", "spawn_error", "unobserved"};

// The states that clients see.
constexpr std::array<DaemonState, 8> kShownStates = {
    DaemonState::kStopped,  DaemonState::kStarting, DaemonState::kRunning, DaemonState::kBackoff,
    DaemonState::kStopping, DaemonState::kExited,   DaemonState::kHalted,  DaemonState::kWaiting};

absl::string_view RuleName(ThrottleRule rule) {
  switch (rule) {
    case ThrottleRule::kRetry:
      return "RETRY";
    case ThrottleRule::kBackoffDelay:
      return "BACKOFF_DELAY";
    case ThrottleRule::kWindowFull:
      return "WINDOW_FULL";
    case ThrottleRule::kShortage:
      return "SHORTAGE";
    case ThrottleRule::kBudget:
      return "BUDGET";
    case ThrottleRule::kTrialFailed:
      return "TRIAL_FAILED";
    case ThrottleRule::kLeftExited:
      return "LEFT_EXITED";
  }
  return "";
}

// Appends seconds in Prometheus' format ("1790000000.123"): times to the millisecond, durations to
// the microsecond.
void AppendSeconds(absl::Duration seconds, absl::Duration unit, int digits, std::string& text) {
  const int64_t units = seconds / unit;
  const int64_t per_second = absl::Seconds(1) / unit;
  absl::StrAppend(&text, units / per_second);
  const std::string fraction = absl::StrCat(units % per_second);
  absl::StrAppend(&text, ".", std::string(digits - fraction.size(), '0'), fraction);
}

// Writes families with lines for each daemon.
class Writer {
 public:
  Writer(const DaemonFigures& figures, std::string& text) : figures_(figures), text_(text) {
    labels_.reserve(figures.daemons.size());
    for (const DaemonSnapshotPtr& daemon : figures.daemons) {
      // Names contain no characters that need escaping.
      labels_.push_back(absl::StrCat("{daemon=\"", daemon->name(), "\""));
    }
  }

  // Starts the family `name`, and calls `lines` to write the lines of each daemon.
  void Family(absl::string_view name, absl::string_view type, absl::string_view help,
              absl::FunctionRef<void(size_t daemon)> lines) {
    absl::StrAppend(&text_, "# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
    name_ = name;
    for (size_t daemon = 0; daemon < labels_.size(); ++daemon) lines(daemon);
  }

  void Line(size_t daemon, int64_t value) {
    absl::StrAppend(&text_, name_, labels_[daemon], "} ", value, "\n");
  }
  void Line(size_t daemon, absl::string_view label, absl::string_view label_value, int64_t value) {
    absl::StrAppend(&text_, name_, labels_[daemon], ",", label);
    absl::StrAppend(&text_, "=\"", label_value, "\"} ", value, "\n");
  }
  void Line(size_t daemon, absl::Time time) {
    absl::StrAppend(&text_, name_, labels_[daemon], "} ");
    AppendSeconds(time - absl::UnixEpoch(), absl::Milliseconds(1), 3, text_);
    text_.push_back('\n');
  }
  void Line(size_t daemon, absl::Duration span) {
    absl::StrAppend(&text_, name_, labels_[daemon], "} ");
    AppendSeconds(span, absl::Microseconds(1), 6, text_);
    text_.push_back('\n');
  }

  // Writes a line if there is a value.
  template <typename Value>
  void LineIfAny(size_t daemon, const absl::optional<Value>& value) {
    if (value.has_value()) Line(daemon, *value);
  }

  const DaemonSnapshot& daemon(size_t index) const { return *figures_.daemons[index]; }

 private:
  const DaemonFigures& figures_;
  std::string& text_;
  // "{daemon="web"" for each daemon.
  std::vector<std::string> labels_;
  absl::string_view name_;
};

int64_t ValueOf(const EndOfProcess& end) {
  if (const auto* exited = absl::get_if<ExitedWithCode>(&end)) return exited->code;
  if (const auto* killed = absl::get_if<KilledBySignal>(&end)) return killed->signal;
  if (const auto* failure = absl::get_if<SpawnFailure>(&end)) return failure->error_number;
  return 0;
}

void AppendStates(Writer& writer) {
  writer.Family("hob_daemon_up", "gauge", "1 if the main process is alive, else 0.",
                [&](size_t i) { writer.Line(i, writer.daemon(i).pid != 0 ? 1 : 0); });
  writer.Family("hob_daemon_state", "gauge", "1 for the current state, 0 for all others.",
                [&](size_t i) {
                  const absl::string_view now = DaemonStateName(writer.daemon(i).state);
                  for (const DaemonState state : kShownStates) {
                    const absl::string_view name = DaemonStateName(state);
                    writer.Line(i, "state", name, name == now ? 1 : 0);
                  }
                });
  writer.Family("hob_daemon_wanted", "gauge", "1 if the daemon is meant to be up, else 0.",
                [&](size_t i) { writer.Line(i, writer.daemon(i).wanted ? 1 : 0); });
  writer.Family("hob_daemon_held", "gauge", "1 if an operator holds the daemon, else 0.",
                [&](size_t i) { writer.Line(i, writer.daemon(i).hold != nullptr ? 1 : 0); });
  writer.Family("hob_daemon_completed", "gauge",
                "1 if the daemon exited with a success code and will not be restarted, else 0.",
                [&](size_t i) { writer.Line(i, HasCompleted(writer.daemon(i)) ? 1 : 0); });
  writer.Family("hob_daemon_ready", "gauge", "1 if the daemon is ready, else 0.",
                [&](size_t i) { writer.Line(i, writer.daemon(i).ready ? 1 : 0); });
  writer.Family("hob_daemon_healthy", "gauge",
                "1 if the daemon is healthy, 0 if unhealthy; absent without a verdict.",
                [&](size_t i) {
                  const DaemonHealth health = writer.daemon(i).health;
                  if (health == DaemonHealth::kHealthy) writer.Line(i, 1);
                  if (health == DaemonHealth::kUnhealthy) writer.Line(i, 0);
                });
  writer.Family("hob_daemon_start_time_seconds", "gauge",
                "Start time of the current instance, else of the last, in seconds since the epoch.",
                [&](size_t i) { writer.LineIfAny(i, writer.daemon(i).start_time); });
}

void AppendEnds(Writer& writer) {
  writer.Family("hob_daemon_restarts_total", "counter", "Restarts after a failure, by reason.",
                [&](size_t i) {
                  const DaemonSnapshot& daemon = writer.daemon(i);
                  for (size_t reason = 0; reason < kRestartReasonNames.size(); ++reason) {
                    writer.Line(i, "reason", kRestartReasonNames[reason],
                                daemon.counts.restarts_by_reason[reason]);
                  }
                });
  writer.Family("hob_daemon_exits_total", "counter",
                "Exits of instances for any reason, including failures to spawn.", [&](size_t i) {
                  const DaemonSnapshot& daemon = writer.daemon(i);
                  for (size_t kind = 0; kind < kExitKindNames.size(); ++kind) {
                    writer.Line(i, "kind", kExitKindNames[kind], daemon.counts.exits_by_kind[kind]);
                  }
                });
  writer.Family("hob_daemon_last_exit_status", "gauge",
                "Exit code, signal or errno of the last instance, depending on the kind.",
                [&](size_t i) {
                  const DaemonSnapshot& daemon = writer.daemon(i);
                  if (daemon.runs->empty()) return;
                  const EndOfProcess& end = daemon.runs->front().exit.end;
                  writer.Line(i, "kind", kExitKindNames[end.index()], ValueOf(end));
                });
  writer.Family("hob_daemon_last_exit_time_seconds", "gauge",
                "End time of the last instance, in seconds since the epoch.", [&](size_t i) {
                  const DaemonSnapshot& daemon = writer.daemon(i);
                  if (!daemon.runs->empty()) writer.Line(i, daemon.runs->front().exit.time.wall);
                });
}

void AppendThrottle(Writer& writer) {
  writer.Family("hob_daemon_throttle_rule", "gauge",
                "1 for the rule of the restart throttle's last decision, while that applies.",
                [&](size_t i) {
                  const auto& throttle = writer.daemon(i).throttle;
                  if (throttle != nullptr) writer.Line(i, "rule", RuleName(throttle->rule), 1);
                });
  writer.Family("hob_daemon_throttle_failures", "gauge",
                "Failures within retry_time at that decision.", [&](size_t i) {
                  const auto& throttle = writer.daemon(i).throttle;
                  if (throttle != nullptr) writer.Line(i, throttle->failures_in_window);
                });
  writer.Family("hob_daemon_next_start_time_seconds", "gauge",
                "Time of the next automatic start, if any, in seconds since the epoch.",
                [&](size_t i) { writer.LineIfAny(i, writer.daemon(i).next_start_time); });
}

void AppendUsages(const DaemonFigures& figures, Writer& writer) {
  const auto& usages = figures.usages;
  writer.Family("hob_daemon_cpu_seconds_total", "counter",
                "CPU time of the daemon's processes; may restart from 0 with an instance.",
                [&](size_t i) {
                  if (usages[i].has_value()) writer.LineIfAny(i, usages[i]->cpu);
                });
  writer.Family(
      "hob_daemon_memory_bytes", "gauge",
      "Memory of the daemon's processes: charge of its control group, else resident sets.",
      [&](size_t i) {
        if (usages[i].has_value()) writer.LineIfAny(i, usages[i]->memory_bytes);
      });
  writer.Family("hob_daemon_processes", "gauge", "Live processes of the daemon.", [&](size_t i) {
    if (usages[i].has_value()) writer.LineIfAny(i, usages[i]->processes);
  });
  writer.Family("hob_daemon_open_fds", "gauge", "Open descriptors of the main process.",
                [&](size_t i) {
                  if (usages[i].has_value()) writer.LineIfAny(i, usages[i]->open_descriptors);
                });
}

void AppendLogs(const DaemonFigures& figures, Writer& writer) {
  writer.Family("hob_daemon_log_bytes_total", "counter", "Bytes written to the daemon's logs.",
                [&](size_t i) {
                  const auto found = figures.written.find(writer.daemon(i).name());
                  if (found == figures.written.end()) return;
                  writer.Line(i, "stream", "stdout", found->second.stdout_bytes);
                  writer.Line(i, "stream", "stderr", found->second.stderr_bytes);
                });
  writer.Family("hob_daemon_log_stalls_total", "counter",
                "Times that the daemon was blocked because its output could not be logged.",
                [&](size_t i) { writer.Line(i, writer.daemon(i).counts.log_stalls); });
  writer.Family(
      "hob_daemon_log_stalled", "gauge",
      "1 if the daemon is blocked because its output cannot be logged, else 0.",
      [&](size_t i) { writer.Line(i, writer.daemon(i).notes.log_problem.empty() ? 0 : 1); });
}

}  // namespace

void AppendDaemonText(const DaemonFigures& figures, std::string& text) {
  // Approximate size of the lines of a daemon.
  constexpr size_t kBytesPerDaemon = 2048;
  text.reserve(text.size() + figures.daemons.size() * kBytesPerDaemon);
  Writer writer(figures, text);
  AppendStates(writer);
  AppendEnds(writer);
  AppendThrottle(writer);
  AppendUsages(figures, writer);
  AppendLogs(figures, writer);
}

}  // namespace hob
