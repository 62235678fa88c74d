#include "server/config/keys/server_keys.h"

#include <grp.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

absl::Status Set(absl::string_view key, absl::string_view text, ServerSettings* settings) {
  Accounts accounts;
  const ServerKey* const row = FindServerKey(key);
  EXPECT_NE(row, nullptr) << key;
  const absl::StatusOr<ServerSetter> set = ParseServerKey(*row, text, &accounts);
  if (set.ok()) (*set)(settings);
  return set.status();
}

TEST(ServerKeysTest, DefaultsAreTheContracts) {
  ServerSettings settings = DefaultServerSettings(SystemPaths());
  ASSERT_TRUE(CompleteServerSettings(&settings).ok());
  EXPECT_THAT(settings.listen, ElementsAre("unix:/run/hob/hob.sock"));
  EXPECT_THAT(
      settings.settings,
      ElementsAre(Pair("listen", "unix:/run/hob/hob.sock"), Pair("log_dir", "/var/log/hob"),
                  Pair("metrics_listen", ""), Pair("run_dir", "/run/hob"), Pair("socket_group", ""),
                  Pair("socket_mode", "0660"), Pair("start_burst", "1"), Pair("start_rate", ""),
                  Pair("state_dir", "/var/lib/hob")));
  EXPECT_EQ(ServerKeys().size(), settings.settings.size());
  EXPECT_EQ(ServerKeyNames()[0], "listen");
  for (const ServerKey& key : ServerKeys()) EXPECT_FALSE(key.help.empty());
  EXPECT_EQ(FindServerKey("listens"), nullptr);
}

TEST(ServerKeysTest, ValuesAreParsedAndWrittenBack) {
  const std::string daemon_group = absl::StrCat(getgrnam("daemon")->gr_gid);
  const struct {
    const char* key;
    std::string text;
    std::string written;
  } kCases[] = {
      {"listen", "unix:/a, 127.0.0.1:7000 '[::1]:0'", "unix:/a,127.0.0.1:7000,'[::1]:0'"},
      {"listen", "\"unix:/a b\", unix:/c", "'unix:/a b',unix:/c"},
      {"run_dir", "/a b", "'/a b'"},
      {"log_dir", "/a", "/a"},
      {"state_dir", "/a", "/a"},
      {"socket_mode", "600", "0600"},
      {"socket_group", "daemon", daemon_group},
      {"socket_group", daemon_group, daemon_group},
      {"start_rate", "0.5", "0.5"},
      {"start_burst", "10", "10"},
      {"metrics_listen", "localhost:9100", "localhost:9100"},
  };
  for (const auto& c : kCases) {
    ServerSettings settings = DefaultServerSettings(SystemPaths());
    const absl::Status status = Set(c.key, c.text, &settings);
    ASSERT_TRUE(status.ok()) << c.key << ": " << status;
    EXPECT_EQ(FindServerKey(c.key)->write(settings), c.written);
    EXPECT_TRUE(Set(c.key, c.written, &settings).ok()) << c.key;
  }
}

TEST(ServerKeysTest, WrongValuesSuggestCorrections) {
  const struct {
    const char* key;
    const char* text;
    const char* problem;
  } kCases[] = {
      {"listen", "unix:/a 0.0.0.0:1", "without TLS only loopback is served"},
      {"listen", "unix:/a unix:/a", "'unix:/a' is listed twice"},
      {"listen", "''", "there is no address"},
      {"listen", "'x", "has a quote that is not closed"},
      {"run_dir", "run", "is not an absolute path"},
      {"log_dir", "''", "is not an absolute path"},
      {"state_dir", "~/x", "is not an absolute path"},
      {"socket_mode", "0999", "is not an octal number"},
      {"socket_group", "no-such-group", "there is no group 'no-such-group'"},
      {"start_rate", "0", "is not a number from"},
      {"start_rate", "-1", "is not a number from"},
      {"start_burst", "0", "is not a whole number from 1"},
      {"metrics_listen", "0.0.0.0:9100", "only loopback is served"},
      {"metrics_listen", "unix:/x", "is not HOST:PORT"},
  };
  for (const auto& c : kCases) {
    ServerSettings settings;
    EXPECT_THAT(Set(c.key, c.text, &settings).message(), HasSubstr(c.problem))
        << c.key << " = " << c.text;
  }
}

TEST(ServerKeysTest, SocketFollowsTheRunDir) {
  ServerSettings settings = DefaultServerSettings(SystemPaths());
  settings.run_dir = "/srv/run";
  ASSERT_TRUE(CompleteServerSettings(&settings).ok());
  EXPECT_THAT(settings.listen, ElementsAre("unix:/srv/run/hob.sock"));
  settings.listen.clear();
  settings.run_dir = "/" + std::string(200, 'x');
  EXPECT_THAT(CompleteServerSettings(&settings).message(), HasSubstr("at most 107"));
}

}  // namespace
}  // namespace hob
