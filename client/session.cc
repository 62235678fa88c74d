#include "client/session.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/address.h"
#include "client/escape.h"
#include "client/json.h"

namespace hob {
namespace client {

Session::Session(const Environment& environment, const GlobalOptions& options,
                 const CommandLineDescription& description)
    : environment_(environment), options_(options), description_(description) {}

absl::StatusOr<v1::Supervisor::Stub*> Session::Server() {
  if (!connection_.has_value()) {
    const absl::StatusOr<std::vector<Address>> addresses =
        AddressesToTry(options_.address, environment_.variable);
    if (!addresses.ok()) return addresses.status();
    absl::StatusOr<Connection> connection = Connect(*addresses);
    if (!connection.ok()) return connection.status();
    connection_ = *std::move(connection);
  }
  return connection_->stub.get();
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Session::Channel() {
  const absl::StatusOr<v1::Supervisor::Stub*> server = Server();
  if (!server.ok()) return server.status();
  return connection_->channel;
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
