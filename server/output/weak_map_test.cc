#include "server/output/weak_map.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace hob {
namespace {

using Numbers = WeakMap<std::string, int>;

std::shared_ptr<int> Get(Numbers& numbers, const std::string& key, int value) {
  return numbers.GetOrMake(key, [value] { return std::make_shared<int>(value); });
}

TEST(WeakMapTest, ConcurrentUsersShareOneValue) {
  Numbers numbers;
  const auto one = Get(numbers, "a", 1);
  EXPECT_EQ(Get(numbers, "a", 2), one);
  EXPECT_NE(Get(numbers, "b", 1), one);
}

TEST(WeakMapTest, RemakesUnusedValues) {
  Numbers numbers;
  Get(numbers, "a", 1);
  EXPECT_EQ(*Get(numbers, "a", 2), 2);
}

TEST(WeakMapTest, VisitsUsedValuesOnly) {
  Numbers numbers;
  const auto used = Get(numbers, "used", 1);
  Get(numbers, "unused", 2);
  std::string seen;
  numbers.ForEach([&seen](const std::string& key, int) { seen += key; });
  EXPECT_EQ(seen, "used");
}

TEST(WeakMapTest, UnusedValuesDoNotPileUp) {
  Numbers numbers;
  std::vector<std::shared_ptr<int>> used;
  for (int i = 0; i < 100; ++i) used.push_back(Get(numbers, "used " + std::to_string(i), i));
  for (int i = 0; i < 100'000; ++i) Get(numbers, "unused " + std::to_string(i), i);
  EXPECT_LT(numbers.size(), 400u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Get(numbers, "used " + std::to_string(i), -1), used[i]);
}

}  // namespace
}  // namespace hob
