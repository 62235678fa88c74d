#include "server/config/keys/command.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Warnings(absl::string_view text) {
  return CommandWarnings(ParseCommand(text).value());
}

TEST(ParseCommandTest, ProgramIsAnAbsolutePath) {
  EXPECT_THAT(ParseCommand("/bin/sleep 5").value().argv(), ElementsAre("/bin/sleep", "5"));
  EXPECT_THAT(ParseCommand("'/opt/a b/c'").value().argv(), ElementsAre("/opt/a b/c"));
  EXPECT_EQ(ParseCommand("'/opt/a b/c'").value().text, "'/opt/a b/c'");
}

TEST(ParseCommandTest, SplitsWordsAsAShellDoes) {
  EXPECT_THAT(ParseCommand("/bin/x a  b").value().argv(), ElementsAre("/bin/x", "a", "b"));
  EXPECT_THAT(ParseCommand("/bin/sh -c 'a ; b'").value().argv(),
              ElementsAre("/bin/sh", "-c", "a ; b"));
  EXPECT_THAT(ParseCommand(" /bin/x\t''\n\"\" ").value().argv(), ElementsAre("/bin/x", "", ""));
}

TEST(ParseCommandTest, RefusesAnEmptyCommandAndAnOpenQuote) {
  EXPECT_THAT(ParseCommand("").status().message(), HasSubstr("the command is empty"));
  EXPECT_THAT(ParseCommand(" \t").status().message(), HasSubstr("the command is empty"));
  EXPECT_THAT(ParseCommand("/bin/x 'a").status().message(), HasSubstr("quote that is not closed"));
}

TEST(ParseCommandTest, SuggestsACorrection) {
  EXPECT_THAT(ParseCommand("").status().message(), HasSubstr("the command is empty"));
  EXPECT_THAT(ParseCommand("/bin/sh -c 'x").status().message(), HasSubstr("not closed"));
  EXPECT_THAT(ParseCommand("env A=1").status().message(),
              HasSubstr("did you mean '/usr/bin/env'?"));
  // The kernel would take this for the path of an existing program.
  EXPECT_THAT(ParseCommand(absl::string_view("env\0", 4)).status().message(),
              HasSubstr("'env\\x00' is not an absolute path"));
  EXPECT_THAT(ParseCommand(absl::string_view("env\0", 4)).status().message(),
              HasSubstr("write it from the root"));
  for (const char* text : {"./web", "no-such-program-here", "''", "~/web", "$HOME/web"}) {
    EXPECT_THAT(ParseCommand(text).status().message(), HasSubstr("write it from the root")) << text;
  }
}

TEST(CommandWarningsTest, WarnsOfCharactersForAShell) {
  EXPECT_THAT(Warnings("/usr/bin/env 'a*b' \"$x\" \\~ a;b"), IsEmpty());
  EXPECT_THAT(Warnings("/usr/bin/env $HOME *"),
              ElementsAre(HasSubstr("'$HOME': no shell reads the command, '$' stands for itself"),
                          HasSubstr("'*': no shell reads the command")));
}

TEST(CommandWarningsTest, WarnsOfAHashThatStartsNoComment) {
  EXPECT_THAT(Warnings("/usr/bin/env A=1 # for $USER"),
              ElementsAre("'# for $USER' is passed to the program, '#' starts no comment: write "
                          "';' in front of a comment, or quote it"));
  EXPECT_THAT(Warnings("/usr/bin/env '#channel' a#b"), IsEmpty());
}

TEST(CommandWarningsTest, NamesExpressionsOfSupervisord) {
  EXPECT_THAT(Warnings("/usr/bin/env \"%(ENV_HOME)s/x\" '%(message)s'"),
              ElementsAre("'%(ENV_HOME)s/x' arrives as it stands, nothing is expanded: write it "
                          "out"));
}

TEST(CommandWarningsTest, NamesProgramsThatCannotRun) {
  TestDirectory directory;
  const std::string plain = directory.Write("plain", "x");
  EXPECT_THAT(Warnings(plain), ElementsAre(HasSubstr("is not executable: chmod +x it")));
  EXPECT_THAT(Warnings(directory.path()), ElementsAre(HasSubstr("is a directory")));
  EXPECT_THAT(Warnings("/dev/null"), ElementsAre(HasSubstr("is not a regular file")));
  EXPECT_THAT(Warnings(directory.PathOf("none")),
              ElementsAre(HasSubstr("cannot be found: No such file or directory")));
}

}  // namespace
}  // namespace hob
