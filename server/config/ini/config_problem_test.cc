#include "server/config/ini/config_problem.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;

TEST(ProblemListTest, SortsByFileThenLineThenArrival) {
  ProblemList problems;
  problems.Add({}, "late");
  problems.Add({0, 2}, "b");
  problems.Add({0, 1}, "a");
  problems.Add({0, 1}, "a again");
  std::vector<std::string> texts;
  for (const ConfigProblem& problem : problems.Sorted({"f"})) texts.push_back(problem.ToString());
  EXPECT_THAT(texts, ElementsAre("(defaults): late", "f:1: a", "f:1: a again", "f:2: b"));
}

TEST(ProblemListTest, CountsProblemsBeyondTheLimit) {
  ProblemList problems(/*most=*/1);
  problems.Add({0, 1}, "a");
  problems.Add({0, 2}, "b");
  problems.Add({1, 3}, "c");
  std::vector<std::string> texts;
  for (const ConfigProblem& problem : problems.Sorted({"f", "g"})) {
    texts.push_back(problem.ToString());
  }
  EXPECT_THAT(texts, ElementsAre("f:1: a", "g: 2 more problems are not shown: fix these first"));
  ProblemList two(/*most=*/1);
  two.Add({0, 1}, "a");
  two.Add({0, 2}, "b");
  EXPECT_EQ(two.Sorted({"f"}).back().message, "1 more problem is not shown: fix these first");
}

}  // namespace
}  // namespace hob
