#include "tests/simulation/seeds.h"

#include <glog/logging.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace hob {
namespace simulation {
namespace {

constexpr int kTraceLines = 80;

// The text to print when the process dies; filled in before each run.
char g_how_to_repeat[200];

std::string HowToRepeat(const Scenario& scenario) {
  return absl::StrCat("Again: bazel run //tests/simulation:simulate -- --seed ", scenario.seed,
                      " --steps ", scenario.steps, "\n");
}

void PrintHowToRepeat(int signal) {
  const absl::string_view text(g_how_to_repeat);
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) _exit(1);
  raise(signal);
}

// Called once per process.
void PrepareProcess() {
  // The journal would write a million lines.
  FLAGS_minloglevel = google::GLOG_FATAL;
  // There is one thread.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  struct sigaction action = {};
  action.sa_handler = PrintHowToRepeat;
  action.sa_flags = SA_RESETHAND;
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) {
    sigaction(signal, &action, nullptr);
  }
}

void Print(const Scenario& scenario, const Outcome& outcome) {
  fprintf(stderr, "Seed %llu breaks an invariant: %s\n",
          static_cast<unsigned long long>(scenario.seed), outcome.violation->c_str());
  for (const std::string& line : outcome.trace) fprintf(stderr, "%s\n", line.c_str());
  fputs(HowToRepeat(scenario).c_str(), stderr);
}

Scenario ScenarioOf(const Seeds& seeds, uint64_t seed, int trace) {
  Scenario scenario;
  scenario.seed = seed;
  scenario.steps = seeds.steps;
  scenario.trace = trace;
  scenario.stuck = [scenario](const Outcome& outcome) {
    Print(scenario, outcome);
    std::_Exit(1);
  };
  return scenario;
}

void Add(const Outcome& outcome, Outcome& total) {
  total.servers += outcome.servers;
  total.commands += outcome.commands;
  total.reloads += outcome.reloads;
  total.spawns += outcome.spawns;
  total.exits += outcome.exits;
  total.changes += outcome.changes;
}

}  // namespace

bool RunSeeds(const Seeds& seeds, Outcome* total) {
  static const bool prepared = (PrepareProcess(), true);
  static_cast<void>(prepared);
  for (int64_t i = 0; i < seeds.count; ++i) {
    // A stuck run ends the process, and only a single run is traced from its start.
    const Scenario scenario =
        ScenarioOf(seeds, seeds.first + i, seeds.count == 1 ? kTraceLines : 0);
    snprintf(g_how_to_repeat, sizeof(g_how_to_repeat), "%s", HowToRepeat(scenario).c_str());
    const Outcome outcome = Simulate(scenario);
    if (outcome.violation.has_value()) {
      const Scenario again = ScenarioOf(seeds, scenario.seed, kTraceLines);
      Print(again, Simulate(again));
      return false;
    }
    if (total != nullptr) Add(outcome, *total);
  }
  return true;
}

std::string Summary(const Outcome& total) {
  return absl::StrCat(total.servers, " servers, ", total.commands, " commands, ", total.reloads,
                      " reloads, ", total.spawns, " spawns, ", total.exits, " ends, ",
                      total.changes, " changes");
}

}  // namespace simulation
}  // namespace hob
