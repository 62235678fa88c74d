// Statuses of daemons, for the verbs that show or judge them.
#ifndef HOB_CLIENT_VERBS_DAEMON_STATUSES_H_
#define HOB_CLIENT_VERBS_DAEMON_STATUSES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/session.h"
#include "client/table.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "hob/v1/supervisor.pb.h"

namespace hob {
namespace client {

// Returns what the check of a daemon says, and what its latest attempt found: "HEALTHY; HTTP 200 in
// 3ms, 2s ago"; empty without a check, and without an instance.
std::string CheckOf(const Session& session, const v1::StatusResponse& status);

// Returns the `Status` of every daemon that matches `patterns` (all if empty), in the order of
// ResolveNames, or the first failure, with the name of its daemon. Blocks.
absl::StatusOr<std::vector<v1::StatusResponse>> FetchStatuses(
    Session& session, const std::vector<std::string>& patterns);

// True if the daemon ended by itself with one of its success codes and therefore stays down: it is
// healthy although it does not run.
bool HasCompleted(const v1::StatusResponse& status);

// Returns the command that shows a failed daemon's output: "hob logs NAME". Empty if the daemon is
// up, has not failed or never ran, or if its output is not kept.
std::string LogsOfFailure(const v1::StatusResponse& status);

// Returns the word for a condition, as a configuration file has it: "ready".
std::string ConditionName(v1::Dependency::Condition condition);

// Returns what the daemon depends on: "db: ready, migrate: completed (met)".
std::string DependenciesOf(const v1::StatusResponse& status);

// Returns who holds the daemon, since when, until when, and why: "by alice (uid 1001), 2026-01-01
// 12:00:00 UTC (5m3s ago), until released: disk swap". Empty if it is not held.
std::string HoldOf(const Session& session, const v1::Daemon& daemon);

// Returns how the configuration of an outdated instance differs, and the command that applies it:
// "runs generation 3 of its configuration; generation 4 differs in command, environment; 'hob
// restart web' applies it". Empty if the daemon is not outdated.
std::string OutdatedBy(const v1::StatusResponse& status);

// Returns what ends the daemon's hold: "it is released", "the hold expires, 12:30:00 (in 5m), or is
// released". The daemon is held.
std::string EndOfHold(const Session& session, const v1::Daemon& daemon);

// Returns when the next automatic start is due and, if so, that it will wait for the end of the
// hold; empty if none is due.
std::string NextStartOf(const Session& session, const v1::Daemon& daemon);

// True if the daemon is HALTED and its trial start is due, but put off.
bool HasDueTrial(const v1::StatusResponse& status);

// Returns a table of a daemon's runs, a row each in their order: start, pid, time up, resources,
// end and last line on stderr.
Table RunTable(const Session& session, const google::protobuf::RepeatedPtrField<v1::Run>& runs);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_DAEMON_STATUSES_H_
