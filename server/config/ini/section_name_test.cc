#include "server/config/ini/section_name.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::HasSubstr;

TEST(ClassifySectionTest, KnowsItsOwn) {
  EXPECT_EQ(ClassifySection("os_daemons").kind, SectionKind::kOsDaemons);
  EXPECT_EQ(ClassifySection("os_daemon_settings").kind, SectionKind::kOsDaemonSettings);
  EXPECT_EQ(ClassifySection("hob").kind, SectionKind::kHob);
  EXPECT_EQ(ClassifySection("daemon:web.1").kind, SectionKind::kDaemon);
  EXPECT_EQ(ClassifySection("daemon:web.1").daemon, "web.1");
}

TEST(ClassifySectionTest, LeavesOtherPeoplesSectionsAlone) {
  for (const char* name : {"daemons",
                           "log",
                           "couchdb",
                           "httpd",
                           "cors",
                           "ssl",
                           "uuids",
                           "compaction_daemon",
                           "",
                           "daemonic",
                           "program",
                           "programs:x",
                           "Service",
                           "Unit",
                           "supervisord",
                           "group:x",
                           "cors:http://example.com",
                           "log_level_by_module",
                           "x",
                           "\x01"}) {
    EXPECT_EQ(ClassifySection(name).kind, SectionKind::kForeign) << name;
  }
}

TEST(ClassifySectionTest, SuggestsTheNearestName) {
  const struct {
    const char* name;
    const char* suggestion;
  } kCases[] = {
      {"OS_daemons", "did you mean [os_daemons]?"},
      {"os_daemon", "did you mean [os_daemons]?"},
      {"os-deamons", "did you mean [os_daemons]?"},
      {"Os_Daemon_Settings", "did you mean [os_daemon_settings]?"},
      {"os_daemons_setting", "did you mean [os_daemon_settings]?"},
      {"daemon_settings", "did you mean [os_daemon_settings]?"},
      {"Hob", "did you mean [hob]?"},
      {"hobd", "did you mean [hob]?"},
      {"daemon web", "did you mean [daemon:web]?"},
      {"Daemon\tweb", "did you mean [daemon:web]?"},
      {"daemon.web", "did you mean [daemon:web]?"},
      {"daemons:web", "did you mean [daemon:web]?"},
      {"Daemon:web", "did you mean [daemon:web]?"},
      {"deamon : web", "did you mean [daemon:web]?"},
      {"program:web", "[program:web] is not a section of hob's: did you mean [daemon:web]?"},
      {"Program: web", "did you mean [daemon:web]?"},
      {"daemon", "lacks the daemon's name: write [daemon:NAME]"},
      {"daemon:", "a daemon's name is empty"},
      {"daemon: web", "did you mean 'web'?"},
      {"daemon:a/b", "did you mean 'a-b'?"},
      {"daemon:grpc.x", "it is the name of a gRPC service"},
  };
  for (const auto& c : kCases) {
    const SectionName meaning = ClassifySection(c.name);
    EXPECT_EQ(meaning.kind, SectionKind::kWrong) << c.name;
    EXPECT_THAT(meaning.problem, HasSubstr(c.suggestion)) << c.name;
  }
}

TEST(InBracketsTest, EscapesAndCuts) {
  EXPECT_EQ(InBrackets("a\x1B"), "[a\\x1b]");
  EXPECT_LT(InBrackets(std::string(5000, 'x')).size(), 120);
}

}  // namespace
}  // namespace hob
