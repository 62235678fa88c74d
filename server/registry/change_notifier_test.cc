#include "server/registry/change_notifier.h"

#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/registry/change_reader.h"

namespace hob {
namespace {

DaemonSnapshotPtr Daemon(const std::string& name) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = name;
  auto snapshot = std::make_shared<DaemonSnapshot>();
  snapshot->spec = std::move(spec);
  return snapshot;
}

class OneWaiter : public ChangeNotifier::Waiter {
 public:
  void Wake() override { woken_.Notify(); }
  void Await() { woken_.WaitForNotification(); }
  bool woken() const { return woken_.HasBeenNotified(); }

 private:
  absl::Notification woken_;
};

TEST(ChangeNotifierTest, ChangeWakesItsWaiter) {
  Registry registry;
  ChangeNotifier notifier(registry);
  const auto waiter = std::make_shared<OneWaiter>();
  notifier.WakeAfter(0, waiter);
  EXPECT_FALSE(waiter->woken());
  registry.Publish(Daemon("web"));
  waiter->Await();
}

TEST(ChangeNotifierTest, RemovalIsAChange) {
  Registry registry;
  ChangeNotifier notifier(registry);
  registry.Publish(Daemon("web"));
  const auto waiter = std::make_shared<OneWaiter>();
  notifier.WakeAfter(1, waiter);
  registry.Remove("web");
  waiter->Await();
}

TEST(ChangeNotifierTest, MissedChangeWakesAtOnce) {
  Registry registry;
  ChangeNotifier notifier(registry);
  registry.Publish(Daemon("web"));
  const auto waiter = std::make_shared<OneWaiter>();
  notifier.WakeAfter(0, waiter);
  waiter->Await();
}

TEST(ChangeNotifierTest, ReleasesForgottenWaiters) {
  Registry registry;
  ChangeNotifier notifier(registry);
  auto waiter = std::make_shared<OneWaiter>();
  const std::weak_ptr<OneWaiter> watched = waiter;
  notifier.WakeAfter(0, waiter);
  notifier.Forget(waiter);
  waiter.reset();
  EXPECT_TRUE(watched.expired());
}

TEST(ChangeNotifierTest, EndWakesAllWaitersFromThenOn) {
  Registry registry;
  ChangeNotifier notifier(registry);
  const auto before = std::make_shared<OneWaiter>();
  const auto after = std::make_shared<OneWaiter>();
  notifier.WakeAfter(0, before);
  EXPECT_FALSE(notifier.ended());
  notifier.End();
  before->Await();
  EXPECT_TRUE(notifier.ended());
  notifier.WakeAfter(0, after);
  after->Await();
}

// Follows like a stream (reads, waits, reads again) until it has seen `changes` changes.
class Follower : public ChangeNotifier::Waiter, public std::enable_shared_from_this<Follower> {
 public:
  Follower(const Registry& registry, ChangeNotifier& notifier, int changes)
      : notifier_(notifier),
        left_(changes),
        reader_(*ChangeReader::Open(
            registry, [](const std::string&) { return true; }, "")) {}

  void Wake() override {
    while (absl::optional<WatchEvent> event = reader_.Next()) {
      if (event->kind != WatchEvent::Kind::kDaemon) continue;
      EXPECT_EQ(event->sequence, ++last_);
      if (--left_ == 0) seen_all_.Notify();
    }
    if (left_ > 0) notifier_.WakeAfter(reader_.sequence(), shared_from_this());
  }

  void Await() { seen_all_.WaitForNotification(); }

 private:
  ChangeNotifier& notifier_;
  int left_;
  ChangeReader reader_;
  int64_t last_ = 0;
  absl::Notification seen_all_;
};

TEST(ChangeNotifierTest, FollowersSeeEveryChangeOfManyThreadsOnce) {
  constexpr int kThreads = 4;
  constexpr int kChanges = 2000;
  Registry registry;
  ChangeNotifier notifier(registry);
  std::vector<std::shared_ptr<Follower>> followers;
  for (int i = 0; i < 20; ++i) {
    followers.push_back(std::make_shared<Follower>(registry, notifier, kThreads * kChanges));
    notifier.WakeAfter(0, followers.back());
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&registry, i] {
      for (int j = 0; j < kChanges; ++j) registry.Publish(Daemon(absl::StrCat("d", i)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& follower : followers) follower->Await();
}

}  // namespace
}  // namespace hob
