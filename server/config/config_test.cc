#include "server/config/config.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class ConfigTest : public testing::Test {
 protected:
  // Writes the texts to 1.ini, 2.ini … and loads these files as a chain.
  LoadedConfig Load(const std::vector<std::string>& texts) {
    std::vector<std::string> paths;
    for (const std::string& text : texts) {
      paths.push_back(directory_.Write(absl::StrCat(paths.size() + 1, ".ini"), text));
    }
    return LoadConfig(paths);
  }

  // Loads texts that must have no errors.
  Config LoadValid(const std::vector<std::string>& texts) {
    LoadedConfig loaded = Load(texts);
    EXPECT_TRUE(loaded.ok()) << testing::PrintToString(Texts(loaded.errors));
    return loaded.config;
  }

  // Returns the problems as "1.ini:LINE: message".
  std::vector<std::string> Texts(const std::vector<ConfigProblem>& problems) {
    std::vector<std::string> texts;
    for (const ConfigProblem& problem : problems) {
      texts.push_back(absl::StrReplaceAll(problem.ToString(), {{directory_.path() + "/", ""}}));
    }
    return texts;
  }
  std::vector<std::string> ErrorsOf(const std::vector<std::string>& texts) {
    return Texts(Load(texts).errors);
  }
  std::vector<std::string> WarningsOf(const std::vector<std::string>& texts) {
    LoadedConfig loaded = Load(texts);
    EXPECT_TRUE(loaded.ok()) << testing::PrintToString(Texts(loaded.errors));
    return Texts(loaded.warnings);
  }

  static std::vector<std::string> Names(const Config& config) {
    std::vector<std::string> names;
    for (const auto& [name, spec] : config.daemons) names.push_back(name);
    return names;
  }

  TestDirectory directory_;
};

TEST_F(ConfigTest, DaemonsComeFromBothKindsOfSections) {
  const Config config = LoadValid({R"([os_daemons]
web = /usr/bin/env -i 'a ; b' c\ d "e f"
db = /usr/bin/env

[os_daemon_settings]
max_retries = 7
retry_time = 9

[daemon:web]
max_retries = 8
autostart = no

[daemon:cron]
command = /usr/bin/env CRON=1
directory = /srv
)"});
  ASSERT_THAT(Names(config), ElementsAre("cron", "db", "web"));
  const DaemonSpec& web = *config.daemons.at("web");
  EXPECT_EQ(web.name, "web");
  EXPECT_EQ(web.command, "/usr/bin/env -i 'a ; b' c\\ d \"e f\"");
  EXPECT_THAT(web.argv, ElementsAre("/usr/bin/env", "-i", "a ; b", "c d", "e f"));
  EXPECT_EQ(web.origin, directory_.PathOf("1.ini") + ":2");
  EXPECT_EQ(web.restart_policy.max_retries, 8);
  EXPECT_EQ(web.restart_policy.retry_time, absl::Seconds(9));
  EXPECT_FALSE(web.autostart);
  EXPECT_EQ(web.settings->at("max_retries"), "8");
  EXPECT_EQ(config.daemons.at("db")->restart_policy.max_retries, 7);
  EXPECT_EQ(config.daemons.at("cron")->attributes.directory, "/srv");
  EXPECT_EQ(web.attributes.credentials, nullptr);
}

TEST_F(ConfigTest, NoFilesAreAnEmptyConfiguration) {
  const LoadedConfig loaded = LoadConfig({});
  EXPECT_TRUE(loaded.ok());
  EXPECT_THAT(loaded.config.daemons, IsEmpty());
  EXPECT_THAT(loaded.config.server.listen, SizeIs(1));
}

TEST_F(ConfigTest, DirectoryStandsForItsIniFilesInNameOrder) {
  directory_.Write("d/20.ini", "[os_daemons]\na = /usr/bin/env 20\n");
  directory_.Write("d/10.ini", "[os_daemons]\na = /usr/bin/env 10\nb = /usr/bin/env 10\n");
  directory_.Write("d/30.conf", "nonsense");
  const LoadedConfig loaded = LoadConfig({directory_.PathOf("d")});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.config.daemons.at("a")->argv[1], "20");
  EXPECT_EQ(loaded.config.daemons.at("b")->argv[1], "10");
}

TEST_F(ConfigTest, MissingPathsAndWrongKindsAreErrorsInTheOrderOfTheChain) {
  directory_.Write("d/a.ini/x", "");
  ASSERT_EQ(mkfifo(directory_.PathOf("fifo").c_str(), 0600), 0);
  const std::string bad = directory_.Write("bad.ini", "[hob]\nx\ny\n");
  const LoadedConfig loaded =
      LoadConfig({directory_.PathOf("none.ini"), bad, directory_.PathOf("d"),
                  directory_.PathOf("fifo"), directory_.PathOf("none.d/")});
  EXPECT_THAT(Texts(loaded.errors),
              ElementsAre("none.ini: cannot be read: No such file or directory",
                          HasSubstr("bad.ini:2: 'x' is neither"), HasSubstr("bad.ini:3: 'y' is"),
                          "d/a.ini: is a directory, and a configuration is a regular file",
                          "fifo: is a FIFO, and a configuration is a regular file",
                          "none.d/: cannot be read: No such file or directory"));
}

TEST_F(ConfigTest, DirectoryThatCannotBeListedIsAnError) {
  const AsOrdinaryUser user;
  if (!user.ok()) GTEST_SKIP() << "this sandbox knows no ordinary user";
  EXPECT_THAT(Texts(LoadConfig({"/root"}).errors),
              ElementsAre("/root: cannot be read: Permission denied"));
}

TEST_F(ConfigTest, LaterFilesOverrideKeyByKey) {
  const Config config = LoadValid({
      "[os_daemons]\na = /usr/bin/env 1\n[daemon:a]\nmax_retries = 1\nretry_time = 11\n"
      "[os_daemon_settings]\nnice = 5\n[hob]\nrun_dir = /srv/1\nlog_dir = /srv/1\n",
      "[daemon:a]\nmax_retries = 2\n[hob]\nlog_dir = /srv/2\n",
      "[daemon:a]\ncommand = /usr/bin/env 3\n",
  });
  const DaemonSpec& a = *config.daemons.at("a");
  EXPECT_EQ(a.argv[1], "3");
  EXPECT_EQ(a.origin, directory_.PathOf("3.ini") + ":2");
  EXPECT_EQ(a.restart_policy.max_retries, 2);
  EXPECT_EQ(a.restart_policy.retry_time, absl::Seconds(11));
  EXPECT_EQ(a.attributes.nice, 5);
  EXPECT_EQ(config.server.run_dir, "/srv/1");
  EXPECT_EQ(config.server.log_dir, "/srv/2");
  EXPECT_THAT(config.server.listen, ElementsAre("unix:/srv/1/hob.sock"));
}

TEST_F(ConfigTest, EmptyValueTakesBackTheValueOfAnEarlierFile) {
  const std::string first =
      "[os_daemons]\na = /usr/bin/env\n[daemon:b]\ncommand = /usr/bin/env\n"
      "[daemon:c]\ncommand = /usr/bin/env\nmax_retries = 9\nnice = 1\n"
      "[os_daemon_settings]\nmax_retries = 7\nnice = 2\n[hob]\nlisten = unix:/srv/x\n";
  const Config config = LoadValid(
      {first,
       "[os_daemons]\na =\nb =\n[daemon:c]\nmax_retries =\n[os_daemon_settings]\nnice = ; no\n"
       "[hob]\nlisten =\nrun_dir = /srv\n"});
  EXPECT_THAT(Names(config), ElementsAre("c"));
  EXPECT_EQ(config.daemons.at("c")->restart_policy.max_retries, 7);
  EXPECT_EQ(config.daemons.at("c")->attributes.nice, 1);
  EXPECT_THAT(config.server.listen, ElementsAre("unix:/srv/hob.sock"));
  // A later file may set it again; `command =` takes back a line of [os_daemons].
  EXPECT_THAT(Names(LoadValid({first, "[daemon:a]\ncommand =\n[daemon:c]\ncommand =\n",
                               "[os_daemons]\nc = /usr/bin/env\n"})),
              ElementsAre("b", "c"));
}

TEST_F(ConfigTest, EmptyValueInTheFirstFileIsTheDefault) {
  const Config config =
      LoadValid({"[os_daemons]\na = /usr/bin/env\n[daemon:a]\nmax_retries =\n[hob]\nlisten =\n"});
  EXPECT_EQ(config.daemons.at("a")->restart_policy.max_retries, 3);
}

TEST_F(ConfigTest, TwoCommandsInOneFileAreAnErrorAndAcrossFilesTheLaterWins) {
  EXPECT_THAT(ErrorsOf({"[os_daemons]\na = /usr/bin/env\n[daemon:a]\ncommand = /usr/bin/env\n"}),
              ElementsAre("1.ini:4: 'a' has two commands, in [os_daemons] in line 2 and in "
                          "[daemon:a] in line 4: keep one of them"));
  EXPECT_THAT(ErrorsOf({"[daemon:a]\ncommand = /usr/bin/env\n[os_daemons]\na = /usr/bin/env\n"}),
              ElementsAre(HasSubstr("1.ini:4: 'a' has two commands")));
  EXPECT_EQ(
      LoadValid({"[daemon:a]\ncommand = /usr/bin/env 1\n", "[os_daemons]\na = /usr/bin/env 2"})
          .daemons.at("a")
          ->argv[1],
      "2");
  // An empty value, which takes back an earlier command, is no second command.
  for (const char* text : {"[os_daemons]\na =\n[daemon:a]\ncommand = /usr/bin/env 2\n",
                           "[os_daemons]\na = /usr/bin/env 2\n[daemon:a]\ncommand =\n"}) {
    EXPECT_EQ(LoadValid({"[os_daemons]\na = /usr/bin/env 1\n", text}).daemons.at("a")->argv[1],
              "2");
  }
}

TEST_F(ConfigTest, NameWithoutCommandIsNoDaemon) {
  EXPECT_THAT(WarningsOf({"[daemon:a]\nnice = 1\n[os_daemons]\nb =\n[daemon:c]\n"}),
              ElementsAre("1.ini:1: 'a' has no command anywhere: skipped",
                          "1.ini:4: 'b' has no command (it is empty here): skipped",
                          "1.ini:5: 'c' has no command anywhere: skipped"));
  EXPECT_THAT(Names(Load({"[daemon:a]\nnice = 1\n"}).config), IsEmpty());
}

TEST_F(ConfigTest, EnvironmentsAreMergedAndTheDaemonsWins) {
  const Config config =
      LoadValid({"[os_daemons]\na = /usr/bin/env\n[daemon:a]\nenvironment = B=3 C=\"4 ; 5\"\n"
                 "[os_daemon_settings]\nenvironment = A=1 B=2\n"});
  EXPECT_THAT(config.daemons.at("a")->environment,
              ElementsAre(Pair("A", "1"), Pair("B", "3"), Pair("C", "4 ; 5")));
  EXPECT_EQ(config.daemons.at("a")->settings->at("environment"), "A=1 B=3 C='4 ; 5'");
}

TEST_F(ConfigTest, EveryProblemIsReportedInOrder) {
  EXPECT_THAT(
      ErrorsOf({"[os_daemons]\na/b = /usr/bin/env\nc = env\nd = ''\n[daemon:e]\nmax_retry = 1\n"
                "[os_daemon_settings]\ncommand = /usr/bin/env\nnice = 99\n",
                "[Hob]\nlisten = x\n[hob]\nlisen = x\nuser = x\nlisten = /x\n[daemon:e]\n"
                "listen = x\n"}),
      ElementsAre(
          "1.ini:2: 'a/b' is not a valid daemon name: only letters, digits, '_', '.' and '-' are "
          "allowed; did you mean 'a-b'?",
          "1.ini:3: c: 'env' is not an absolute path, and hob searches no directories for a "
          "program: "
          "did "
          "you mean '/usr/bin/env'?",
          "1.ini:4: d: '' is not an absolute path, and hob searches no directories for a program: "
          "write "
          "it from the root, as in /usr/bin/env",
          "1.ini:6: there is no key 'max_retry' in [daemon:e]: did you mean 'max_retries'?",
          "1.ini:8: 'command' is not a key of [os_daemon_settings]: it belongs in [daemon:NAME]",
          "1.ini:9: nice: '99' is not a whole number from -20 to 19",
          "2.ini:1: [Hob] is not a section of hob's: did you mean [hob]?",
          "2.ini:4: there is no key 'lisen' in [hob]: did you mean 'listen'?",
          "2.ini:5: 'user' is not a key of [hob]: it belongs in [daemon:NAME] or "
          "[os_daemon_settings]",
          "2.ini:6: listen: '/x' lacks its kind: did you mean 'unix:/x'?",
          "2.ini:8: 'listen' is not a key of [daemon:e]: it belongs in [hob]"));
}

TEST_F(ConfigTest, WrongCommandsAreErrorsInBothSections) {
  EXPECT_THAT(ErrorsOf({"[os_daemons]\na = /bin/sh -c 'x\n[daemon:b]\ncommand = x\n"}),
              ElementsAre(HasSubstr("1.ini:2: a: '/bin/sh -c 'x' has a quote that is not closed"),
                          HasSubstr("1.ini:4: command: 'x' is not an absolute path")));
}

TEST_F(ConfigTest, OverriddenValuesAreCheckedToo) {
  EXPECT_THAT(ErrorsOf({"[os_daemon_settings]\nnice = 99\n", "[os_daemon_settings]\nnice = 1\n"}),
              ElementsAre(HasSubstr("1.ini:2: nice: '99'")));
}

TEST_F(ConfigTest, WatchdogNeedsNotify) {
  EXPECT_THAT(ErrorsOf({"[os_daemons]\na = /usr/bin/env\nb = /usr/bin/env\n[daemon:a]\n"
                        "ready = fd:3\nwatchdog = 5\n"}),
              ElementsAre("1.ini:6: watchdog: only a daemon with ready = notify has a watchdog, "
                          "and 'a' has ready = fd:3"));
  const std::string for_all = "[os_daemon_settings]\nwatchdog = 5\n";
  EXPECT_THAT(ErrorsOf({for_all + "[os_daemons]\na = /usr/bin/env\n"}),
              ElementsAre(HasSubstr("1.ini:2: watchdog: only a daemon with ready = notify")));
  EXPECT_EQ(LoadValid({for_all + "[daemon:a]\nready = notify\ncommand = /usr/bin/env\n"})
                .daemons.at("a")
                ->watchdog,
            absl::Seconds(5));
}

TEST_F(ConfigTest, UsersAndGroupsAreResolved) {
  const Config config =
      LoadValid({"[os_daemons]\na = /usr/bin/env\nb = /usr/bin/env\n[daemon:a]\nuser = daemon\n"
                 "[daemon:b]\nuser = daemon\ngroup = sys\ngroups = bin sys\n"});
  const auto& a = config.daemons.at("a")->attributes.credentials;
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->uid, getpwnam("daemon")->pw_uid);
  EXPECT_EQ(a->gid, getpwnam("daemon")->pw_gid);
  const auto& b = config.daemons.at("b")->attributes.credentials;
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->gid, getgrnam("sys")->gr_gid);
  EXPECT_THAT(b->groups, SizeIs(2));
  EXPECT_EQ(config.daemons.at("b")->settings->at("groups"), "bin,sys");
}

TEST_F(ConfigTest, UnknownUsersAndGroupsAreErrors) {
  EXPECT_THAT(ErrorsOf({"[os_daemons]\na = /usr/bin/env\n[os_daemon_settings]\nuser = 0day\n"
                        "[daemon:a]\ngroup = no-such\ngroups = daemon no-such-either\n"}),
              ElementsAre("1.ini:4: user: there is no user '0day' on this machine: create it or "
                          "name another",
                          HasSubstr("1.ini:6: group: there is no group 'no-such'"),
                          HasSubstr("1.ini:7: groups: there is no group 'no-such-either'")));
  // A user that is overridden need not exist.
  EXPECT_EQ(LoadValid({"[daemon:a]\ncommand = /usr/bin/env\nuser = no-such\n",
                       "[daemon:a]\nuser = daemon\n"})
                .daemons.at("a")
                ->user,
            "daemon");
}

TEST_F(ConfigTest, TwoDaemonsMayNotShareALog) {
  const std::string daemons = "[os_daemons]\nweb = /usr/bin/env\nweb.err = /usr/bin/env\n";
  EXPECT_THAT(ErrorsOf({daemons}),
              ElementsAre("1.ini:3: 'web.err' and 'web' would both write the log web.err.log: "
                          "rename one of them, or set stderr = stdout in [daemon:web]"));
  EXPECT_THAT(ErrorsOf({daemons + "[daemon:web]\nstderr = stdout\n"}), IsEmpty());
  EXPECT_THAT(ErrorsOf({daemons + "[daemon:web.err]\nstdout = null\n"}), IsEmpty());
  EXPECT_THAT(ErrorsOf({"[os_daemons]\nweb.err = /usr/bin/env\n"}), IsEmpty());
}

TEST_F(ConfigTest, LongRunDirAsksForAnAddress) {
  const std::string text = absl::StrCat("[hob]\nrun_dir = /", std::string(120, 'x'), "\n");
  EXPECT_THAT(ErrorsOf({text}), ElementsAre(AllOf(HasSubstr("1.ini:2: run_dir: 'unix:/xxx"),
                                                  HasSubstr("; shorten it, or set listen"))));
  EXPECT_THAT(ErrorsOf({text + "listen = unix:/run/x\n"}), IsEmpty());
}

TEST_F(ConfigTest, ServerSettingsAreTyped) {
  const ServerSettings server = LoadValid({R"([hob]
listen = unix:/run/x.sock 127.0.0.1:7000
run_dir = /a
log_dir = /b
state_dir = /c
socket_mode = 0600
socket_group = daemon
start_rate = 2.5
start_burst = 10
metrics_listen = [::1]:9100
)"})
                                    .server;
  EXPECT_THAT(server.listen, ElementsAre("unix:/run/x.sock", "127.0.0.1:7000"));
  EXPECT_EQ(server.run_dir, "/a");
  EXPECT_EQ(server.log_dir, "/b");
  EXPECT_EQ(server.state_dir, "/c");
  EXPECT_EQ(server.socket_mode, 0600);
  EXPECT_EQ(server.socket_group, getgrnam("daemon")->gr_gid);
  EXPECT_EQ(server.start_rate, 2.5);
  EXPECT_EQ(server.start_burst, 10);
  EXPECT_EQ(server.metrics_listen, "[::1]:9100");
}

TEST_F(ConfigTest, DoubtfulThingsAreWarnings) {
  EXPECT_THAT(
      WarningsOf({"[couchdb]\nx\n[os_daemons]\na = /usr/bin/env $HOME 'x*'\nb = /no/such/program\n"
                  "[daemon:a]\nbackoff = 10\n[daemons]\n[hob]\nstart_burst = 5\n"}),
      ElementsAre("1.ini:1: the section [couchdb] is not hob's: skipped",
                  "1.ini:4: a: '$HOME': no shell reads the command, '$' stands for itself: quote "
                  "it to say that you mean that, or write /bin/sh -c '...'",
                  "1.ini:5: b: the program '/no/such/program' cannot be found: No such file or "
                  "directory",
                  "1.ini:7: 'a' can never be halted: the delays between 3 failures take at least "
                  "30s, and retry_time is 5s: lengthen retry_time, or lower backoff or max_retries",
                  "1.ini:8: the section [daemons] is not hob's: skipped",
                  "1.ini:10: start_burst: it does nothing without start_rate"));
}

TEST_F(ConfigTest, MissingDirectoriesAndEnvFilesAreWarningsOncePerLine) {
  const std::string env = directory_.Write("env", "A=1\nB\n");
  EXPECT_THAT(WarningsOf({absl::StrCat("[os_daemons]\na = /usr/bin/env\nb = /usr/bin/env\n"
                                       "[os_daemon_settings]\ndirectory = ",
                                       directory_.path(), "/none\nenv_file = ", directory_.path(),
                                       "/no_env\n[daemon:b]\ndirectory = ", env, "\nenv_file = -",
                                       env, "\n[daemon:c]\ncommand = /usr/bin/env\ndirectory = ",
                                       directory_.path(), "\nenv_file = -/no/such/file\n")}),
              ElementsAre("1.ini:5: directory: there is no directory 'none': create it before the "
                          "daemon starts",
                          "1.ini:6: env_file: no_env: No such file or directory: create it, or "
                          "write env_file = -no_env if it need not exist",
                          "1.ini:8: directory: 'env' is not a directory: name one",
                          HasSubstr("1.ini:9: env_file: env:2: 'B' sets no variable")));
}

TEST_F(ConfigTest, MisleadingValuesAreWarnings) {
  EXPECT_THAT(
      WarningsOf({"[os_daemons]\na = /usr/bin/env x # y\n[daemon:a]\n"
                  "environment = PATH=$PATH:/x, O=a=1,b=2\n[hob]\nlog_dir = /srv/log # logs\n"}),
      ElementsAre(
          "1.ini:2: a: '# y' is passed to the program, '#' starts no comment: write ';' in front "
          "of a comment, or quote it",
          "1.ini:4: environment: 'PATH=$PATH:/x' arrives as it stands, nothing is expanded: write "
          "the value out, or put it in single quotes to say that you mean that",
          HasSubstr("1.ini:4: environment: the comma ends 'O=a=1'"),
          "1.ini:6: log_dir: '# logs' is part of the value, '#' starts no comment: write ';' in "
          "front of a comment, or quote it"));
  EXPECT_THAT(ErrorsOf({"[os_daemon_settings]\nretry_time = 5 # s\nenvironment = A=1 # x\n"}),
              ElementsAre(AllOf(HasSubstr("1.ini:2: retry_time: '5 # s' is not a duration"),
                                HasSubstr("; '#' starts no comment: write ';'")),
                          HasSubstr("'#' sets no variable: '#' starts no comment after an entry: "
                                    "quote it, or give the comment a line of its own")));
}

// Loads a configuration of supervisord's unchanged.
TEST_F(ConfigTest, ProgramsOfSupervisordAreErrors) {
  const LoadedConfig loaded =
      Load({"[supervisord]\nnodaemon=true\n[program:web]\ncommand=/usr/bin/env\n"
            "autorestart=true\n[group:all]\nprograms=web\n"});
  EXPECT_THAT(Texts(loaded.errors), ElementsAre("1.ini:3: [program:web] is not a section of hob's: "
                                                "did you mean [daemon:web]?"));
  EXPECT_THAT(Texts(loaded.warnings),
              ElementsAre("1.ini:1: the section [supervisord] is not hob's: skipped; it is "
                          "supervisord's: hob's equivalents are keys of [hob]",
                          "1.ini:6: the section [group:all] is not hob's: skipped; it is "
                          "supervisord's: hob has no groups, commands take globs such as 'web-*'"));
}

TEST_F(ConfigTest, KeysOfOtherSupervisorsLeadToHobs) {
  EXPECT_THAT(ErrorsOf({"[daemon:web]\ncommand = /usr/bin/env\nautorestart=true\nKillMode=mixed\n"
                        "[os_daemon_settings]\nRestartSec=5\n[hob]\nfile=/run/x\nuser=root\n"}),
              ElementsAre(HasSubstr("1.ini:3: there is no key 'autorestart' in [daemon:web]: did "
                                    "you mean 'restart'?"),
                          "1.ini:4: there is no key 'KillMode' in [daemon:web]: leave it out: a "
                          "stop reaches everything that the daemon started; stop_scope = main asks "
                          "the main process alone",
                          "1.ini:6: there is no key 'RestartSec' in [os_daemon_settings]: did you "
                          "mean 'backoff'?",
                          "1.ini:8: there is no key 'file' in [hob]: did you mean 'listen'? (it is "
                          "written unix:/PATH)",
                          HasSubstr("1.ini:9: 'user' is not a key of [hob]: it belongs in")));
}

TEST_F(ConfigTest, NeverHaltingIsReportedWhereItIsSet) {
  EXPECT_THAT(
      WarningsOf({"[os_daemons]\na = /usr/bin/env\n[os_daemon_settings]\nretry_time = 0\n"}),
      ElementsAre(HasSubstr("1.ini:4: 'a' can never be halted")));
  EXPECT_THAT(WarningsOf({"[os_daemons]\na = /usr/bin/env\n[daemon:a]\nbackoff = 1min\n"
                          "restart = never\n"}),
              IsEmpty());
}

}  // namespace
}  // namespace hob
