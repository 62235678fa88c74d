// Fuzzes command lines, one argument per line of input: each yields either a verb to run or a
// printable text. Also fuzzes single arguments as addresses and times.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "bazel/fuzzing/text.h"
#include "client/address.h"
#include "client/command_line.h"
#include "client/since.h"
#include "client/verbs/verbs.h"
#include "glog/logging.h"

namespace hob {
namespace client {
namespace {

void CheckLines(absl::string_view text) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) CHECK(IsPrintable(line)) << text;
}

void CheckParse(const std::vector<std::string>& arguments) {
  CommandLine command_line(AllVerbs());
  const ParsedCommandLine parsed = command_line.Parse(arguments);
  CheckLines(parsed.text);
  if (parsed.verb != nullptr) {
    CHECK(parsed.code == ExitCode::kDone && parsed.text.empty());
  } else {
    CHECK(parsed.code == ExitCode::kDone || parsed.code == ExitCode::kUsage);
    CHECK(!parsed.text.empty() && parsed.text.back() == '\n');
  }
}

void CheckAddress(absl::string_view text) {
  const absl::StatusOr<Address> address = ParseAddress(text);
  if (!address.ok()) {
    // The caller escapes the message.
    CHECK(!address.status().message().empty());
    return;
  }
  CHECK_NE(address->path.empty(), address->host.empty());
  const absl::StatusOr<Address> again = ParseAddress(address->ToString());
  CHECK(again.ok()) << address->ToString();
  CHECK(again->path == address->path && again->host == address->host &&
        again->port == address->port);
}

void CheckSince(absl::string_view text) {
  const absl::Time now = absl::FromUnixSeconds(1'767'268'800);
  const absl::StatusOr<absl::Time> since = ParseSince(text, now, absl::UTCTimeZone());
  CHECK(since.ok() || !since.status().message().empty());
}

}  // namespace
}  // namespace client
}  // namespace hob

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<std::string> arguments = absl::StrSplit(hob::AsText(data, size), '\n');
  hob::client::CheckParse(arguments);
  for (const std::string& argument : arguments) {
    hob::client::CheckAddress(argument);
    hob::client::CheckSince(argument);
  }
  return 0;
}
