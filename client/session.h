// One run of the client, as its verbs see it.
#ifndef HOB_CLIENT_SESSION_H_
#define HOB_CLIENT_SESSION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "client/command_line_description.h"
#include "client/environment.h"
#include "client/exit_code.h"
#include "client/supervisor_client.h"
#include "google/protobuf/message.h"

namespace hob {
namespace client {

// The options of the command line that do not depend on the verb.
struct GlobalOptions {
  absl::optional<std::string> address;
  bool json = false;
};

// Offers verbs the server, the output and the options of one run. Not thread-safe. Owns neither the
// description nor the environment.
class Session {
 public:
  Session(const Environment& environment, const GlobalOptions& options,
          const CommandLineDescription& description);

  SupervisorClient& supervisor() { return supervisor_; }
  const Environment& environment() const { return environment_; }
  const Terminal& terminal() const { return environment_.out_terminal; }
  const CommandLineDescription& description() const { return description_; }
  bool json() const { return options_.json; }
  absl::Time Now() const { return environment_.now(); }

  // Writes data unchanged to standard output. The caller has escaped text from outside.
  void Print(absl::string_view text);
  // Writes the message as one line of JSON to standard output.
  void PrintJson(const google::protobuf::Message& message);

  // Writes "hob: MESSAGE", escaped, as a line to standard error.
  void Tell(absl::string_view message);
  // Writes a line, escaped, to standard error.
  void TellPlainly(absl::string_view line);
  // Writes the message of the status as Tell does; returns its exit code.
  ExitCode Fail(const absl::Status& status);

 private:
  const Environment& environment_;
  const GlobalOptions options_;
  const CommandLineDescription& description_;
  SupervisorClient supervisor_;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_SESSION_H_
