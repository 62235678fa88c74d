#include "server/daemon/foreground.h"

#include <cctype>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace hob {
namespace {

// Names a program that goes into the background by default, or is often configured to, and the
// argument that keeps it in the foreground.
struct Program {
  absl::string_view name;
  absl::string_view argument;
};

constexpr Program kPrograms[] = {
    {"apache2", "-DFOREGROUND"},
    {"atd", "-f"},
    {"chronyd", "-n"},
    {"cron", "-f"},
    {"crond", "-f"},
    {"dnsmasq", "--keep-in-foreground"},
    {"dovecot", "-F"},
    {"exim4", "-bdf"},
    {"haproxy", "-db"},
    {"httpd", "-DFOREGROUND"},
    {"keepalived", "--dont-fork"},
    {"lighttpd", "-D"},
    {"named", "-f"},
    {"nginx", "-g 'daemon off;'"},
    {"ntpd", "-n"},
    {"php-fpm", "--nodaemonize"},
    {"redis-server", "--daemonize no"},
    {"rsyslogd", "-n"},
    {"slapd", "-d 0"},
    {"smbd", "--foreground --no-process-group"},
    {"snmpd", "-f"},
    {"squid", "--foreground"},
    {"sshd", "-D"},
    {"supervisord", "-n"},
    {"unbound", "-d"},
    {"varnishd", "-F"},
    {"vsftpd", "-obackground=NO"},
};

// Returns the name of a program without its directory and version: "php-fpm" for
// "/usr/sbin/php-fpm8.2".
absl::string_view NameOf(absl::string_view path) {
  const absl::string_view name = path.substr(path.rfind('/') + 1);
  const auto is_version = [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; };
  size_t length = name.size();
  while (length > 0 && is_version(name[length - 1])) --length;
  return name.substr(0, length);
}

}  // namespace

bool WentIntoBackground(const ExitReport& report) {
  const auto* exited = absl::get_if<ExitedWithCode>(&report.end);
  return exited != nullptr && exited->code == 0 && report.killed_processes > 0 &&
         !report.requested && report.verdict.empty();
}

std::string ForegroundAdvice(const std::vector<std::string>& argv) {
  const absl::string_view path = argv.empty() ? absl::string_view() : argv[0];
  const absl::string_view full_name = path.substr(path.rfind('/') + 1);
  for (const Program& program : kPrograms) {
    if (program.name != full_name && program.name != NameOf(path)) continue;
    return absl::StrCat("run it in the foreground: ", full_name, " ", program.argument);
  }
  return "if it goes into the background by itself, tell it to stay in the foreground";
}

}  // namespace hob
