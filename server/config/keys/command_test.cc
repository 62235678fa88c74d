#include "server/config/keys/command.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/testing/test_folder.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ParseCommandTest, ProgramIsAnAbsolutePath) {
  EXPECT_THAT(ParseCommand("/bin/sleep 5").value(), ElementsAre("/bin/sleep", "5"));
  EXPECT_THAT(ParseCommand("'/opt/a b/c'").value(), ElementsAre("/opt/a b/c"));
}

TEST(ParseCommandTest, SaysWhatWouldBeRight) {
  EXPECT_THAT(ParseCommand("").status().message(), HasSubstr("the command is empty"));
  EXPECT_THAT(ParseCommand("/bin/sh -c 'x").status().message(), HasSubstr("not closed"));
  EXPECT_THAT(ParseCommand("env A=1").status().message(),
              HasSubstr("did you mean '/usr/bin/env'?"));
  // What the kernel would take for the path of a program that is there.
  EXPECT_THAT(ParseCommand(absl::string_view("env\0", 4)).status().message(),
              HasSubstr("'env\\x00' is not an absolute path"));
  EXPECT_THAT(ParseCommand(absl::string_view("env\0", 4)).status().message(),
              HasSubstr("write it from the root"));
  for (const char* text : {"./web", "no-such-program-here", "''", "~/web", "$HOME/web"}) {
    EXPECT_THAT(ParseCommand(text).status().message(), HasSubstr("write it from the root")) << text;
  }
}

TEST(CommandWarningsTest, NamesWhatOnlyAShellUnderstands) {
  EXPECT_THAT(CommandWarnings("/usr/bin/env 'a*b' \"$x\" \\~ a;b"), IsEmpty());
  EXPECT_THAT(CommandWarnings("/usr/bin/env $HOME *"),
              ElementsAre(HasSubstr("'$HOME': no shell reads the command, '$' stands for itself"),
                          HasSubstr("'*': no shell reads the command")));
}

TEST(CommandWarningsTest, NamesACommentThatIsNone) {
  EXPECT_THAT(CommandWarnings("/usr/bin/env A=1 # for $USER"),
              ElementsAre("'# for $USER' is passed to the program, '#' starts no comment: write "
                          "';' in front of a comment, or quote it"));
  EXPECT_THAT(CommandWarnings("/usr/bin/env '#channel' a#b"), IsEmpty());
}

TEST(CommandWarningsTest, NamesExpressionsOfSupervisord) {
  EXPECT_THAT(CommandWarnings("/usr/bin/env \"%(ENV_HOME)s/x\" '%(message)s'"),
              ElementsAre("'%(ENV_HOME)s/x' arrives as it stands, nothing is expanded: write it "
                          "out"));
}

TEST(CommandWarningsTest, NamesProgramsThatCannotRun) {
  TestFolder folder;
  const std::string plain = folder.Write("plain", "x");
  EXPECT_THAT(CommandWarnings(plain), ElementsAre(HasSubstr("is not executable: chmod +x it")));
  EXPECT_THAT(CommandWarnings(folder.path()), ElementsAre(HasSubstr("is a folder")));
  EXPECT_THAT(CommandWarnings("/dev/null"), ElementsAre(HasSubstr("is not a regular file")));
  EXPECT_THAT(CommandWarnings(folder.PathOf("none")),
              ElementsAre(HasSubstr("cannot be found: No such file or directory")));
}

TEST(CommandWarningsTest, LeavesErrorsToTheParser) {
  EXPECT_THAT(CommandWarnings("'"), IsEmpty());
  EXPECT_THAT(CommandWarnings(""), IsEmpty());
}

}  // namespace
}  // namespace hob
