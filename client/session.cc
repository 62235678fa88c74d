#include "client/session.h"

#include "absl/strings/str_cat.h"
#include "client/escape.h"
#include "client/json.h"

namespace hob {
namespace client {

Session::Session(const Environment& environment, const GlobalOptions& options,
                 const CommandLineDescription& description)
    : environment_(environment),
      options_(options),
      description_(description),
      supervisor_(options.address, environment.variable) {}

void Session::Print(absl::string_view text) {
  environment_.out->write(text.data(), static_cast<std::streamsize>(text.size()));
}

void Session::PrintJson(const google::protobuf::Message& message) {
  Print(absl::StrCat(ToJson(message), "\n"));
}

void Session::Tell(absl::string_view message) { TellPlainly(absl::StrCat("hob: ", message)); }

void Session::TellPlainly(absl::string_view line) {
  // Keeps a message behind the data it refers to, even when both go to the same place.
  environment_.out->flush();
  *environment_.err << Escape(line) << "\n" << std::flush;
}

ExitCode Session::Fail(const absl::Status& status) {
  Tell(status.message());
  return ExitCodeFor(status);
}

}  // namespace client
}  // namespace hob
