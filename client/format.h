// Formats values of the API for people.
#ifndef HOB_CLIENT_FORMAT_H_
#define HOB_CLIENT_FORMAT_H_

#include <string>

#include "absl/time/time.h"
#include "client/table.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "hob/v1/supervisor.pb.h"
#include "server/daemon/exit_report.h"

namespace hob {
namespace client {

absl::Time ToTime(const google::protobuf::Timestamp& timestamp);
absl::Duration ToDuration(const google::protobuf::Duration& duration);
google::protobuf::Duration ToProto(absl::Duration duration);
// The result lacks the errno(3) of a failure to spawn.
EndOfProcess ToEnd(const v1::Exit& exit);

// Returns the two largest units: "850ms", "12s", "5m3s", "2h5m", "3d4h". A negative duration
// (clocks differ) counts as zero: "0ms".
std::string FormatAge(absl::Duration duration);

// "2026-01-31 12:00:01 CET".
std::string FormatTime(absl::Time time, const absl::TimeZone& zone);

// FormatTime and the distance from `now`: "2026-01-31 12:00:01 CET (5m3s ago)", "… (in 5s)".
std::string FormatTimeAndAge(absl::Time time, absl::Time now, const absl::TimeZone& zone);

// With milliseconds and without the zone, for events in quick succession: "12:00:01.120" on the day
// of `now`, "2026-01-31 12:00:01.120" on other days.
std::string FormatPreciseTime(absl::Time time, absl::Time now, const absl::TimeZone& zone);

// The same to the second, for times further apart: "12:00:01", "2026-01-31 12:00:01".
std::string FormatShortTime(absl::Time time, absl::Time now, const absl::TimeZone& zone);

// "RUNNING"; "state 42" for a state that this client does not know.
std::string StateName(v1::Daemon::State state);
Colour StateColour(v1::Daemon::State state);

// True if the daemon has an instance that runs with a former configuration.
bool IsOutdated(const v1::Daemon& daemon);

// Returns the name of the daemon's state, with marks if the daemon is held or outdated:
// "RUNNING (held)", "RUNNING (held, outdated)".
std::string StateOf(const v1::Daemon& daemon);

// Returns a description of a hold: "held by alice (uid 1001): disk swap", "held by alice (uid 1001)
// until 12:30:00: disk swap".
std::string DescribeHold(const v1::Hold& hold, absl::Time now, const absl::TimeZone& zone);

// True if the daemon is WAITING for the end of its hold.
bool AwaitsRelease(const v1::Daemon& daemon);

// Returns the reason for the daemon's state. A stalled log comes first, because the daemon may hang
// although it is RUNNING.
std::string ReasonOf(const v1::Daemon& daemon);

// "exit code 1", "signal 9 (KILL)", "signal 6 (ABRT), core dumped", "exec: /bin/x: No such file or
// directory"; followed by ", asked for" if it was requested.
std::string DescribeExit(const v1::Exit& exit);

// The same for a narrow column: "code 1", "KILL", "exec failed".
std::string DescribeExitShortly(const v1::Exit& exit);

// "812 B", "3.4 MiB": to one decimal place, in the largest unit that leaves at least 1.
std::string FormatBytes(int64_t bytes);

// "1 daemon", "2 daemons": `noun` takes an s unless `count` is 1.
std::string Count(int64_t count, const std::string& noun);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_FORMAT_H_
