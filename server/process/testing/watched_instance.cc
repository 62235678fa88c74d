#include "server/process/testing/watched_instance.h"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/posix/pidfd.h"
#include "server/process/testing/process_test_env.h"
#include "server/testing/failing_calls.h"

namespace hob {
namespace {

using testing::AnyOf;

// Maximum time until the next look while the kernel reports no change.
constexpr int kLookMillis = 10;

}  // namespace

Witnessed::Witnessed(pid_t pid) : pid_(pid) {
  const FailingCalls::Pause pause;
  pidfd_ = OpenPidfd(pid);
  EXPECT_TRUE(pidfd_.ok()) << pid;
}

bool Witnessed::HasEnded() const {
  const FailingCalls::Pause pause;
  struct pollfd poller = {pidfd_.get(), POLLIN, 0};
  return poll(&poller, 1, 0) == 1;
}

void Witnessed::AwaitEnd() const {
  const FailingCalls::Pause pause;
  AwaitReady(pidfd_.get(), POLLIN);
}

void Witnessed::ReapStray() const {
  const FailingCalls::Pause pause;
  siginfo_t info = {};
  waitid(P_PID, pid_, &info, WEXITED | WNOHANG);
}

WatchedInstance::WatchedInstance(std::unique_ptr<Instance> instance,
                                 const std::vector<pid_t>& others, std::function<bool()> may_fail)
    : instance_(std::move(instance)),
      main_(instance_->pid()),
      others_(others.begin(), others.end()),
      may_fail_(std::move(may_fail)) {}

void WatchedInstance::AwaitMainEnd() const { main_.AwaitEnd(); }

void WatchedInstance::AskToEnd(bool all) {
  if (HasReachedAll(instance_->SignalTreeAndContinue(SIGTERM)) && all) AwaitAllEnded();
  patience_is_over_ = true;
}

void WatchedInstance::LookUntilGone(int most) {
  for (int looks = 0; looks < most && !gone_; ++looks) {
    Look();
    if (!gone_) AwaitChange();
  }
}

void WatchedInstance::ExpectToldEnd(const EndOfProcess& end) const {
  ASSERT_EQ(ends_.size(), 1) << "its end was told so often";
  const std::string told = DescribeEnd(ends_[0].end);
  if (was_killed_alive_) {
    EXPECT_THAT(told, AnyOf(DescribeEnd(end), DescribeEnd(KilledBySignal{SIGKILL})));
  } else {
    EXPECT_EQ(told, DescribeEnd(end));
  }
}

void WatchedInstance::ReapStrays() const {
  for (const Witnessed& process : others_) process.ReapStray();
}

bool WatchedInstance::AllHaveEnded() const {
  return main_.HasEnded() && std::all_of(others_.begin(), others_.end(),
                                         [](const Witnessed& other) { return other.HasEnded(); });
}

void WatchedInstance::AwaitAllEnded() const {
  main_.AwaitEnd();
  for (const Witnessed& process : others_) process.AwaitEnd();
}

bool WatchedInstance::HasReachedAll(const absl::Status& status) const {
  if (absl::IsNotFound(status)) {
    EXPECT_TRUE(AllHaveEnded()) << status;
  } else if (!status.ok()) {
    EXPECT_TRUE(may_fail_()) << status;
  }
  return status.ok();
}

void WatchedInstance::Look() {
  NoteEnd(instance_->TryReap());
  if (!ends_.empty() && instance_->IsGone()) {
    EXPECT_TRUE(AllHaveEnded()) << "it says that it is gone";
    gone_ = true;
  } else if ((!ends_.empty() || patience_is_over_) && !is_killed_) {
    Kill();
  }
}

void WatchedInstance::NoteEnd(absl::optional<ReapedProcess> end) {
  if (!end.has_value()) return;
  EXPECT_TRUE(main_.HasEnded()) << DescribeEnd(end->end);
  ends_.push_back(*std::move(end));
}

void WatchedInstance::Kill() {
  was_killed_alive_ |= !main_.HasEnded();
  if (!HasReachedAll(instance_->SignalTree(SIGKILL))) return;
  is_killed_ = true;
  AwaitAllEnded();
}

void WatchedInstance::AwaitChange() const {
  const FailingCalls::Pause pause;
  struct pollfd poller = {instance_->tree_fd(), POLLPRI, 0};
  if (poller.fd >= 0) poll(&poller, 1, kLookMillis);
}

}  // namespace hob
