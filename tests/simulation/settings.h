#ifndef HOB_TESTS_SIMULATION_SETTINGS_H_
#define HOB_TESTS_SIMULATION_SETTINGS_H_

#include <cstdint>
#include <limits>
#include <string>

namespace hob {
namespace simulation {

// Nanoseconds: since the origin of the monotonic clock, or between two moments.
using Nanos = int64_t;
inline constexpr Nanos kMillisecond = 1'000'000;
inline constexpr Nanos kSecond = 1000 * kMillisecond;
inline constexpr Nanos kMinute = 60 * kSecond;
// Later than everything that is simulated.
inline constexpr Nanos kInfinite = std::numeric_limits<Nanos>::max() / 4;

enum class Restart { kAlways, kOnFailure, kNever };
// The condition on another daemon.
enum class Condition { kStarted, kReady, kCompleted };
// The way a daemon reports readiness: not at all, fd:3, sd_notify(3), or by its check.
enum class Ready { kNone, kDescriptor, kNotify, kCheck };

// The specification of a daemon as the model understands it. A plain value.
struct Settings {
  // Settings that a change applies with a new process.
  int program = 0;
  Nanos start_time = 0;
  Ready ready = Ready::kNone;

  // Settings that a change applies live.
  bool autostart = true;
  Restart restart = Restart::kAlways;
  // True if exit code 2 is a success too.
  bool two_is_success = false;
  int max_retries = 3;
  Nanos retry_time = 5 * kSecond;
  Nanos backoff = 0;
  int backoff_factor = 2;
  Nanos backoff_max = 30 * kSecond;
  int jitter_percent = 10;
  bool halt_retries = false;
  Nanos halt_retry = kMinute;
  Nanos ready_timeout = kMinute;
  int stop_signal = 15;
  // kInfinite if it is never killed.
  Nanos stop_timeout = 10 * kSecond;
  // True if the stop signal goes only to the main process.
  bool stops_main_alone = false;
  // 0 if off. Only with Ready::kNotify.
  Nanos watchdog = 0;

  // The daemon that it depends on is so many numbers below its own; 0 if there is none.
  int depends_on_lower_by = 0;
  Condition condition = Condition::kReady;
  // True if it has a check; its variant, and true if its failure ends the instance.
  bool is_checked = false;
  int check_variant = 0;
  bool check_restarts = false;

  // True if it restarts with that daemon.
  bool restarts_with_it = false;

  // Of a set.
  int max_unavailable = 1;
  Nanos min_ready_time = 0;

  bool tells_ready() const { return ready != Ready::kNone; }
};

// Settings have a number, made of the part that takes a new process and the live part.
inline constexpr int kPrograms = 8;
inline constexpr int kLiveVariants = 32;
inline constexpr int kAllSettings = kPrograms * kLiveVariants;

inline int SettingsNumber(int program, int live) { return program * kLiveVariants + live; }
inline int ProgramOf(int number) { return number / kLiveVariants; }
inline int LiveVariantOf(int number) { return number % kLiveVariants; }

// Daemons with this number or a higher one are the instances of one set, with the same settings.
inline constexpr int kFirstInstance = 5;

// Returns the settings with this number. Never destroyed.
const Settings& SettingsOf(int number);

// Returns the number of the daemon that `daemon` depends on with these settings; -1 if there is
// none.
int DependencyOf(int daemon, const Settings& settings);

// Returns the section of a configuration file that gives the daemon with this number these
// settings. If it is an instance, the set gets `instances` of them.
std::string ToSection(int daemon, const Settings& settings, int instances = 1);

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_SETTINGS_H_
