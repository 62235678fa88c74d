#include "server/config/read.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using testing::ElementsAre;

std::vector<std::string> Names(const std::vector<ConfigText>& texts) {
  std::vector<std::string> names;
  for (const ConfigText& text : texts) names.push_back(text.name);
  return names;
}

TEST(ReadConfigTextsTest, TextsAreInTheOrderOfThePaths) {
  const TestDirectory directory;
  const std::string b = directory.Write("d/b.ini", "B");
  const std::string a = directory.Write("d/a.ini", "A");
  const std::string c = directory.Write("c.ini", "C");
  ProblemList errors;
  const std::vector<ConfigText> texts = ReadConfigTexts({c, directory.PathOf("d"), c}, &errors);
  ASSERT_THAT(Names(texts), ElementsAre(c, a, b, c));
  EXPECT_EQ(texts[0].text, "C");
  EXPECT_EQ(texts[1].text, "A");
  EXPECT_EQ(texts[2].text, "B");
  EXPECT_TRUE(errors.Sorted(Names(texts)).empty());
}

TEST(ReadConfigTextsTest, UnreadableFilesAreEmptyTextsWithAnError) {
  const TestDirectory directory;
  const std::string missing = directory.PathOf("missing.ini");
  const std::string last = directory.Write("last.ini", "text");
  ProblemList errors;
  const std::vector<ConfigText> texts = ReadConfigTexts({missing, last}, &errors);
  ASSERT_THAT(Names(texts), ElementsAre(missing, last));
  EXPECT_EQ(texts[0].text, "");
  EXPECT_EQ(texts[1].text, "text");
  const std::vector<ConfigProblem> problems = errors.Sorted(Names(texts));
  ASSERT_EQ(problems.size(), 1);
  EXPECT_EQ(problems[0].ToString(), missing + ": cannot be read: No such file or directory");
}

}  // namespace
}  // namespace hob
