// A separate program, because the cached stack of an earlier thread would give a new one room.
#include <malloc.h>
#include <sys/resource.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/errors/errors.h"
#include "server/process/testing/fake_spawner.h"
#include "server/supervisor/supervisor.h"

namespace hob {
namespace {

// Exhausts the address space, so that no thread gets a stack. Other allocations still succeed, from
// a heap that was grown before.
class NoRoomForThreads {
 public:
  NoRoomForThreads() {
    constexpr int kMebibyte = 1 << 20;
    constexpr int kPiece = 1 << 10;
    mallopt(M_TRIM_THRESHOLD, 2 * kMebibyte);
    std::vector<std::string> pieces(kMebibyte / kPiece, std::string(kPiece, 'x'));
    pieces.clear();
    EXPECT_EQ(getrlimit(RLIMIT_AS, &before_), 0);
    rlimit none = before_;
    none.rlim_cur = 1;
    EXPECT_EQ(setrlimit(RLIMIT_AS, &none), 0);
  }
  ~NoRoomForThreads() { setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_;
};

TEST(ThreadWorkerNoRoomTest, WithoutRoomForAThreadThereIsNoDaemonAndNothingIsChanged) {
  // All threads share one heap, because the journal's thread could not make its own.
  mallopt(M_ARENA_MAX, 1);
  FakeSpawner spawner(Clock::Real());
  RestartThrottle throttle{StartBudget::Options()};
  Registry registry;
  Journal journal;
  DaemonRunner::Context context;
  context.clock = &Clock::Real();
  context.spawner = &spawner;
  context.throttle = &throttle;
  context.registry = &registry;
  context.journal = &journal;
  ChangeWaits waits;
  context.waits = &waits;
  Supervisor supervisor(context, Config());
  ASSERT_TRUE(supervisor.Populate().ok());
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = "web";
  Config config;
  config.daemons["web"] = spec;

  absl::Status status;
  {
    NoRoomForThreads no_room;
    status = supervisor.Apply(config).status();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorReason(status).reason, "NO_ROOM");
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("'web'"));
  EXPECT_EQ(registry.Find("web"), nullptr);
  EXPECT_EQ(supervisor.generation(), 1);
}

}  // namespace
}  // namespace hob
