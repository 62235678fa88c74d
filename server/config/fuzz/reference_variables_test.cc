#include "server/config/fuzz/reference_variables.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(ReferenceItemsTest, SplitsOutsideQuotes) {
  EXPECT_THAT(*ReferenceItems(" a,b\tc ,, 'd, e' f\\,g '' \"\\\"h\\i\" "),
              ElementsAre("a", "b", "c", "d, e", "f,g", "\"h\\i"));
  EXPECT_THAT(*ReferenceItems(""), IsEmpty());
  for (const char* text : {"'", "\"", "a\\", "\"\\\""}) {
    EXPECT_FALSE(ReferenceItems(text).has_value()) << text;
  }
}

TEST(ReferenceEnvironmentTest, EntriesHaveNamesThatStandOnce) {
  EXPECT_THAT(*ReferenceEnvironment("A=\"1\", B.c='2,3',_D="),
              ElementsAre(Pair("A", "1"), Pair("B.c", "2,3"), Pair("_D", "")));
  for (const char* text : {"A", "=1", "1A=2", ".A=1", "A-B=1", "A=1,2", "A=1 A=2", "''"}) {
    EXPECT_FALSE(ReferenceEnvironment(text).has_value()) << text;
  }
}

TEST(ReferenceEnvironmentFileTest, LinesAreThoseOfAShell) {
  EXPECT_THAT(
      *ReferenceEnvironmentFile("\xEF\xBB\xBF# c\r\nexport A=1,2 B=\"3\n4\"\n\n ;d\nA=5\\\n6"),
      ElementsAre(Pair("A", "56"), Pair("B", "3\n4")));
  for (const char* text :
       {"A", "export", "A=1, B=2", "A=it's\nB='", "A\"=\"'1\nB='", "A='\n", "A=1 # c"}) {
    EXPECT_FALSE(ReferenceEnvironmentFile(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace hob
