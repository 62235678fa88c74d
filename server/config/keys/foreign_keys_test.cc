#include "server/config/keys/foreign_keys.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/keys/daemon_keys.h"
#include "server/config/keys/server_keys.h"

namespace hob {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// The most common keys of supervisord's [program:x] and of systemd's units.
constexpr const char* kUsual[] = {
    "autorestart",
    "startsecs",
    "startretries",
    "exitcodes",
    "stopsignal",
    "stopwaitsecs",
    "stopasgroup",
    "killasgroup",
    "redirect_stderr",
    "stdout_logfile",
    "stderr_logfile",
    "stdout_logfile_maxbytes",
    "numprocs",
    "priority",
    "process_name",
    "stdout_logfile_backups",
    "ExecStart",
    "ExecReload",
    "ExecStop",
    "KillMode",
    "KillSignal",
    "Restart",
    "RestartSec",
    "TimeoutStopSec",
    "WorkingDirectory",
    "Environment",
    "User",
    "EnvironmentFile",
    "Group",
    "LimitNOFILE",
    "Nice",
    "OOMScoreAdjust",
    "Type",
    "WantedBy",
    "After",
    "Requires",
    "UMask",
    "StandardOutput",
    "WatchdogSec",
    "Description",
    "StartLimitBurst",
    "TimeoutStartSec",
    "Wants",
    "PIDFile",
};

bool IsHobs(absl::string_view key) { return key == kCommandKey || FindDaemonKey(key) != nullptr; }

TEST(ForeignKeysTest, UsualKeysAreKnown) {
  for (const char* key : kUsual) {
    EXPECT_FALSE(AdviceOnKey(key, ForeignDaemonKeys()).empty()) << key;
  }
}

TEST(ForeignKeysTest, EachHasAKeyOfHobsOrAdvice) {
  std::set<std::string> names;
  for (const ForeignKey& key : ForeignDaemonKeys()) {
    EXPECT_TRUE(names.insert(absl::AsciiStrToLower(key.name)).second) << key.name;
    EXPECT_FALSE(IsHobs(key.name)) << key.name;
    EXPECT_TRUE(key.hobs.empty() ? !key.advice.empty() : IsHobs(key.hobs)) << key.name;
    EXPECT_FALSE(absl::EndsWith(key.advice, ".")) << key.name;
  }
  for (const ForeignKey& key : ForeignServerKeys()) {
    EXPECT_EQ(FindServerKey(key.name), nullptr) << key.name;
    EXPECT_TRUE(key.hobs.empty() ? !key.advice.empty() : FindServerKey(key.hobs) != nullptr)
        << key.name;
  }
}

TEST(AdviceOnKeyTest, NamesTheKeyAndTheAdvice) {
  EXPECT_EQ(AdviceOnKey("stopwaitsecs", ForeignDaemonKeys()), "did you mean 'stop_timeout'?");
  EXPECT_EQ(AdviceOnKey("autorestart", ForeignDaemonKeys()),
            "did you mean 'restart'? (true is always, unexpected is on-failure, false is never)");
  EXPECT_EQ(
      AdviceOnKey("killmode", ForeignDaemonKeys()),
      "leave it out: a stop reaches everything that the daemon started; stop_scope = main asks the "
      "main process alone");
  EXPECT_EQ(AdviceOnKey("childlogdir", ForeignServerKeys()), "did you mean 'log_dir'?");
  EXPECT_THAT(AdviceOnKey("max_retry", ForeignDaemonKeys()), IsEmpty());
}

TEST(AdviceOnSectionTest, KnowsThoseOfSupervisordAndSystemd) {
  EXPECT_EQ(AdviceOnSection("supervisord"),
            "it is supervisord's: hob's equivalents are keys of [hob]");
  EXPECT_THAT(AdviceOnSection("group:web"), HasSubstr("commands take globs"));
  EXPECT_THAT(AdviceOnSection("Service"), HasSubstr("it is systemd's: write [daemon:NAME]"));
  for (const char* name : {"couchdb", "daemons", "log", "service", "group", "supervisord:x", ""}) {
    EXPECT_THAT(AdviceOnSection(name), IsEmpty()) << name;
  }
}

}  // namespace
}  // namespace hob
