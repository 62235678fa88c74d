#include <algorithm>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/name_resolution.h"
#include "client/verbs/daemon_statuses.h"
#include "client/verbs/verbs.h"
#include "grpc/health/v1/health.pb.h"
#include "server/daemon/daemon_name.h"

namespace hob {
namespace client {
namespace {

using grpc::health::v1::HealthCheckResponse;

// The maximum number of daemons named on a line.
constexpr size_t kMaxNamed = 5;

bool IsUp(const v1::Daemon& daemon) {
  return daemon.state() == v1::Daemon::RUNNING && daemon.ready();
}

// "api is HALTED, web is BACKOFF and 3 more".
std::string Describe(const std::vector<std::string>& down) {
  std::vector<std::string> named(down.begin(), down.begin() + std::min(down.size(), kMaxNamed));
  std::string text = absl::StrJoin(named, ", ");
  if (down.size() > named.size()) {
    absl::StrAppend(&text, " and ", down.size() - named.size(), " more");
  }
  return text;
}

class HealthVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"health", "", "Say whether the server, a daemon or a set serves: for probes",
            Arguments::kDaemons};
  }

  std::vector<Parameter> Parameters() override {
    return {{"NAME", &name_,
             "A daemon or a set. Default: the server, and all daemons that are wanted"}};
  }

  ExitCode Run(Session& session) override {
    const absl::StatusOr<HealthCheckResponse> health = session.supervisor().CheckHealth(name_);
    if (!health.ok()) return Unknown(session, health.status());
    if (session.json()) session.PrintJson(*health);
    const bool serves = health->status() == HealthCheckResponse::SERVING;
    // A service's name is never a valid daemon name.
    if (IsNameOfDaemon(name_)) return JudgeNamed(session, serves);
    if (serves) return JudgeDaemons(session);
    Say(session, "NOT SERVING");
    return kHealthNotServing;
  }

 private:
  static ExitCode Unknown(Session& session, const absl::Status& status) {
    session.Fail(status);
    return kHealthUnknown;
  }

  // Prints nothing with JSON: that output is the server's answer alone, and only the exit code
  // reflects the daemons.
  static void Say(Session& session, const std::string& line) {
    if (!session.json()) session.Print(Escape(line) + "\n");
  }

  // Judges the daemon or the set NAME; `serves` is the server's answer.
  ExitCode JudgeNamed(Session& session, bool serves) const {
    const absl::StatusOr<std::vector<v1::StatusResponse>> statuses =
        FetchStatuses(session, {name_});
    if (!statuses.ok()) return Unknown(session, statuses.status());
    if (!serves && absl::c_all_of(*statuses, HasCompleted)) {
      Say(session, "COMPLETED");
      return ExitCode::kDone;
    }
    if (!serves) {
      Say(session, "NOT SERVING");
      return kHealthNotServing;
    }
    for (const v1::StatusResponse& status : *statuses) {
      if (status.daemon().log_problem().empty()) continue;
      Say(session, absl::StrCat("DEGRADED: ", status.daemon().log_problem()));
      return kHealthDegraded;
    }
    Say(session, "SERVING");
    return ExitCode::kDone;
  }

  // False also for a daemon that has just been removed.
  static absl::StatusOr<bool> IsDown(Session& session, const v1::Daemon& daemon) {
    if (!daemon.wanted() || IsUp(daemon)) return false;
    if (daemon.state() != v1::Daemon::EXITED) return true;
    const absl::StatusOr<std::vector<v1::StatusResponse>> statuses =
        session.supervisor().Status({daemon.name()});
    if (absl::IsNotFound(statuses.status())) return false;
    if (!statuses.ok()) return statuses.status();
    return !HasCompleted(statuses->front());
  }

  static ExitCode JudgeDaemons(Session& session) {
    const absl::StatusOr<v1::ListResponse> list = session.supervisor().List({}, {});
    if (!list.ok()) return Unknown(session, list.status());
    int64_t wanted = 0;
    int64_t up = 0;
    std::vector<std::string> down;
    std::vector<std::string> stalled;
    for (const v1::Daemon& daemon : list->daemons()) {
      const absl::StatusOr<bool> is_down = IsDown(session, daemon);
      if (!is_down.ok()) return Unknown(session, is_down.status());
      if (*is_down) {
        down.push_back(absl::StrCat(daemon.name(), " is ", StateOf(daemon)));
      }
      if (!daemon.log_problem().empty()) stalled.push_back(daemon.name());
      wanted += daemon.wanted();
      up += daemon.wanted() && IsUp(daemon);
    }
    std::vector<std::string> faults;
    if (!down.empty()) {
      faults.push_back(
          absl::StrCat(down.size(), " of ", Count(wanted, "daemon"), " not up: ", Describe(down)));
    }
    if (!stalled.empty()) faults.push_back(absl::StrCat("log stalled: ", Describe(stalled)));
    if (faults.empty()) {
      const int64_t completed = wanted - up;
      Say(session, absl::StrCat("SERVING: ", Count(up, "daemon"), " up",
                                completed > 0 ? absl::StrCat(", ", completed, " completed") : ""));
      return ExitCode::kDone;
    }
    Say(session, absl::StrCat("DEGRADED: ", absl::StrJoin(faults, "; ")));
    return kHealthDegraded;
  }

  std::string name_;
};

}  // namespace

std::unique_ptr<Verb> MakeHealthVerb() { return std::make_unique<HealthVerb>(); }

}  // namespace client
}  // namespace hob
