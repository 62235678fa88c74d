#include "client/address.h"

#include <sys/un.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace hob {
namespace client {
namespace {

constexpr char kUnixPrefix[] = "unix:";
constexpr char kSystemSocket[] = "/run/hob/hob.sock";
// sun_path includes a terminating NUL (unix(7)).
constexpr size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;

absl::Status Malformed(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not an address: ", why));
}

absl::StatusOr<Address> ParseUnix(absl::string_view text, absl::string_view path) {
  if (path.empty() || path.front() != '/') {
    return Malformed(text, "the path of the socket must be absolute, as in unix:/run/hob/hob.sock");
  }
  if (path.size() > kMaxSocketPath) {
    return Malformed(text, absl::StrCat("the path of a socket has at most ", kMaxSocketPath,
                                        " bytes, this one has ", path.size()));
  }
  if (absl::StrContains(path, '\0')) return Malformed(text, "a path cannot contain a NUL byte");
  Address address;
  address.path = std::string(path);
  return address;
}

bool IsPort(absl::string_view text) {
  int number;
  for (char c : text) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return absl::SimpleAtoi(text, &number) && number >= 1 && number <= 65535;
}

absl::StatusOr<Address> ParseTcp(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) {
    return Malformed(text, "write unix:/ABSOLUTE/PATH or HOST:PORT");
  }
  absl::string_view host = text.substr(0, colon);
  const absl::string_view port = text.substr(colon + 1);
  const bool in_brackets = absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]");
  if (host.empty()) return Malformed(text, "the host is missing, as in localhost:7000");
  if (!in_brackets && absl::StrContains(host, ':')) {
    return Malformed(text, "an IPv6 address needs brackets, as in [::1]:7000");
  }
  if (host.find_first_of(absl::string_view("/[] \0", 5)) != absl::string_view::npos) {
    return Malformed(text, "write unix:/ABSOLUTE/PATH or HOST:PORT");
  }
  if (!IsPort(port)) return Malformed(text, "the port is a number from 1 to 65535");
  Address address;
  address.host = std::string(host);
  address.port = std::string(port);
  return address;
}

absl::StatusOr<std::vector<Address>> OnlyChoice(absl::string_view source, absl::string_view text) {
  absl::StatusOr<Address> address = ParseAddress(text);
  if (!address.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(source, ": ", address.status().message()));
  }
  return std::vector<Address>{*std::move(address)};
}

}  // namespace

std::string Address::ToString() const {
  if (!path.empty()) return absl::StrCat(kUnixPrefix, path);
  if (absl::StrContains(host, ':')) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

absl::StatusOr<Address> ParseAddress(absl::string_view text) {
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, kUnixPrefix)) return ParseUnix(text, rest);
  if (absl::StartsWith(text, "/")) {
    return Malformed(text, absl::StrCat("did you mean '", kUnixPrefix, text, "'?"));
  }
  return ParseTcp(text);
}

absl::StatusOr<std::vector<Address>> AddressesToTry(
    const absl::optional<std::string>& flag,
    const std::function<absl::optional<std::string>(const std::string& name)>& variable) {
  if (flag.has_value()) return OnlyChoice("--address", *flag);
  const std::string from_variable = variable("HOB_ADDRESS").value_or("");
  if (!from_variable.empty()) return OnlyChoice("HOB_ADDRESS", from_variable);
  std::vector<Address> addresses;
  const std::string runtime_dir = variable("XDG_RUNTIME_DIR").value_or("");
  if (absl::StartsWith(runtime_dir, "/")) {
    absl::StatusOr<Address> user =
        ParseAddress(absl::StrCat(kUnixPrefix, runtime_dir, "/hob/hob.sock"));
    // No user's server can run in a directory whose name is too long for a socket.
    if (user.ok()) addresses.push_back(*std::move(user));
  }
  Address system;
  system.path = kSystemSocket;
  addresses.push_back(system);
  return addresses;
}

}  // namespace client
}  // namespace hob
