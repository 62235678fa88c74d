#include "server/memory_trimmer.h"

#include "gmock/gmock.h"

namespace hob {
namespace {

MonotonicTime At(double seconds) { return MonotonicTime::FromOrigin(absl::Seconds(seconds)); }

TEST(MemoryTrimmerTest, WithoutActivityNobodyWakesUp) {
  MemoryTrimmer trimmer;
  EXPECT_EQ(trimmer.due(), MonotonicTime::InfiniteFuture());
  EXPECT_FALSE(trimmer.TrimIfDue(At(1e6)));
}

TEST(MemoryTrimmerTest, TrimsOnceWhenItIsQuiet) {
  MemoryTrimmer trimmer;
  trimmer.NoteActivity(At(100));
  EXPECT_EQ(trimmer.due(), At(101));
  EXPECT_FALSE(trimmer.TrimIfDue(At(100.9)));
  trimmer.NoteActivity(At(100.9));
  EXPECT_FALSE(trimmer.TrimIfDue(At(101)));
  EXPECT_EQ(trimmer.due(), At(101.9));
  EXPECT_TRUE(trimmer.TrimIfDue(At(102)));
  EXPECT_FALSE(trimmer.TrimIfDue(At(103)));
  EXPECT_EQ(trimmer.due(), MonotonicTime::InfiniteFuture());
}

TEST(MemoryTrimmerTest, TrimsAreFarApart) {
  MemoryTrimmer trimmer;
  trimmer.NoteActivity(At(100));
  EXPECT_TRUE(trimmer.TrimIfDue(At(101)));
  trimmer.NoteActivity(At(102));
  EXPECT_FALSE(trimmer.TrimIfDue(At(110)));
  EXPECT_EQ(trimmer.due(), At(111));
  EXPECT_TRUE(trimmer.TrimIfDue(At(111)));
}

}  // namespace
}  // namespace hob
