#include "tests/simulation/settings.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/simulation/random.h"

namespace hob {
namespace simulation {
namespace {

constexpr int kHangUp = 1;
constexpr int kInterrupt = 2;
constexpr int kTerminate = 15;

void DrawProgram(int program, Settings& settings) {
  Random random(program);
  settings.program = program;
  if (program % 4 == 3) settings.ready = Ready::kDescriptor;
  if (program % 4 == 1) settings.ready = Ready::kNotify;
  if (program % 8 == 2) settings.ready = Ready::kCheck;
  settings.start_time = random.Of<Nanos>({0, 0, 0, 50 * kMillisecond, 2 * kSecond});
}

// The first variant has the defaults of the contract.
void DrawLive(int live, Settings& settings) {
  if (live == 0) return;
  Random random(1000 + live);
  settings.autostart = !random.Chance(15);
  settings.restart = random.Of({Restart::kAlways, Restart::kAlways, Restart::kAlways,
                                Restart::kOnFailure, Restart::kOnFailure, Restart::kNever});
  settings.two_is_success = random.Chance(30);
  settings.max_retries = random.Of({0, 1, 2, 3, 3, 5, 20});
  settings.retry_time = random.Of<Nanos>({kSecond, 5 * kSecond, 5 * kSecond, 30 * kSecond});
  if (random.Chance(50)) settings.backoff = random.Of<Nanos>({kMillisecond, kSecond, 10 * kSecond});
  settings.backoff_factor = random.Of({1, 2, 3});
  settings.backoff_max = random.Of<Nanos>({10 * kSecond, 30 * kSecond});
  settings.jitter_percent = random.Of({0, 10});
  settings.halt_retries = random.Chance(40);
  settings.halt_retry = random.Of<Nanos>({5 * kSecond, kMinute});
  settings.ready_timeout = random.Of<Nanos>({kSecond, kMinute});
  settings.stop_signal = random.Of({kTerminate, kTerminate, kInterrupt, kHangUp});
  settings.stop_timeout = random.Of<Nanos>({0, 100 * kMillisecond, 10 * kSecond, 10 * kSecond});
  settings.watchdog = random.Of<Nanos>({0, 5 * kSecond, 30 * kSecond});
  settings.stops_main_alone = random.Chance(25);
  if (random.Chance(10)) settings.stop_timeout = kInfinite;
  if (random.Chance(40)) settings.depends_on_lower_by = random.Of({1, 1, 2});
  settings.condition = random.Of({Condition::kReady, Condition::kReady, Condition::kStarted});
  // All daemons of a file have the same settings when they are loaded, and with `always` none
  // completes.
  if (settings.restart != Restart::kAlways && random.Chance(30)) {
    settings.condition = Condition::kCompleted;
  }
  settings.is_checked = random.Chance(40);
  settings.check_variant = random.Below(2);
  settings.check_restarts = random.Chance(60);
  settings.restarts_with_it = settings.condition != Condition::kCompleted && random.Chance(50);
  settings.max_unavailable = random.Of({1, 1, 2});
  settings.min_ready_time = random.Of<Nanos>({0, 0, 500 * kMillisecond, 3 * kSecond});
}

std::vector<Settings> DrawAll() {
  std::vector<Settings> all(kAllSettings);
  for (int number = 0; number < kAllSettings; ++number) {
    DrawProgram(ProgramOf(number), all[number]);
    DrawLive(LiveVariantOf(number), all[number]);
    if (all[number].ready != Ready::kNotify) all[number].watchdog = 0;
    all[number].is_checked |= all[number].ready == Ready::kCheck;
  }
  return all;
}

std::string YesOrNo(bool value) { return value ? "yes" : "no"; }

std::string Milliseconds(Nanos time) { return absl::StrCat(time / kMillisecond, "ms"); }

std::string DurationOrInfinity(Nanos time) {
  return time >= kInfinite ? "infinity" : Milliseconds(time);
}

std::string RestartName(Restart restart) {
  switch (restart) {
    case Restart::kAlways:
      return "always";
    case Restart::kOnFailure:
      return "on-failure";
    case Restart::kNever:
      return "never";
  }
  return "";
}

std::string ConditionName(Condition condition) {
  switch (condition) {
    case Condition::kStarted:
      return "started";
    case Condition::kReady:
      return "ready";
    case Condition::kCompleted:
      return "completed";
  }
  return "";
}

std::string DependenciesOf(int daemon, const Settings& settings) {
  const int other = DependencyOf(daemon, settings);
  return other < 0 ? "" : absl::StrCat("d", other, ":", ConditionName(settings.condition));
}

std::string PartnersOf(int daemon, const Settings& settings) {
  const int other = DependencyOf(daemon, settings);
  return other < 0 || !settings.restarts_with_it ? "" : absl::StrCat("d", other);
}

std::string CheckName(const Settings& settings) {
  return settings.is_checked ? absl::StrCat("tcp:localhost:", 1 + settings.check_variant) : "";
}

std::string ReadyName(Ready ready) {
  switch (ready) {
    case Ready::kNone:
      return "none";
    case Ready::kDescriptor:
      return "fd:3";
    case Ready::kNotify:
      return "notify";
    case Ready::kCheck:
      return "check";
  }
  return "";
}

}  // namespace

const Settings& SettingsOf(int number) {
  static const std::vector<Settings>& all = *new std::vector<Settings>(DrawAll());
  return all[number];
}

int DependencyOf(int daemon, const Settings& settings) {
  const int by = settings.depends_on_lower_by;
  const int first = std::min(daemon, kFirstInstance);
  return by == 0 || by > first ? -1 : first - by;
}

std::string ToSection(int daemon, const Settings& settings, int instances) {
  const bool is_set = daemon >= kFirstInstance;
  return absl::StrCat("[daemon:", is_set ? "w" : absl::StrCat("d", daemon), "]\n",
                      is_set ? absl::StrCat("instances = ", instances, "\n") : "",
                      "max_unavailable = ", settings.max_unavailable,
                      "\nmin_ready_time = ", Milliseconds(settings.min_ready_time), "\n") +
         absl::StrCat("command = /bin/true ", settings.program,
                      "\nstart_time = ", Milliseconds(settings.start_time),
                      "\nready = ", ReadyName(settings.ready),
                      "\nautostart = ", YesOrNo(settings.autostart),
                      "\nrestart = ", RestartName(settings.restart),
                      "\nsuccess_exit_codes = ", settings.two_is_success ? "0 2" : "0",
                      "\nmax_retries = ", settings.max_retries,
                      "\nretry_time = ", Milliseconds(settings.retry_time),
                      "\nbackoff = ", Milliseconds(settings.backoff),
                      "\nbackoff_factor = ", settings.backoff_factor) +
         absl::StrCat("\nbackoff_max = ", Milliseconds(settings.backoff_max),
                      "\nbackoff_jitter = ", settings.jitter_percent, "%",
                      "\non_halt = ", settings.halt_retries ? "retry" : "stay",
                      "\nhalt_retry = ", Milliseconds(settings.halt_retry),
                      "\nready_timeout = ", Milliseconds(settings.ready_timeout),
                      "\nstop_signal = ", settings.stop_signal,
                      "\nstop_scope = ", settings.stops_main_alone ? "main" : "tree",
                      "\nstop_timeout = ", DurationOrInfinity(settings.stop_timeout),
                      "\nwatchdog = ", Milliseconds(settings.watchdog), "\nlog_max_bytes = 0",
                      "\ndepends_on = ", DependenciesOf(daemon, settings),
                      "\ncheck = ", CheckName(settings),
                      "\ncheck_action = ", settings.check_restarts ? "restart" : "none",
                      "\nrestart_with = ", PartnersOf(daemon, settings), "\n");
}

}  // namespace simulation
}  // namespace hob
