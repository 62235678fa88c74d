#include "client/verbs/health.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/format.h"
#include "client/listing.h"
#include "client/rpc_status.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace hob {
namespace client {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// As many daemons are named.
constexpr size_t kMaxNamed = 5;

absl::StatusOr<HealthCheckResponse> Check(Session& session, const std::string& service) {
  const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = session.Channel();
  if (!channel.ok()) return channel.status();
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kReadTimeout));
  HealthCheckRequest request;
  request.set_service(service);
  HealthCheckResponse response;
  const grpc::Status status =
      grpc::health::v1::Health::NewStub(*channel)->Check(&context, request, &response);
  if (!status.ok()) return ToStatus(status);
  return response;
}

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
    return {"health", "", "Say whether the server, or a daemon, serves: for probes",
            Arguments::kDaemons};
  }

  void Define(CLI::App& command) override {
    command.add_option("NAME", name_, "A daemon. Default: the server, and all that ought to be up");
  }

  ExitCode Run(Session& session) override {
    const absl::StatusOr<HealthCheckResponse> health = Check(session, name_);
    if (!health.ok()) return Unknown(session, health.status());
    if (session.json()) session.PrintJson(*health);
    if (health->status() != HealthCheckResponse::SERVING) {
      Say(session, "NOT SERVING");
      return kHealthNotServing;
    }
    if (name_.empty()) return JudgeDaemons(session);
    Say(session, "SERVING");
    return ExitCode::kDone;
  }

 private:
  static ExitCode Unknown(Session& session, const absl::Status& status) {
    session.Fail(status);
    return kHealthUnknown;
  }

  // With JSON, which is the server's answer alone, only the exit code tells about the daemons.
  static void Say(Session& session, const std::string& line) {
    if (!session.json()) session.Print(line + "\n");
  }

  static ExitCode JudgeDaemons(Session& session) {
    const absl::StatusOr<v1::Supervisor::Stub*> server = session.Server();
    const absl::StatusOr<v1::ListResponse> list = ListDaemons(**server, {}, {});
    if (!list.ok()) return Unknown(session, list.status());
    int64_t wanted = 0;
    std::vector<std::string> down;
    for (const v1::Daemon& daemon : list->daemons()) {
      if (!daemon.wanted()) continue;
      ++wanted;
      if (!IsUp(daemon)) down.push_back(absl::StrCat(daemon.name(), " is ", State(daemon)));
    }
    if (down.empty()) {
      Say(session, absl::StrCat("SERVING: ", Count(wanted, "daemon"), " up"));
      return ExitCode::kDone;
    }
    Say(session, absl::StrCat("DEGRADED: ", down.size(), " of ", Count(wanted, "daemon"),
                              " not up: ", Describe(down)));
    return kHealthDegraded;
  }

  static std::string State(const v1::Daemon& daemon) { return StateName(daemon.state()); }

  std::string name_;
};

}  // namespace

std::unique_ptr<Verb> MakeHealthVerb() { return std::make_unique<HealthVerb>(); }

}  // namespace client
}  // namespace hob
