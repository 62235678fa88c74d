// Loads configurations with sets of instances.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/config.h"
#include "server/config/plan.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class InstancesTest : public testing::Test {
 protected:
  LoadedConfig Load(const std::string& text) {
    return LoadConfig({directory_.Write("hob.ini", text)});
  }

  Config LoadValid(const std::string& text) {
    LoadedConfig loaded = Load(text);
    EXPECT_THAT(TextsOf(loaded.errors), IsEmpty());
    return loaded.config;
  }

  // Returns the problems as "LINE: message".
  std::vector<std::string> TextsOf(const std::vector<ConfigProblem>& problems) {
    std::vector<std::string> texts;
    for (const ConfigProblem& problem : problems) {
      texts.push_back(absl::StrCat(problem.line, ": ", problem.message));
    }
    return texts;
  }
  std::vector<std::string> ErrorsOf(const std::string& text) { return TextsOf(Load(text).errors); }

  static std::vector<std::string> NamesOf(const Config& config) {
    std::vector<std::string> names;
    for (const auto& [name, spec] : config.daemons) names.push_back(name);
    return names;
  }

  static std::vector<std::string> DependenciesOf(const Config& config, const std::string& name) {
    std::vector<std::string> names;
    for (const Dependency& dependency : config.daemons.at(name)->depends_on) {
      names.push_back(dependency.daemon);
    }
    return names;
  }

  const TestDirectory directory_;
};

TEST_F(InstancesTest, ASetStandsForItsInstancesInTheOrderOfTheirNumbers) {
  const Config config =
      LoadValid("[os_daemons]\nw = /bin/true\nv = /bin/true\n[daemon:w]\ninstances = 10\n");
  EXPECT_THAT(NamesOf(config), ElementsAre("v", "w@1", "w@2", "w@3", "w@4", "w@5", "w@6", "w@7",
                                           "w@8", "w@9", "w@10"));
  EXPECT_EQ(config.daemons.at("w@10")->instance_of, "w");
  EXPECT_EQ(config.daemons.at("w@10")->instance, 10);
  EXPECT_EQ(config.daemons.at("v")->instance_of, "");
}

TEST_F(InstancesTest, ASetOfOneIsASet) {
  EXPECT_THAT(NamesOf(LoadValid("[daemon:w]\ncommand = /bin/true\ninstances = 1\n")),
              ElementsAre("w@1"));
}

TEST_F(InstancesTest, TheNumberStandsWhereItIsAskedFor) {
  const Config config = LoadValid(
      "[os_daemon_settings]\nenvironment = ALL=%i\n"
      "[daemon:w]\ncommand = /bin/true --port 808%i '%%d %i'\ninstances = 2\n"
      "environment = PORT=808%i, FORMAT=\"%%Y\"\ndirectory = /\nenv_file = -/none/%i\n"
      "check = http://127.0.0.1:808%i/health\n");
  const DaemonSpec& second = *config.daemons.at("w@2");
  EXPECT_THAT(second.argv, ElementsAre("/bin/true", "--port", "8082", "%d 2"));
  EXPECT_EQ(second.command, "/bin/true --port 8082 '%d 2'");
  EXPECT_THAT(second.environment,
              ElementsAre(Pair("ALL", "2"), Pair("PORT", "8082"), Pair("FORMAT", "%Y")));
  EXPECT_EQ(second.env_file, "-/none/2");
  EXPECT_EQ(second.check.text(), "http://127.0.0.1:8082/health");
  EXPECT_EQ(second.settings->at("check"), "http://127.0.0.1:8082/health");
}

TEST_F(InstancesTest, ElsewhereAPercentSignIsAPercentSign) {
  const Config config = LoadValid("[daemon:w]\ncommand = /bin/date +%i\nenvironment = A=%d\n");
  EXPECT_THAT(config.daemons.at("w")->argv, ElementsAre("/bin/date", "+%i"));
  EXPECT_THAT(config.daemons.at("w")->environment, ElementsAre(Pair("A", "%d")));
}

TEST_F(InstancesTest, AnotherLetterIsAnErrorOfTheWholeSet) {
  EXPECT_THAT(
      ErrorsOf("[daemon:w]\ncommand = /bin/date +%F\ninstances = 500\n"),
      ElementsAre("2: command: '%F' has no meaning in a daemon with instances: write %i for "
                  "the number of the instance, or %% for a percent sign"));
  EXPECT_THAT(ErrorsOf("[daemon:w]\ncommand = /bin/true\nenvironment = A=%\ninstances = 2\n"),
              ElementsAre(HasSubstr("3: environment: '%' has no meaning")));
}

TEST_F(InstancesTest, AValueThatIsRightOnlyInASetIsAnErrorWithoutOne) {
  EXPECT_THAT(ErrorsOf("[daemon:w]\ncommand = /bin/true\ncheck = tcp:localhost:808%i\n"),
              ElementsAre(HasSubstr("3: check: ")));
  EXPECT_THAT(ErrorsOf("[daemon:w]\ncommand = /bin/true\ncheck = tcp:localhost:6553%i\n"
                       "instances = 9\n"),
              ElementsAre(HasSubstr("3: check: ")));
}

TEST_F(InstancesTest, AnInstanceHasNoSectionOfItsOwn) {
  EXPECT_THAT(
      ErrorsOf("[daemon:w@1]\ncommand = /bin/true\n"),
      ElementsAre("1: 'w@1' is an instance of the set 'w': configure all instances together "
                  "in [daemon:w]"));
  EXPECT_THAT(ErrorsOf("[daemon:w]\ncommand = /bin/true\ninstances = 1001\n"),
              ElementsAre(HasSubstr("3: instances: ")));
}

TEST_F(InstancesTest, WarningsOfASetComeOnce) {
  const LoadedConfig loaded =
      Load("[daemon:w]\ncommand = /bin/true\ninstances = 9\ndirectory = /none/%i\n");
  EXPECT_THAT(TextsOf(loaded.warnings), ElementsAre(HasSubstr("4: directory: there is no directory "
                                                              "'/none/1'")));
}

TEST_F(InstancesTest, ADependencyOnASetIsOneOnEachInstance) {
  const Config config = LoadValid(
      "[daemon:db]\ncommand = /bin/true\ninstances = 2\n"
      "[daemon:app]\ncommand = /bin/true\ndepends_on = db:started\n"
      "[daemon:top]\ncommand = /bin/true\ninstances = 2\ndepends_on = app db@2\n");
  EXPECT_THAT(DependenciesOf(config, "app"), ElementsAre("db@1", "db@2"));
  EXPECT_EQ(config.daemons.at("app")->depends_on[1].condition, Dependency::Condition::kStarted);
  EXPECT_EQ(config.daemons.at("app")->settings->at("depends_on"), "db:started");
  EXPECT_THAT(DependenciesOf(config, "top@2"), ElementsAre("app", "db@2"));
}

TEST_F(InstancesTest, WrongDependenciesAreReportedOnceByTheNamesInTheFile) {
  EXPECT_THAT(ErrorsOf("[daemon:a]\ncommand = /bin/true\ninstances = 3\ndepends_on = b\n"
                       "[daemon:b]\ncommand = /bin/true\ninstances = 3\ndepends_on = a\n"),
              ElementsAre("8: depends_on: dependency cycle: a -> b -> a: remove one of these "
                          "dependencies"));
  EXPECT_THAT(ErrorsOf("[daemon:a]\ncommand = /bin/true\ninstances = 3\ndepends_on = a@2\n"),
              ElementsAre(HasSubstr("dependency cycle: a -> a")));
  EXPECT_THAT(ErrorsOf("[daemon:a]\ncommand = /bin/true\ninstances = 3\ndepends_on = bb\n"
                       "[daemon:b]\ncommand = /bin/true\ninstances = 3\n"),
              ElementsAre(HasSubstr("4: depends_on: there is no daemon 'bb'")));
  EXPECT_THAT(ErrorsOf("[daemon:a]\ncommand = /bin/true\ndepends_on = b:completed\n"
                       "[daemon:b]\ncommand = /bin/true\ninstances = 3\n"),
              ElementsAre(HasSubstr("'b' never completes, because it has restart = always")));
}

TEST_F(InstancesTest, OnlyASingleDaemonCanBeAPartner) {
  EXPECT_THAT(ErrorsOf("[daemon:a]\ncommand = /bin/true\nrestart_with = b\n"
                       "[daemon:b]\ncommand = /bin/true\ninstances = 3\n"),
              ElementsAre("3: restart_with: 'b' has instances: name one of them, such as 'b@1', or "
                          "put 'b' into depends_on"));
  const Config config = LoadValid(
      "[daemon:a]\ncommand = /bin/true\nrestart_with = b@2\n"
      "[daemon:b]\ncommand = /bin/true\ninstances = 3\n");
  EXPECT_TRUE(config.daemons.at("a")->depends_on.at(0).restarts_with);
}

TEST_F(InstancesTest, AnInstanceOfASetCanBeAPartnerToo) {
  const Config config = LoadValid(
      "[daemon:a]\ncommand = /bin/true\ndepends_on = b b@3:started\nrestart_with = b@2\n"
      "[daemon:b]\ncommand = /bin/true\ninstances = 3\n");
  EXPECT_THAT(DependenciesOf(config, "a"), ElementsAre("b@1", "b@2", "b@3"));
  EXPECT_TRUE(config.daemons.at("a")->depends_on[1].restarts_with);
  EXPECT_EQ(config.daemons.at("a")->depends_on[2].condition, Dependency::Condition::kStarted);
}

TEST_F(InstancesTest, ADefaultForInstancesIsNoErrorWhereItIsOverridden) {
  const std::string defaults = "[os_daemon_settings]\ncheck = tcp:localhost:808%i\n";
  const Config config = LoadValid(defaults +
                                  "[daemon:w]\ncommand = /bin/true\ninstances = 2\n"
                                  "[daemon:v]\ncommand = /bin/true\ncheck = tcp:localhost:80\n");
  EXPECT_EQ(config.daemons.at("w@2")->check.text(), "tcp:localhost:8082");
  EXPECT_EQ(config.daemons.at("v")->check.text(), "tcp:localhost:80");
  EXPECT_THAT(ErrorsOf(defaults + "[daemon:v]\ncommand = /bin/true\n"),
              ElementsAre(HasSubstr("2: check: ")));
}

TEST_F(InstancesTest, AnErrorInASetIsNoErrorOfThoseThatDependOnIt) {
  EXPECT_THAT(ErrorsOf("[daemon:w]\ncommand = /bin/date %F\ninstances = 3\n"
                       "[daemon:app]\ncommand = /bin/true\ndepends_on = w\n"),
              ElementsAre(HasSubstr("2: command: '%F'")));
}

TEST_F(InstancesTest, TooManyInstancesInAllAreAnError) {
  std::string text = "[os_daemon_settings]\ninstances = 1000\n[os_daemons]\n";
  for (int i = 0; i <= 20; ++i) absl::StrAppend(&text, "w", i, " = /bin/true\n");
  EXPECT_THAT(ErrorsOf(text), ElementsAre("2: instances: all sets together have more than 20000 "
                                          "instances: lower the number"));
}

TEST_F(InstancesTest, AChangedNumberTouchesNoOtherInstance) {
  const auto text = [](int count) {
    return absl::StrCat("[daemon:w]\ncommand = /bin/true\ninstances = ", count,
                        "\n[daemon:app]\ncommand = /bin/true\ndepends_on = w\n");
  };
  const Config two = LoadValid(text(2));
  const Plan plan = MakePlan(two, LoadValid(text(3)));
  ASSERT_THAT(plan.daemons, SizeIs(4));
  EXPECT_EQ(plan.daemons[0].action, PlanAction::kUpdate);
  EXPECT_THAT(plan.daemons[0].keys, ElementsAre("depends_on"));
  EXPECT_EQ(plan.daemons[1].action, PlanAction::kUnchanged);
  EXPECT_EQ(plan.daemons[2].action, PlanAction::kUnchanged);
  EXPECT_EQ(plan.daemons[3].action, PlanAction::kAdd);
  EXPECT_EQ(MakePlan(LoadValid(text(3)), two).daemons[3].action, PlanAction::kRemove);
}

TEST_F(InstancesTest, AChangeThatNeedsAProcessIsRolled) {
  const Config before = LoadValid("[daemon:w]\ncommand = /bin/true 1\ninstances = 2\n");
  const Config after = LoadValid("[daemon:w]\ncommand = /bin/true 2\ninstances = 2\n");
  const Plan plan = MakePlan(before, after);
  EXPECT_EQ(plan.daemons[0].action, PlanAction::kRoll);
  EXPECT_THAT(plan.daemons[0].keys, ElementsAre("command"));
}

}  // namespace
}  // namespace hob
