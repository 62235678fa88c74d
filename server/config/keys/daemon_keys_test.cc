#include "server/config/keys/daemon_keys.h"

#include <map>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

absl::Status Set(absl::string_view key, absl::string_view text, DaemonSpec* spec) {
  const DaemonKey* const row = FindDaemonKey(key);
  EXPECT_NE(row, nullptr) << key;
  return SetDaemonKey(*row, text, spec);
}

// Checks the default of every key, and whether it changes live.
TEST(DaemonKeysTest, TableHasEveryKeyWithItsDefault) {
  const struct {
    const char* name;
    const char* fallback;
    bool live;
  } kKeys[] = {
      {"autostart", "yes", true},
      {"depends_on", "", true},
      {"restart_with", "", true},
      {"restart", "always", true},
      {"success_exit_codes", "0", true},
      {"max_retries", "3", true},
      {"retry_time", "5s", true},
      {"backoff", "0s", true},
      {"backoff_factor", "2", true},
      {"backoff_max", "30s", true},
      {"backoff_jitter", "10%", true},
      {"on_halt", "stay", true},
      {"halt_retry", "1min", true},
      {"instances", "", true},
      {"max_unavailable", "1", true},
      {"min_ready_time", "0s", true},
      {"start_time", "0s", false},
      {"ready", "none", false},
      {"ready_timeout", "1min", true},
      {"stop_signal", "TERM", true},
      {"stop_scope", "tree", true},
      {"stop_timeout", "10s", true},
      {"directory", "/", false},
      {"umask", "022", false},
      {"user", "", false},
      {"group", "", false},
      {"groups", "", false},
      {"environment", "", false},
      {"env_file", "", false},
      {"clear_environment", "no", false},
      {"check", "", true},
      {"check_interval", "10s", true},
      {"check_timeout", "3s", true},
      {"check_delay", "0s", true},
      {"check_failures", "3", true},
      {"check_successes", "1", true},
      {"check_action", "restart", true},
      {"nice", "", false},
      {"oom_score_adj", "", false},
      {"limit_nofile", "", false},
      {"limit_core", "", false},
      {"limit_nproc", "", false},
      {"limit_memlock", "", false},
      {"no_new_privileges", "", false},
      {"watchdog", "off", true},
      {"stdin", "hold", false},
      {"stdout", "log", false},
      {"stderr", "log", false},
      {"log_max_bytes", "10MB", true},
      {"log_backups", "5", true},
      {"log_compress", "yes", true},
  };
  DaemonSpec spec;
  WriteDaemonSettings(&spec);
  ASSERT_EQ(DaemonKeys().size(), std::size(kKeys));
  EXPECT_EQ(spec.settings->size(), std::size(kKeys));
  for (int i = 0; i < std::size(kKeys); ++i) {
    const DaemonKey& key = DaemonKeys()[i];
    EXPECT_EQ(key.name, kKeys[i].name);
    EXPECT_EQ(spec.settings->at(key.name), kKeys[i].fallback) << key.name;
    EXPECT_EQ(key.change == KeyChange::kLive, kKeys[i].live) << key.name;
    EXPECT_FALSE(key.help.empty());
    EXPECT_EQ(DaemonKeyNames()[i], key.name);
  }
  EXPECT_EQ(FindDaemonKey("command"), nullptr);
}

TEST(DaemonKeysTest, ThrottleKeysAreMarked) {
  std::vector<std::string> names;
  for (const DaemonKey& key : DaemonKeys()) {
    if (key.throttle) names.push_back(key.name);
  }
  EXPECT_THAT(names, UnorderedElementsAre("restart", "success_exit_codes", "max_retries",
                                          "retry_time", "backoff", "backoff_factor", "backoff_max",
                                          "backoff_jitter", "on_halt", "halt_retry"));
}

// All texts for one value are written back as the same text, which is accepted again.
TEST(DaemonKeysTest, ValuesAreParsedAndWrittenBack) {
  const struct {
    const char* key;
    const char* text;
    const char* written;
  } kCases[] = {
      {"autostart", "Off", "no"},
      {"restart", "on-failure", "on-failure"},
      {"restart", "never", "never"},
      {"success_exit_codes", "5, 0 255 5", "0 5 255"},
      {"success_exit_codes", "\"\"", "''"},
      {"max_retries", "0", "0"},
      {"max_retries", "\"7\"", "7"},
      {"retry_time", "90", "1min30s"},
      {"retry_time", "0", "0s"},
      {"backoff", "0.5", "500ms"},
      {"backoff_factor", "1.50", "1.5"},
      {"backoff_max", "1h", "1h"},
      {"backoff_jitter", "0", "0%"},
      {"backoff_jitter", "0.25", "25%"},
      {"on_halt", "retry", "retry"},
      {"halt_retry", "5", "5s"},
      {"start_time", "2s", "2s"},
      {"ready", "notify", "notify"},
      {"ready", "fd:3", "fd:3"},
      {"ready", "fd:1023", "fd:1023"},
      {"ready", "none", "none"},
      {"ready_timeout", "infinity", "infinity"},
      {"ready_timeout", "5", "5s"},
      {"stop_signal", "sigint", "INT"},
      {"stop_signal", "9", "KILL"},
      {"stop_scope", "main", "main"},
      {"stop_scope", "tree", "tree"},
      {"stop_timeout", "0", "0s"},
      {"stop_timeout", "infinity", "infinity"},
      {"directory", "/srv/my web", "'/srv/my web'"},
      {"directory", "\"/srv/my web\"", "'/srv/my web'"},
      {"umask", "77", "077"},
      {"user", "daemon", "daemon"},
      {"group", "1", "1"},
      {"groups", "sys bin,sys", "bin,sys"},
      {"groups", "sys, \"domain users\" 'a,b'", "'a,b','domain users',sys"},
      {"environment", "B=2 A='a b'", "A='a b' B=2"},
      {"environment", "A=1,B=\"2,3\", C=4", "A=1 B='2,3' C=4"},
      {"env_file", "/etc/x", "/etc/x"},
      {"env_file", "-/etc/x", "-/etc/x"},
      {"env_file", "'-/etc/my env'", "'-/etc/my env'"},
      {"clear_environment", "1", "yes"},
      {"nice", "-20", "-20"},
      {"nice", "19", "19"},
      {"oom_score_adj", "-1000", "-1000"},
      {"oom_score_adj", "1000", "1000"},
      {"limit_nofile", "10:20", "10:20"},
      {"limit_core", "unlimited", "unlimited"},
      {"limit_nproc", "5", "5"},
      {"limit_memlock", "0:unlimited", "0:unlimited"},
      {"no_new_privileges", "yes", "yes"},
      {"no_new_privileges", "no", "no"},
      {"watchdog", "5", "5s"},
      {"watchdog", "off", "off"},
      {"watchdog", "0s", "off"},
      {"stdin", "null", "null"},
      {"stdout", "inherit", "inherit"},
      {"stdout", "null", "null"},
      {"stderr", "stdout", "stdout"},
      {"stderr", "null", "null"},
      {"log_max_bytes", "0", "0"},
      {"log_max_bytes", "64KiB", "64KiB"},
      {"log_backups", "0", "0"},
      {"log_compress", "no", "no"},
  };
  for (const auto& c : kCases) {
    const DaemonKey& key = *FindDaemonKey(c.key);
    DaemonSpec spec;
    const absl::Status status = SetDaemonKey(key, c.text, &spec);
    ASSERT_TRUE(status.ok()) << c.key << ": " << status;
    EXPECT_EQ(key.write(spec), c.written) << c.key;
    DaemonSpec again;
    ASSERT_TRUE(SetDaemonKey(key, c.written, &again).ok()) << c.key;
    EXPECT_EQ(key.write(again), c.written) << c.key;
  }
}

TEST(DaemonKeysTest, WrongValuesSuggestCorrectionsAndChangeNothing) {
  const struct {
    const char* key;
    const char* text;
    const char* problem;
  } kCases[] = {
      {"autostart", "maybe", "is neither yes nor no"},
      {"restart", "alway", "is none of always, on-failure, never; did you mean 'always'?"},
      {"success_exit_codes", "0 256", "'256' is not a whole number from 0 to 255"},
      {"success_exit_codes", "\"0,2\"", "'0,2' is not a whole number from 0 to 255"},
      {"success_exit_codes", "-1", "is not a whole number from 0 to 255"},
      {"max_retries", "-1", "is not a whole number from 0 to"},
      {"max_retries", "99999999999", "is not a whole number from 0 to"},
      {"retry_time", "soon", "is not a duration"},
      {"backoff_factor", "0.9", "is not a number from 1 to 1000"},
      {"backoff_max", "0", "is too short: at least 0.001us"},
      {"backoff_jitter", "10", "is not a share"},
      {"on_halt", "go", "is none of stay, retry"},
      {"halt_retry", "0", "is too short"},
      {"start_time", "-1", "is not a duration"},
      {"ready", "yes", "is none of none, notify, check and fd:N (N from 3 to 1023)"},
      {"ready", "fd:2", "is not a whole number from 3 to 1023"},
      {"ready", "fd:1024", "is not a whole number from 3 to 1023"},
      {"ready", "fd:", "is not a whole number from 3 to 1023"},
      {"ready_timeout", "0", "is too short"},
      {"stop_signal", "STOPP", "is not a signal"},
      {"stop_signal", "0", "is not a signal"},
      {"stop_signal", "65", "is not a signal"},
      {"stop_scope", "all", "tree"},
      {"stop_timeout", "never", "is not a duration"},
      {"directory", "srv", "is not an absolute path"},
      {"directory", "'/srv", "has a quote that is not closed"},
      {"umask", "088", "is not an octal number"},
      {"user", "a b", "is not a single name or number"},
      {"user", "''", "is not a single name or number"},
      {"group", "a,b", "is not a single name or number"},
      {"groups", ", ''", "the list of groups has no group in it"},
      {"environment", "A", "'A' sets no variable"},
      {"environment", "A=1,2", "quote it: A=\"1,2\""},
      {"env_file", "x", "is not an absolute path"},
      {"env_file", "-x", "is not an absolute path"},
      {"env_file", "-", "is not an absolute path"},
      {"nice", "20", "is not a whole number from -20 to 19"},
      {"oom_score_adj", "1001", "is not a whole number from -1000 to 1000"},
      {"limit_nofile", "2:1", "has a soft limit above the hard one"},
      {"no_new_privileges", "x", "is neither yes nor no"},
      {"watchdog", "never", "is not a duration"},
      {"stdin", "log", "is none of hold, null"},
      {"stdout", "stdout", "is none of log, inherit, null"},
      {"stderr", "stderr", "is none of log, stdout, inherit, null"},
      {"log_max_bytes", "many", "is not a size"},
      {"log_backups", "1001", "is not a whole number from 0 to 1000"},
  };
  for (const auto& c : kCases) {
    DaemonSpec spec, untouched;
    const absl::Status status = Set(c.key, c.text, &spec);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.key << " = " << c.text;
    EXPECT_THAT(status.message(), HasSubstr(c.problem)) << c.key;
    WriteDaemonSettings(&spec);
    WriteDaemonSettings(&untouched);
    EXPECT_EQ(*spec.settings, *untouched.settings) << c.key;
  }
}

TEST(DaemonKeysTest, ReadyGoesBackToNone) {
  DaemonSpec spec;
  ASSERT_TRUE(Set("ready", "fd:5", &spec).ok());
  EXPECT_EQ(spec.ready_fd, 5);
  ASSERT_TRUE(Set("ready", "none", &spec).ok());
  EXPECT_EQ(spec.ready_fd, -1);
}

TEST(DaemonKeysTest, EnvironmentIsMerged) {
  DaemonSpec spec;
  ASSERT_TRUE(Set("environment", "A=1 B=2", &spec).ok());
  ASSERT_TRUE(Set("environment", "B=3 C=4", &spec).ok());
  EXPECT_THAT(spec.environment,
              testing::ElementsAre(Pair("A", "1"), Pair("B", "3"), Pair("C", "4")));
}

}  // namespace
}  // namespace hob
