#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/format.h"
#include "client/json.h"
#include "client/table.h"
#include "client/verbs/daemon_statuses.h"
#include "client/verbs/verbs.h"
#include "server/config/keys/daemon_keys.h"
#include "server/config/keys/values.h"
#include "server/text/duration.h"
#include "server/throttle/simulation.h"

namespace hob {
namespace client {
namespace {

using Kind = SimulatedEvent::Kind;

std::string FlagOf(const DaemonKey& key) {
  return "--" + absl::StrReplaceAll(key.name, {{"_", "-"}});
}

// Returns the form of durations in protobuf's JSON: "2.100s".
std::string JsonDuration(absl::Duration duration) { return ToJson(ToProto(duration)); }

std::string NameOf(Kind kind) {
  switch (kind) {
    case Kind::kStart:
      return "START";
    case Kind::kTrial:
      return "TRIAL";
    case Kind::kTrialSucceeded:
      return "TRIAL_SUCCEEDED";
    case Kind::kEnd:
      return "END";
  }
  return "";
}

std::string NameOf(ThrottleRule rule) {
  switch (rule) {
    case ThrottleRule::kRetry:
      return v1::Throttle::Rule_Name(v1::Throttle::RETRY);
    case ThrottleRule::kBackoffDelay:
      return v1::Throttle::Rule_Name(v1::Throttle::BACKOFF_DELAY);
    case ThrottleRule::kWindowFull:
      return v1::Throttle::Rule_Name(v1::Throttle::WINDOW_FULL);
    case ThrottleRule::kShortage:
      return v1::Throttle::Rule_Name(v1::Throttle::SHORTAGE);
    case ThrottleRule::kBudget:
      return v1::Throttle::Rule_Name(v1::Throttle::BUDGET);
    case ThrottleRule::kTrialFailed:
      return v1::Throttle::Rule_Name(v1::Throttle::TRIAL_FAILED);
    case ThrottleRule::kLeftExited:
      return v1::Throttle::Rule_Name(v1::Throttle::LEFT_EXITED);
  }
  return "";
}

v1::Daemon::State ToProto(DaemonState state) {
  v1::Daemon::State named = v1::Daemon::STATE_UNSPECIFIED;
  v1::Daemon::State_Parse(std::string(DaemonStateName(state)), &named);
  return named;
}

std::string Explanation(const SimulatedEvent& event) {
  switch (event.kind) {
    case Kind::kStart:
      return "started";
    case Kind::kTrial:
      return "trial start";
    case Kind::kTrialSucceeded:
      return "the trial has stayed up for retry_time: its failures are forgotten";
    case Kind::kEnd:
      return absl::StrCat(DescribeEnd(event.run.end), " after ",
                          hob::FormatDuration(event.run.uptime), "; ",
                          SummarizeDecision(*event.decision));
  }
  return "";
}

// Returns one object on one line: `time` since the first start, `event`, `state`; for END also
// `uptime`, `end`, `rule`, `explanation`, `failuresInWindow` and, if a start follows,
// `nextAttemptTime`.
std::string JsonLine(const SimulatedEvent& event) {
  std::vector<std::string> fields = {
      absl::StrCat("\"time\":", JsonDuration(event.time)),
      absl::StrCat("\"event\":", JsonString(NameOf(event.kind))),
      absl::StrCat("\"state\":", JsonString(std::string(DaemonStateName(event.state))))};
  if (event.kind == Kind::kEnd) {
    const ThrottleDecision& decision = *event.decision;
    fields.push_back(absl::StrCat("\"uptime\":", JsonDuration(event.run.uptime)));
    fields.push_back(absl::StrCat("\"end\":", JsonString(DescribeEnd(event.run.end))));
    fields.push_back(absl::StrCat("\"rule\":", JsonString(NameOf(decision.rule))));
    fields.push_back(absl::StrCat("\"explanation\":", JsonString(SummarizeDecision(decision))));
    fields.push_back(absl::StrCat("\"failuresInWindow\":", decision.failures_in_window));
    if (decision.next_attempt.has_value()) {
      fields.push_back(absl::StrCat("\"nextAttemptTime\":",
                                    JsonDuration(decision.next_attempt->monotonic.since_origin())));
    }
  }
  return absl::StrCat("{", absl::StrJoin(fields, ","), "}\n");
}

class SimulateVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"simulate", "", "Show what the restart throttle would do, without a server",
            Arguments::kNone};
  }

  std::vector<Parameter> Parameters() override {
    std::vector<Parameter> parameters = {
        {"--uptimes", &uptimes_, "How long the instances stay up, one after the other: 0.1,2,2,60"},
        {"--exit-code",
         &exit_code_,
         "The exit code of each instance. Default: 1",
         "INT",
         /*required=*/false,
         {},
         /*maximum=*/255},
        {"--daemon", &daemon_,
         "Begin with the settings of this daemon (asks the server); without "
         "--uptimes, with its last runs too"}};
    for (const DaemonKey& key : DaemonKeys()) {
      if (key.throttle) settings_.push_back({&key, absl::nullopt});
    }
    for (Setting& setting : settings_) {
      parameters.push_back({FlagOf(*setting.key), &setting.value, setting.key->help});
    }
    return parameters;
  }

  ExitCode Run(Session& session) override {
    if (uptimes_.empty() && daemon_.empty()) {
      return session.Fail(absl::InvalidArgumentError(
          "simulate needs --uptimes (such as --uptimes 0.1,2,2,60) or --daemon NAME"));
    }
    DaemonSpec spec;
    std::vector<SimulatedRun> runs;
    for (const absl::Status& status :
         {ReadDaemon(session, spec, runs), ReadSettings(spec), ReadUptimes(runs)}) {
      if (!status.ok()) return session.Fail(status);
    }
    const Simulation simulation = Simulate(spec.restart_policy, runs);
    if (session.json()) {
      for (const SimulatedEvent& event : simulation.events) session.Print(JsonLine(event));
    } else {
      PrintTable(session, simulation);
      Remark(session, spec.restart_policy, simulation, static_cast<int64_t>(runs.size()));
    }
    return ExitCode::kDone;
  }

 private:
  struct Setting {
    const DaemonKey* key;
    // Absent if the command line does not set the key.
    absl::optional<std::string> value;
  };

  absl::Status ReadDaemon(Session& session, DaemonSpec& spec,
                          std::vector<SimulatedRun>& runs) const {
    if (daemon_.empty()) return absl::OkStatus();
    const auto statuses = FetchStatuses(session, {daemon_});
    if (!statuses.ok()) return statuses.status();
    if (statuses->size() != 1) {
      return absl::InvalidArgumentError("--daemon: name one daemon");
    }
    const v1::StatusResponse& status = statuses->front();
    for (const Setting& setting : settings_) {
      const auto found = status.spec().settings().find(setting.key->name);
      if (found == status.spec().settings().end() || found->second.empty()) continue;
      const absl::Status set = SetDaemonKey(*setting.key, found->second, &spec);
      if (!set.ok()) return set;
    }
    for (auto run = status.runs().rbegin(); run != status.runs().rend(); ++run) {
      if (!run->has_exit() || run->exit().requested()) continue;
      const absl::Duration uptime = ToTime(run->exit().time()) - ToTime(run->start_time());
      runs.push_back({std::max(uptime, absl::ZeroDuration()), ToEnd(run->exit())});
    }
    return absl::OkStatus();
  }

  absl::Status ReadSettings(DaemonSpec& spec) const {
    for (const Setting& setting : settings_) {
      if (!setting.value.has_value()) continue;
      const absl::Status set = SetDaemonKey(*setting.key, *setting.value, &spec);
      if (!set.ok()) {
        return absl::InvalidArgumentError(absl::StrCat(FlagOf(*setting.key), ": ", set.message()));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadUptimes(std::vector<SimulatedRun>& runs) const {
    if (uptimes_.empty()) return absl::OkStatus();
    runs.clear();
    for (const std::string& text : SplitList(uptimes_)) {
      const absl::StatusOr<absl::Duration> uptime = ParseDuration(text);
      if (!uptime.ok()) {
        return absl::InvalidArgumentError(absl::StrCat("--uptimes: ", uptime.status().message()));
      }
      runs.push_back({*uptime, ExitedWithCode{static_cast<int>(exit_code_.value_or(1))}});
    }
    return absl::OkStatus();
  }

  static void PrintTable(Session& session, const Simulation& simulation) {
    Table table({{"TIME", true}, {"STATE"}, {"WHY"}});
    for (const SimulatedEvent& event : simulation.events) {
      const v1::Daemon::State state = ToProto(event.state);
      table.AddRow({{hob::FormatDuration(event.time)},
                    {StateName(state), StateColour(state)},
                    {Explanation(event)}});
    }
    session.Print(table.Render(session.terminal()));
  }

  static void Remark(Session& session, const RestartPolicy& policy, const Simulation& simulation,
                     int64_t runs) {
    const int64_t left = runs - simulation.runs_used;
    if (left > 0) {
      session.Tell(absl::StrCat("it stays down: ", Count(left, "uptime"), " left over"));
    }
    if (policy.backoff > absl::ZeroDuration() && policy.backoff_jitter > 0) {
      session.Tell(absl::StrCat("without jitter: each delay may be longer by up to ",
                                absl::StrCat(policy.backoff_jitter * 100), "%"));
    }
  }

  std::string uptimes_;
  absl::optional<int64_t> exit_code_;
  std::string daemon_;
  std::vector<Setting> settings_;
};

}  // namespace

std::unique_ptr<Verb> MakeSimulateVerb() { return std::make_unique<SimulateVerb>(); }

}  // namespace client
}  // namespace hob
