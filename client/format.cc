#include "client/format.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/daemon/exit_report.h"
#include "server/daemon/signal_name.h"

namespace hob {
namespace client {
namespace {

struct Unit {
  absl::Duration length;
  const char* name;
};

}  // namespace

EndOfProcess ToEnd(const v1::Exit& exit) {
  switch (exit.how_case()) {
    case v1::Exit::kSignal:
      return KilledBySignal{exit.signal(), exit.core_dumped()};
    case v1::Exit::kSpawnError: {
      SpawnFailure failure;
      failure.stage = exit.spawn_error().stage();
      failure.message = exit.spawn_error().message();
      return failure;
    }
    case v1::Exit::kUnobserved:
      return UnobservedEnd{};
    case v1::Exit::kExitCode:
    case v1::Exit::HOW_NOT_SET:
      break;
  }
  return ExitedWithCode{exit.exit_code()};
}

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(duration)));
  return proto;
}

std::string FormatAge(absl::Duration duration) {
  duration = std::max(duration, absl::ZeroDuration());
  if (duration < absl::Seconds(1)) return absl::StrCat(absl::ToInt64Milliseconds(duration), "ms");
  if (duration < absl::Minutes(1)) return absl::StrCat(absl::ToInt64Seconds(duration), "s");
  const Unit units[] = {{absl::Hours(24), "d"},
                        {absl::Hours(1), "h"},
                        {absl::Minutes(1), "m"},
                        {absl::Seconds(1), "s"}};
  size_t first = 0;
  while (duration < units[first].length) ++first;
  const int64_t large = absl::IDivDuration(duration, units[first].length, &duration);
  const int64_t small = absl::IDivDuration(duration, units[first + 1].length, &duration);
  std::string text = absl::StrCat(large, units[first].name);
  if (small > 0) absl::StrAppend(&text, small, units[first + 1].name);
  return text;
}

std::string FormatTime(absl::Time time, const absl::TimeZone& zone) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S %Z", time, zone);
}

std::string FormatTimeAndAge(absl::Time time, absl::Time now, const absl::TimeZone& zone) {
  const std::string age = time > now ? absl::StrCat("in ", FormatAge(time - now))
                                     : absl::StrCat(FormatAge(now - time), " ago");
  return absl::StrCat(client::FormatTime(time, zone), " (", age, ")");
}

std::string FormatPreciseTime(absl::Time time, absl::Time now, const absl::TimeZone& zone) {
  const bool today = absl::ToCivilDay(time, zone) == absl::ToCivilDay(now, zone);
  return absl::FormatTime(today ? "%H:%M:%E3S" : "%Y-%m-%d %H:%M:%E3S", time, zone);
}

std::string FormatShortTime(absl::Time time, absl::Time now, const absl::TimeZone& zone) {
  const bool today = absl::ToCivilDay(time, zone) == absl::ToCivilDay(now, zone);
  return absl::FormatTime(today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", time, zone);
}

std::string StateName(v1::Daemon::State state) {
  const std::string& name = v1::Daemon::State_Name(state);
  return name.empty() ? absl::StrCat("state ", static_cast<int>(state)) : name;
}

Colour StateColour(v1::Daemon::State state) {
  switch (state) {
    case v1::Daemon::RUNNING:
      return Colour::kGreen;
    case v1::Daemon::STARTING:
    case v1::Daemon::STOPPING:
    case v1::Daemon::BACKOFF:
    case v1::Daemon::WAITING:
      return Colour::kYellow;
    case v1::Daemon::HALTED:
      return Colour::kRed;
    case v1::Daemon::STOPPED:
    case v1::Daemon::EXITED:
      return Colour::kDim;
    default:
      // A newer server may have states that this client does not know.
      return Colour::kNone;
  }
}

bool IsOutdated(const v1::Daemon& daemon) {
  return daemon.pid() != 0 && daemon.running_generation() != 0 && daemon.config_generation() != 0 &&
         daemon.running_generation() != daemon.config_generation();
}

std::string StateOf(const v1::Daemon& daemon) {
  std::vector<std::string> marks;
  if (daemon.has_hold()) marks.push_back("held");
  if (IsOutdated(daemon)) marks.push_back("outdated");
  return absl::StrCat(StateName(daemon.state()),
                      marks.empty() ? "" : absl::StrCat(" (", absl::StrJoin(marks, ", "), ")"));
}

std::string DescribeHold(const v1::Hold& hold, absl::Time now, const absl::TimeZone& zone) {
  std::string text = absl::StrCat("held by ", hold.owner());
  if (hold.has_expire_time()) {
    absl::StrAppend(&text, " until ", FormatShortTime(ToTime(hold.expire_time()), now, zone));
  }
  return absl::StrCat(text, ": ", hold.reason());
}

bool AwaitsRelease(const v1::Daemon& daemon) {
  return std::any_of(
      daemon.blockers().begin(), daemon.blockers().end(),
      [](const v1::Blocker& blocker) { return blocker.kind() == v1::Blocker::HOLD; });
}

std::string ReasonOf(const v1::Daemon& daemon) {
  if (daemon.log_problem().empty()) return daemon.reason();
  return absl::StrCat(daemon.log_problem(), daemon.reason().empty() ? "" : "; ", daemon.reason());
}

std::string DescribeExit(const v1::Exit& exit) {
  return absl::StrCat(DescribeEnd(ToEnd(exit)), exit.requested() ? ", asked for" : "");
}

std::string DescribeExitShortly(const v1::Exit& exit) {
  switch (exit.how_case()) {
    case v1::Exit::kSignal:
      return SignalName(exit.signal());
    case v1::Exit::kSpawnError:
      return absl::StrCat(exit.spawn_error().stage(), " failed");
    case v1::Exit::kUnobserved:
      return "unobserved";
    case v1::Exit::kExitCode:
    case v1::Exit::HOW_NOT_SET:
      break;
  }
  return absl::StrCat("code ", exit.exit_code());
}

std::string FormatBytes(int64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  double value = bytes;
  absl::string_view unit;
  for (absl::string_view next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return absl::StrFormat("%.1f %s", value, unit);
}

std::string Count(int64_t count, const std::string& noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace client
}  // namespace hob
