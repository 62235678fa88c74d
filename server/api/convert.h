#ifndef HOB_SERVER_API_CONVERT_H_
#define HOB_SERVER_API_CONVERT_H_

#include "hob/v1/supervisor.pb.h"
#include "server/config/config.h"
#include "server/config/plan.h"
#include "server/daemon/daemon_snapshot.h"
#include "server/registry/change_reader.h"
#include "server/supervisor/roll.h"
#include "server/supervisor/supervisor.h"

namespace hob {

// Convert from hob's vocabulary to the messages of the API. Pure functions.
v1::Daemon::State ToProto(DaemonState state);
v1::Daemon::Health ToProto(DaemonHealth health);
v1::Dependency::Condition ToProto(Dependency::Condition condition);
void ToProto(const DaemonSnapshot& snapshot, v1::Daemon& daemon);
void ToProto(const DaemonSpec& from, v1::DaemonSpec& spec);
void ToProto(const EndedRun& from, v1::Run& run);
void ToProto(const CheckResult& from, v1::CheckResult& result);
void ToProto(const PlanEntry& entry, v1::DaemonChange& change);
void ToProto(const Roll::Event& event, v1::RollResponse& response);
void ToProto(const DaemonOutcome& outcome, v1::DaemonChange& change);
void ToProto(const ConfigProblem& problem, v1::ConfigError& error);
void ToProto(const WatchEvent& event, v1::WatchResponse& response);

// Fills `run` from the current instance of a daemon. Precondition: it has one.
void PresentRunToProto(const DaemonSnapshot& snapshot, v1::Run& run);

}  // namespace hob

#endif  // HOB_SERVER_API_CONVERT_H_
