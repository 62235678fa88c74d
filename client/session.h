// One run of the client, as its verbs see it.
#ifndef HOB_CLIENT_SESSION_H_
#define HOB_CLIENT_SESSION_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "client/command_line_description.h"
#include "client/connection.h"
#include "client/environment.h"
#include "client/exit_code.h"
#include "google/protobuf/message.h"
#include "hob/v1/supervisor.grpc.pb.h"

namespace hob {
namespace client {

// What stands on the command line whatever the verb is.
struct GlobalOptions {
  absl::optional<std::string> address;
  bool json = false;
};

// How long a call that only reads may take. The server answers those at once; only one that hangs
// takes longer.
inline constexpr absl::Duration kReadTimeout = absl::Seconds(30);

// How long a call that only reads is made again when the connection breaks before the answer.
inline constexpr absl::Duration kReconnectTimeout = absl::Seconds(10);

// Not thread-safe. Does not own what the environment points at, nor the description.
class Session {
 public:
  Session(const Environment& environment, const GlobalOptions& options,
          const CommandLineDescription& description);

  // Makes calls that only read, through the connection that it is given.
  using ReadCall = std::function<grpc::Status(Connection& connection)>;

  // Runs `call` and returns its status as ToStatus has it. Connects before if need be, with the
  // errors of AddressesToTry and Connect. If the connection breaks before the answer, runs `call`
  // again over a new one, for up to kReconnectTimeout: a server that is short of time or of
  // descriptors hangs up on a caller that it has not heard. Blocks.
  absl::Status Read(const ReadCall& call);

  // The server, over a connection on which it has answered already, for calls that must not be made
  // twice: it has accepted the connection for good, and does not hang up for want of resources. If
  // nothing was read before, asks the health service. Errors as for Read. The pointer is good until
  // the next Read. Blocks.
  absl::StatusOr<v1::Supervisor::Stub*> Server();

  // Address of the server; empty before anything was read.
  std::string server_address() const;

  const Environment& environment() const { return environment_; }
  const Terminal& terminal() const { return environment_.out_terminal; }
  const CommandLineDescription& description() const { return description_; }
  bool json() const { return options_.json; }
  absl::Time Now() const { return environment_.now(); }

  // Writes data, as it is, to standard output. What comes from outside is escaped already.
  void Print(absl::string_view text);
  // Writes the message as one line of JSON to standard output.
  void PrintJson(const google::protobuf::Message& message);

  // Writes "hob: MESSAGE", escaped, as a line to standard error.
  void Tell(absl::string_view message);
  // Writes a line, escaped, to standard error.
  void TellPlainly(absl::string_view line);
  // Tells what the status says; returns its exit code.
  ExitCode Fail(const absl::Status& status);

 private:
  absl::Status ConnectIfNeeded();

  const Environment& environment_;
  const GlobalOptions options_;
  const CommandLineDescription& description_;
  absl::optional<Connection> connection_;
  // True if the server has answered a call over `connection_`.
  bool has_answered_ = false;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_SESSION_H_
