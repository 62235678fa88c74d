#include "server/config/keys/check_target.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/config/ini/quoting.h"
#include "server/config/keys/command.h"
#include "server/config/keys/listen_address.h"
#include "server/config/keys/values.h"
#include "server/text/printable.h"

namespace hob {
namespace {

constexpr int kMaxPort = 65535;

absl::Status Wrong(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("'", Printable(text), "' ", why));
}

// Checks HOST:PORT. The name of the host is looked up at each attempt.
absl::Status CheckHostAndPort(absl::string_view text, absl::string_view address) {
  if (absl::StrContains(address, '@')) {
    return Wrong(text, "has a user: remove USER:PASSWORD@");
  }
  // A scheme takes `//`, and hob's own words do not.
  if (absl::StartsWith(address, "//")) return Wrong(text, "has a // too many: remove it");
  if (address.find_first_of("/?#\\%") != absl::string_view::npos) {
    return Wrong(text, "has a path where a host and a port are expected");
  }
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos || colon == 0 || absl::EndsWith(address, "]")) {
    return Wrong(text, "has no port: write HOST:PORT");
  }
  const absl::string_view host = address.substr(0, colon);
  const bool has_brackets = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  if (absl::StrContains(host, ':') && !has_brackets) {
    return Wrong(text, "has no brackets around its IPv6 address: write [ADDRESS]:PORT");
  }
  const absl::StatusOr<int64_t> port = ParseInteger(address.substr(colon + 1), 1, kMaxPort);
  return port.ok() ? absl::OkStatus() : Wrong(text, "has an invalid port: use 1 to 65535");
}

absl::Status CheckSocket(absl::string_view text, absl::string_view path) {
  if (!absl::StartsWith(path, "/")) return Wrong(text, "needs an absolute socket path");
  if (path.size() <= kMaxSocketPath) return absl::OkStatus();
  return Wrong(text, absl::StrCat("has a socket path longer than ", kMaxSocketPath, " bytes"));
}

// `rest` is what follows http:// or https://.
absl::Status ParseHttp(absl::string_view text, absl::string_view rest, CheckTarget& check) {
  check.kind = CheckTarget::Kind::kHttp;
  check.address = std::string(text);
  return CheckHostAndPort(text, rest.substr(0, rest.find_first_of("/?#")));
}

// `rest` is what follows http+unix:.
absl::Status ParseHttpOverSocket(absl::string_view text, absl::string_view rest,
                                 CheckTarget& check) {
  const size_t end = rest.find(":/");
  const absl::string_view path = end == absl::string_view::npos ? "/" : rest.substr(end + 1);
  check.kind = CheckTarget::Kind::kHttp;
  check.address = absl::StrCat("http://localhost", path);
  check.socket = std::string(rest.substr(0, end));
  return CheckSocket(text, check.socket);
}

absl::Status ParseGrpc(absl::string_view text, absl::string_view rest, CheckTarget& check) {
  // The first slash after the host, which may not begin with one.
  const size_t slash = rest.find('/', absl::StartsWith(rest, "//") ? 2 : 0);
  check.kind = CheckTarget::Kind::kGrpc;
  check.address = std::string(rest.substr(0, slash));
  if (slash != absl::string_view::npos) check.service = std::string(rest.substr(slash + 1));
  return CheckHostAndPort(text, check.address);
}

absl::Status ParseTarget(absl::string_view text, CheckTarget& check) {
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "http://") || absl::ConsumePrefix(&rest, "https://")) {
    return ParseHttp(text, rest, check);
  }
  if (absl::ConsumePrefix(&rest, "http+unix:")) return ParseHttpOverSocket(text, rest, check);
  if (absl::ConsumePrefix(&rest, "grpc:")) return ParseGrpc(text, rest, check);
  if (absl::ConsumePrefix(&rest, "tcp:")) {
    check.kind = CheckTarget::Kind::kConnect;
    check.address = std::string(rest);
    return CheckHostAndPort(text, rest);
  }
  if (absl::ConsumePrefix(&rest, "unix:")) {
    check.kind = CheckTarget::Kind::kConnect;
    check.socket = std::string(rest);
    return CheckSocket(text, rest);
  }
  return Wrong(text,
               "is not a check: write http://HOST:PORT/PATH, https://HOST:PORT/PATH, "
               "http+unix:/SOCKET:/PATH, tcp:HOST:PORT, unix:/SOCKET, grpc:HOST:PORT/SERVICE or "
               "exec:/PROGRAM ARGS");
}

}  // namespace

absl::StatusOr<CheckTarget> ParseCheck(absl::string_view text) {
  CheckTarget check;
  check.text = std::string(text);
  absl::string_view command = text;
  if (absl::ConsumePrefix(&command, "exec:")) {
    const absl::StatusOr<ParsedCommand> parsed = ParseCommand(command);
    if (!parsed.ok()) return parsed.status();
    check.kind = CheckTarget::Kind::kExec;
    check.argv = parsed->argv();
    return check;
  }
  const absl::StatusOr<std::string> target = Unquote(text);
  if (!target.ok()) return target.status();
  check.text = *target;
  if (target->empty()) return check;
  if (absl::StartsWith(*target, "exec:")) {
    return Wrong(*target, "is quoted as a whole: quote single words only");
  }
  for (const char character : *target) {
    if (absl::ascii_isspace(character) || absl::ascii_iscntrl(character)) {
      return Wrong(*target, "contains a blank: only exec: takes arguments");
    }
  }
  const absl::Status status = ParseTarget(*target, check);
  if (!status.ok()) return status;
  return check;
}

}  // namespace hob
