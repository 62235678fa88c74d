#include "server/memory_trimmer.h"

#include <poll.h>

#include "gmock/gmock.h"

namespace hob {
namespace {

MonotonicTime At(double seconds) { return MonotonicTime::FromOrigin(absl::Seconds(seconds)); }

bool IsReadable(const MemoryTrimmer& trimmer) {
  pollfd poller = {trimmer.fd(), POLLIN, 0};
  return poll(&poller, 1, 0) == 1;
}

TEST(MemoryTrimmerTest, NeverWakesUpWithoutActivity) {
  MemoryTrimmer trimmer;
  EXPECT_FALSE(IsReadable(trimmer));
  trimmer.Look(At(1));
  EXPECT_EQ(trimmer.due(), MonotonicTime::InfiniteFuture());
  EXPECT_FALSE(trimmer.TrimIfDue(At(1e6)));
}

TEST(MemoryTrimmerTest, TrimsOnceWhenQuiet) {
  MemoryTrimmer trimmer;
  trimmer.NoteActivity();
  EXPECT_TRUE(IsReadable(trimmer));
  trimmer.Look(At(100));
  EXPECT_EQ(trimmer.due(), At(101));
  EXPECT_FALSE(trimmer.TrimIfDue(At(100.9)));
  trimmer.NoteActivity();
  // Activity has not ceased yet, and nothing wakes up to find that out.
  EXPECT_FALSE(IsReadable(trimmer));
  EXPECT_FALSE(trimmer.TrimIfDue(At(101)));
  EXPECT_EQ(trimmer.due(), At(102));
  EXPECT_TRUE(trimmer.TrimIfDue(At(102)));
  EXPECT_FALSE(trimmer.TrimIfDue(At(103)));
  EXPECT_EQ(trimmer.due(), MonotonicTime::InfiniteFuture());
}

TEST(MemoryTrimmerTest, ActivityAfterATrimWakesAgainButTrimsAreSpaced) {
  MemoryTrimmer trimmer;
  trimmer.NoteActivity();
  trimmer.Look(At(100));
  EXPECT_TRUE(trimmer.TrimIfDue(At(101)));
  trimmer.NoteActivity();
  EXPECT_TRUE(IsReadable(trimmer));
  trimmer.Look(At(102));
  EXPECT_FALSE(IsReadable(trimmer));
  EXPECT_FALSE(trimmer.TrimIfDue(At(105)));
  EXPECT_EQ(trimmer.due(), At(106));
  EXPECT_TRUE(trimmer.TrimIfDue(At(106)));
}

}  // namespace
}  // namespace hob
