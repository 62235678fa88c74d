// One run of the client, as its verbs see it.
#ifndef HOB_CLIENT_SESSION_H_
#define HOB_CLIENT_SESSION_H_

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

// Not thread-safe. Does not own what the environment points at, nor the description.
class Session {
 public:
  Session(const Environment& environment, const GlobalOptions& options,
          const CommandLineDescription& description);

  // The server, connected at the first call. Errors of AddressesToTry and Connect. The pointer
  // lives as long as the session.
  absl::StatusOr<v1::Supervisor::Stub*> Server();
  // The channel to it, for other services. Otherwise as Server.
  absl::StatusOr<std::shared_ptr<grpc::Channel>> Channel();
  // Where the server is; empty before Server has succeeded.
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
  const Environment& environment_;
  const GlobalOptions options_;
  const CommandLineDescription& description_;
  absl::optional<Connection> connection_;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_SESSION_H_
