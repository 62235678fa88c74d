#include "server/config/keys/literals.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(UnmeantCommentTest, BeginsWithAnUnquotedHash) {
  EXPECT_EQ(UnmeantComment("5 # the port"), "# the port");
  EXPECT_EQ(UnmeantComment("#channel"), "#channel");
  for (const char* value : {"", "a#b", "'# x'", "\\# x", "A=#fff", "# 'x"}) {
    EXPECT_THAT(UnmeantComment(value), IsEmpty()) << value;
  }
}

TEST(LiteralWarningsTest, WarnsOfExpansions) {
  EXPECT_THAT(LiteralWarnings("A=1,PATH=$PATH:/x"),
              ElementsAre("'PATH=$PATH:/x' arrives as it stands, nothing is expanded: write the "
                          "value out, or put it in single quotes to say that you mean that"));
  EXPECT_THAT(
      LiteralWarnings("A=\"${HOME}/x\" B=~/x C=`date`"),
      ElementsAre(HasSubstr("'A=${HOME}/x'"), HasSubstr("'B=~/x'"), HasSubstr("'C=`date`'")));
  for (const char* value : {"A='$PATH:/x'", "A=\\$B", "A=5$", "A='~'", "A=%s", "'"}) {
    EXPECT_THAT(LiteralWarnings(value), IsEmpty()) << value;
  }
}

TEST(LiteralWarningsTest, NamesExpressionsOfSupervisord) {
  EXPECT_THAT(LiteralWarnings("PATH=\"%(ENV_PATH)s:/x\""),
              ElementsAre("'PATH=%(ENV_PATH)s:/x' arrives as it stands, nothing is expanded: write "
                          "the value out"));
  EXPECT_THAT(LiteralWarnings("FORMAT='%(message)s'"), IsEmpty());
}

TEST(LiteralWarningsTest, WarnsOfAHashThatStartsNoComment) {
  EXPECT_THAT(LiteralWarnings("/srv/web # of $USER"),
              ElementsAre("'# of $USER' is part of the value, '#' starts no comment: write ';' in "
                          "front of a comment, or quote it"));
}

}  // namespace
}  // namespace hob
