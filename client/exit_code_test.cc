#include "client/exit_code.h"

#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

TEST(ExitCodeTest, EachKindOfFailureHasItsCode) {
  EXPECT_EQ(ExitCodeFor(absl::OkStatus()), ExitCode::kDone);
  EXPECT_EQ(ExitCodeFor(absl::InvalidArgumentError("")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeFor(absl::PermissionDeniedError("")), ExitCode::kNoPermission);
  EXPECT_EQ(ExitCodeFor(absl::NotFoundError("")), ExitCode::kNoSuchDaemon);
  EXPECT_EQ(ExitCodeFor(absl::DeadlineExceededError("")), ExitCode::kTimedOut);
  EXPECT_EQ(ExitCodeFor(absl::UnavailableError("")), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeFor(absl::FailedPreconditionError("")), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeFor(absl::AbortedError("")), ExitCode::kFailed);
}

TEST(ExitCodeTest, NumbersMatchTheReadme) {
  EXPECT_EQ(static_cast<int>(ExitCode::kNotRunning), 3);
  EXPECT_EQ(static_cast<int>(kStatusUnknown), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::kUnreachable), 7);
}

TEST(ExitCodeTest, TheWorseOutcomeWinsInEitherOrder) {
  const ExitCode ascending[] = {
      ExitCode::kDone,  ExitCode::kNotRunning,   ExitCode::kTimedOut,     ExitCode::kFailed,
      ExitCode::kUsage, ExitCode::kNoSuchDaemon, ExitCode::kNoPermission, ExitCode::kUnreachable,
  };
  for (size_t i = 1; i < 8; ++i) {
    EXPECT_EQ(Worse(ascending[i - 1], ascending[i]), ascending[i]);
    EXPECT_EQ(Worse(ascending[i], ascending[i - 1]), ascending[i]);
  }
}

}  // namespace
}  // namespace client
}  // namespace hob
