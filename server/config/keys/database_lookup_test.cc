#include "server/config/keys/database_lookup.h"

#include "gtest/gtest.h"

namespace hob {
namespace {

// Asks a database whose only entry, 7, needs a buffer of `size`, and whose first answer is `error`.
absl::StatusOr<absl::optional<int>> Ask(size_t size, int error, int* calls) {
  return AskDatabase<int, int>(
      [=](int* entry, char*, size_t buffer_size, int** result) {
        if (++*calls == 1 && error != 0) return error;
        if (buffer_size < size) return ERANGE;
        *entry = 7;
        *result = entry;
        return 0;
      },
      [](int entry) { return entry * 10; });
}

TEST(AskDatabaseTest, BufferGrowsUntilTheEntryFits) {
  int calls = 0;
  EXPECT_EQ(Ask(5000, 0, &calls).value(), 70);
  EXPECT_EQ(calls, 4);
}

TEST(AskDatabaseTest, EntryWithoutEndIsUnavailable) {
  int calls = 0;
  const auto answer = Ask(2 * kLargestDatabaseEntry, 0, &calls);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(answer.status().message(), "Numerical result out of range");
}

TEST(AskDatabaseTest, InterruptedCallIsRepeated) {
  int calls = 0;
  EXPECT_EQ(Ask(0, EINTR, &calls).value(), 70);
  EXPECT_EQ(calls, 2);
}

TEST(AskDatabaseTest, NothingFoundIsAbsent) {
  for (const int error : {ENOENT, ESRCH}) {
    int calls = 0;
    EXPECT_FALSE(Ask(0, error, &calls)->has_value());
    EXPECT_EQ(calls, 1);
  }
  const auto none = AskDatabase<int, int>([](int*, char*, size_t, int**) { return 0; },
                                          [](int entry) { return entry; });
  EXPECT_FALSE(none->has_value());
}

TEST(AskDatabaseTest, BrokenDatabaseIsUnavailable) {
  int calls = 0;
  const auto answer = Ask(0, EIO, &calls);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(answer.status().message(), "Input/output error");
}

}  // namespace
}  // namespace hob
