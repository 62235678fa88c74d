#include "client/session.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/address.h"
#include "client/escape.h"
#include "client/json.h"
#include "client/rpc_status.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace hob {
namespace client {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(10);
constexpr absl::Duration kLongestPause = absl::Milliseconds(500);

// Asks whether the server serves; any answer will do.
grpc::Status Greet(Connection& connection) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kReadTimeout));
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status =
      grpc::health::v1::Health::NewStub(connection.channel)
          ->Check(&context, grpc::health::v1::HealthCheckRequest(), &response);
  return IsFromServer(status) ? grpc::Status::OK : status;
}

}  // namespace

Session::Session(const Environment& environment, const GlobalOptions& options,
                 const CommandLineDescription& description)
    : environment_(environment), options_(options), description_(description) {}

absl::Status Session::ConnectIfNeeded() {
  if (connection_.has_value()) return absl::OkStatus();
  const absl::StatusOr<std::vector<Address>> addresses =
      AddressesToTry(options_.address, environment_.variable);
  if (!addresses.ok()) return addresses.status();
  absl::StatusOr<Connection> connection = Connect(*addresses);
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  return absl::OkStatus();
}

absl::Status Session::Read(const ReadCall& call) {
  const absl::Time give_up = absl::Now() + kReconnectTimeout;
  absl::Duration pause = kFirstPause;
  while (true) {
    if (absl::Status status = ConnectIfNeeded(); !status.ok()) return status;
    const grpc::Status status = call(*connection_);
    if (!IsBrokenConnection(status)) {
      has_answered_ = true;
      return ToStatus(status);
    }
    connection_.reset();
    has_answered_ = false;
    if (absl::Now() + pause > give_up) return ToStatus(status);
    absl::SleepFor(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}

absl::StatusOr<v1::Supervisor::Stub*> Session::Server() {
  if (!has_answered_) {
    if (absl::Status status = Read(Greet); !status.ok()) return status;
  }
  return connection_->stub.get();
}

std::string Session::server_address() const {
  return connection_.has_value() ? connection_->address : "";
}

void Session::Print(absl::string_view text) {
  environment_.out->write(text.data(), static_cast<std::streamsize>(text.size()));
}

void Session::PrintJson(const google::protobuf::Message& message) {
  Print(absl::StrCat(ToJson(message), "\n"));
}

void Session::Tell(absl::string_view message) { TellPlainly(absl::StrCat("hob: ", message)); }

void Session::TellPlainly(absl::string_view line) {
  // Messages stand after the data that they are about, also when both go to the same place.
  environment_.out->flush();
  *environment_.err << Escape(line) << "\n" << std::flush;
}

ExitCode Session::Fail(const absl::Status& status) {
  Tell(status.message());
  return ExitCodeFor(status);
}

}  // namespace client
}  // namespace hob
