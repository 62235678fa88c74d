#include "server/supervisor/waiters.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/supervisor/testing/answers.h"

namespace hob {
namespace {

using Event = Waiters::Event;

constexpr MonotonicTime kNever = MonotonicTime::InfiniteFuture();

MonotonicTime At(int seconds) { return MonotonicTime::FromOrigin(absl::Seconds(seconds)); }

DaemonSnapshotPtr Web() {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = "web";
  auto snapshot = std::make_shared<DaemonSnapshot>();
  snapshot->spec = spec;
  snapshot->state = DaemonState::kStopping;
  return snapshot;
}

TEST(WaitersTest, ThoseWhoWaitForItAreAnsweredAndOthersAreNot) {
  Waiters waiters;
  Answer up, also_up, gone;
  waiters.Add(Event::kUp, "start", kNever, up.Taker());
  waiters.Add(Event::kGone, "stop", kNever, gone.Taker());
  waiters.Add(Event::kUp, "restart", kNever, also_up.Taker());
  waiters.Answer(Event::kUp, Web());
  EXPECT_EQ(up.InAWord(), "OK");
  EXPECT_EQ(also_up.InAWord(), "OK");
  EXPECT_EQ(gone.InAWord(), "none");
  EXPECT_FALSE(waiters.AnyFor(Event::kUp));
  EXPECT_TRUE(waiters.AnyFor(Event::kGone));
  waiters.Answer(Event::kUp, Web());
  EXPECT_EQ(up.count(), 1);
}

TEST(WaitersTest, WhoIsOvertakenIsToldByWhat) {
  Waiters waiters;
  Answer start;
  waiters.Add(Event::kUp, "start", kNever, start.Taker());
  waiters.Abort(Event::kUp, "web", "stop");
  EXPECT_EQ(start.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(GetErrorReason(start.status()).metadata,
            (std::map<std::string, std::string>{
                {"command", "start"}, {"daemon", "web"}, {"later", "stop"}}));
}

TEST(WaitersTest, EachHasADeadlineOfItsOwn) {
  Waiters waiters;
  Answer early, late, patient;
  waiters.Add(Event::kGone, "stop", At(5), late.Taker());
  waiters.Add(Event::kUp, "start", At(3), early.Taker());
  waiters.Add(Event::kUp, "start", kNever, patient.Taker());
  EXPECT_EQ(waiters.NextDeadline(), At(3));
  waiters.TimeOut(At(2), *Web());
  EXPECT_EQ(early.InAWord(), "none");
  waiters.TimeOut(At(3), *Web());
  EXPECT_EQ(early.InAWord(), "TIMED_OUT");
  EXPECT_EQ(GetErrorReason(early.status()).metadata.at("state"), "STOPPING");
  EXPECT_EQ(late.InAWord(), "none");
  EXPECT_EQ(waiters.NextDeadline(), At(5));
  waiters.TimeOut(At(9), *Web());
  EXPECT_EQ(late.InAWord(), "TIMED_OUT");
  EXPECT_EQ(patient.InAWord(), "none");
  EXPECT_EQ(waiters.NextDeadline(), kNever);
}

// Returns a daemon with a min_ready_time.
DaemonSnapshotPtr SteadyAfter(absl::Duration time) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = "web";
  spec->min_ready_time = time;
  auto snapshot = std::make_shared<DaemonSnapshot>();
  snapshot->spec = spec;
  return snapshot;
}

TEST(WaitersTest, WhoWaitsForSteadinessIsAnsweredWhenTheDaemonHasStayedReady) {
  Waiters waiters;
  Answer roll;
  waiters.Add(Event::kSteady, "roll", kNever, roll.Taker());
  EXPECT_TRUE(waiters.AnyFor(Event::kUp));
  waiters.NoteReadiness(false, At(1), SteadyAfter(absl::Seconds(5)));
  EXPECT_EQ(waiters.NextDeadline(), kNever);
  waiters.NoteReadiness(true, At(2), SteadyAfter(absl::Seconds(5)));
  EXPECT_EQ(waiters.NextDeadline(), At(7));
  waiters.Answer(Event::kUp, Web());
  waiters.NoteReadiness(true, At(6), SteadyAfter(absl::Seconds(5)));
  EXPECT_EQ(roll.InAWord(), "none");
  waiters.NoteReadiness(true, At(7), SteadyAfter(absl::Seconds(5)));
  EXPECT_EQ(roll.InAWord(), "OK");
  EXPECT_EQ(waiters.NextDeadline(), kNever);
}

TEST(WaitersTest, SteadinessIsCountedFromTheLastTimeThatTheDaemonBecameReady) {
  Waiters waiters;
  Answer roll;
  waiters.Add(Event::kSteady, "roll", kNever, roll.Taker());
  waiters.NoteReadiness(true, At(1), SteadyAfter(absl::Seconds(5)));
  waiters.NoteReadiness(false, At(4), SteadyAfter(absl::Seconds(5)));
  waiters.NoteReadiness(true, At(5), SteadyAfter(absl::Seconds(5)));
  waiters.NoteReadiness(true, At(9), SteadyAfter(absl::Seconds(5)));
  EXPECT_EQ(roll.InAWord(), "none");
  waiters.NoteReadiness(true, At(10), SteadyAfter(absl::Seconds(5)));
  EXPECT_EQ(roll.InAWord(), "OK");
}

TEST(WaitersTest, WhoWaitsForSteadinessGetsTheErrorsOfThoseWhoWaitForTheStart) {
  Waiters waiters;
  Answer failed, overtaken;
  waiters.Add(Event::kSteady, "roll", kNever, failed.Taker());
  waiters.Answer(Event::kUp, StartFailed("web", "exit code 1"));
  EXPECT_EQ(failed.InAWord(), "START_FAILED");
  waiters.Add(Event::kSteady, "roll", kNever, overtaken.Taker());
  waiters.Abort(Event::kUp, "web", "stop");
  EXPECT_EQ(overtaken.InAWord(), "OVERTAKEN");
}

TEST(WaitersTest, NobodyWaitsWithoutAFunctionToCall) {
  Waiters waiters;
  waiters.Add(Event::kUp, "start", At(1), nullptr);
  EXPECT_FALSE(waiters.AnyFor(Event::kUp));
  EXPECT_EQ(waiters.NextDeadline(), kNever);
}

TEST(WaitersTest, NobodyIsLeftWithoutAnAnswer) {
  Answer start;
  {
    Waiters waiters;
    waiters.Add(Event::kUp, "start", kNever, start.Taker());
  }
  EXPECT_EQ(start.InAWord(), "SHUTTING_DOWN");
}

}  // namespace
}  // namespace hob
