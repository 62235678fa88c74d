#include "server/config/keys/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/config/keys/values.h"
#include "server/text/printable.h"

namespace hob {
namespace {

absl::Status Wrong(absl::string_view address, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat("'", Printable(address), "' ", problem));
}

absl::Status CheckSocketPath(absl::string_view address, absl::string_view path) {
  if (absl::StartsWith(path, "@")) {
    return Wrong(address,
                 "is a socket of the abstract namespace, which everybody may use: write "
                 "unix:/ABSOLUTE/PATH");
  }
  if (!absl::StartsWith(path, "/")) {
    return Wrong(address, "has no absolute path: write unix:/ABSOLUTE/PATH");
  }
  if (absl::EndsWith(path, "/")) return Wrong(address, "is a directory: write unix:/ABSOLUTE/PATH");
  if (path.size() > kMaxSocketPath) {
    return Wrong(address, absl::StrCat("has a path of ", path.size(),
                                       " bytes, a socket's has at most ", kMaxSocketPath));
  }
  return absl::OkStatus();
}

enum class HostKind { kLoopback, kOther, kNone };

HostKind ClassifyHost(absl::string_view host) {
  if (host == "localhost") return HostKind::kLoopback;
  in_addr v4;
  if (inet_pton(AF_INET, std::string(host).c_str(), &v4) == 1) {
    return ntohl(v4.s_addr) >> 24 == 127 ? HostKind::kLoopback : HostKind::kOther;
  }
  if (!absl::ConsumePrefix(&host, "[") || !absl::ConsumeSuffix(&host, "]")) return HostKind::kNone;
  in6_addr v6;
  if (inet_pton(AF_INET6, std::string(host).c_str(), &v6) != 1) return HostKind::kNone;
  return IN6_IS_ADDR_LOOPBACK(&v6) ? HostKind::kLoopback : HostKind::kOther;
}

}  // namespace

absl::Status CheckLoopbackAddress(absl::string_view address) {
  const size_t colon = address.rfind(':');
  const HostKind host =
      colon == absl::string_view::npos ? HostKind::kNone : ClassifyHost(address.substr(0, colon));
  if (host == HostKind::kNone) {
    return Wrong(address,
                 "is not HOST:PORT: HOST is localhost or an IP address, for example "
                 "127.0.0.1:7000 or [::1]:7000");
  }
  const absl::string_view port = address.substr(colon + 1);
  if (port != absl::StripAsciiWhitespace(port) || !ParseInteger(port, 0, 65535).ok()) {
    return Wrong(address, "has no port from 0 to 65535");
  }
  if (host == HostKind::kOther) {
    return Wrong(address,
                 "can be reached from other machines: without TLS only loopback is served, write "
                 "for example 127.0.0.1:7000");
  }
  return absl::OkStatus();
}

absl::Status CheckListenAddress(absl::string_view address) {
  absl::string_view path = address;
  if (absl::ConsumePrefix(&path, "unix:")) return CheckSocketPath(address, path);
  if (absl::StartsWith(address, "unix-abstract:")) return CheckSocketPath(address, "@");
  if (absl::StartsWith(address, "/")) {
    return Wrong(address,
                 absl::StrCat("lacks its kind: did you mean 'unix:", Printable(address), "'?"));
  }
  return CheckLoopbackAddress(address);
}

}  // namespace hob
