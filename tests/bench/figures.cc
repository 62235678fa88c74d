#include "tests/bench/figures.h"

namespace hob {
namespace bench {
namespace {

// The number of starts of a daemon that ends at once, with the throttle's defaults.
constexpr int kStartsOfCrashLoop = 3;

Goal TimesBareLoop(double bound, std::vector<int> at) {
  Goal goal;
  goal.kind = Goal::Kind::kTimesBareLoop;
  goal.bound = bound;
  goal.at = std::move(at);
  return goal;
}

Goal TimesBeside(double bound, std::vector<int> at) {
  Goal goal = TimesBareLoop(bound, std::move(at));
  goal.kind = Goal::Kind::kTimesBeside;
  return goal;
}

Goal AtMost(double bound, std::vector<int> at) {
  Goal goal;
  goal.kind = Goal::Kind::kAtMost;
  goal.bound = bound;
  goal.at = std::move(at);
  return goal;
}

Goal Exactly(double bound) {
  Goal goal;
  goal.kind = Goal::Kind::kExactly;
  goal.bound = bound;
  return goal;
}

Goal TimesOther(double bound, Figure other, std::vector<int> at) {
  Goal goal;
  goal.kind = Goal::Kind::kTimesOther;
  goal.bound = bound;
  goal.other = other;
  goal.at = std::move(at);
  return goal;
}

Goal WithDaemons(double bound, double for_each_daemon) {
  Goal goal;
  goal.kind = Goal::Kind::kWithDaemons;
  goal.bound = bound;
  goal.for_each_daemon = for_each_daemon;
  return goal;
}

}  // namespace

std::vector<FigureDescription> AllFigures(int crash_loop) {
  const Goal memory = WithDaemons(20, 14.0 / 1024);
  return {
      {Figure::kRestart, "killed child to its successor's main", "ms", TimesBareLoop(1.4, {1000})},
      {Figure::kBoot, "boot: launch to the last child's main", "ms",
       TimesBareLoop(1.4, {1000, 5000})},
      {Figure::kCrash, "all killed at once until all are back", "ms",
       TimesBareLoop(1.4, {1000, 5000})},
      {Figure::kStop, "orderly stop, to the end of the server", "ms", TimesBareLoop(1.4, {1000})},
      {Figure::kStopBesideThreads, "the same beside bare threads and groups", "ms", Goal()},
      {Figure::kMemory, "memory of the server (PSS) after boot", "MiB", memory},
      {Figure::kMemoryLater, "the same at the end of a round", "MiB", memory},
      {Figure::kIdleWakeups, "idle: wake-ups by supervision", "", AtMost(0, {1000})},
      {Figure::kIdleGrpcWakeups, "idle: wake-ups of gRPC's threads", "", Goal()},
      {Figure::kIdleCpu, "idle: processor time", "ms", AtMost(5, {1000})},
      {Figure::kList, "List of all, p50", "ms", AtMost(2, {1000})},
      {Figure::kStatus, "Status, p50", "ms", AtMost(0.25, {1000})},
      {Figure::kRestartCall, "Restart that waits, p50", "ms", AtMost(1.8, {1000})},
      {Figure::kHobList, "`hob list`, the whole process", "ms", AtMost(15, {1000})},
      {Figure::kHobStatus, "`hob status NAME`, the whole process", "ms", AtMost(11, {1000})},
      {Figure::kCrashUnderCalls, "all killed at once under parallel calls", "ms",
       TimesOther(1.5, Figure::kCrash, {1000})},
      {Figure::kCallsAnswered, "calls answered meanwhile", "", Goal()},
      {Figure::kCallsFailed, "calls that failed", "", Exactly(0)},
      {Figure::kCrashLoopStarts, "crash loop: starts", "",
       Exactly(kStartsOfCrashLoop * crash_loop)},
      {Figure::kCrashLoopHalted, "crash loop: HALTED daemons", "", Exactly(crash_loop)},
      {Figure::kCrashLoopCpu, "crash loop: supervision's time after it", "ms", AtMost(0, {})},
      {Figure::kBusyBoot, "busy: boot, beside bare threads", "ms", TimesBeside(1.5, {1000})},
      {Figure::kBusyBootCpu, "busy: processor time of the server by then", "ms", Goal()},
      {Figure::kBusyBootSwitches, "busy: switches to its threads by then", "", Goal()},
      {Figure::kBusyCrash, "busy: crash of all, beside bare threads", "ms",
       TimesBeside(1.5, {1000})},
      {Figure::kBusyHobList, "busy: `hob list`, beside an empty program", "ms",
       TimesBeside(3, {1000})},
      {Figure::kChainBoot, "boot in a chain, beside no dependencies", "ms", TimesBeside(2, {100})},
      {Figure::kBehindFirstBoot, "boot behind the first, beside the same", "ms",
       TimesBeside(1.2, {1000})},
      {Figure::kCheckCpu, "an HTTP check each, beside no check", "% of a core", AtMost(2, {1000})},
      {Figure::kExecCheckCost, "an attempt of an exec check, beside a restart", "us of the server",
       TimesBeside(1.2, {1000})},
  };
}

}  // namespace bench
}  // namespace hob
