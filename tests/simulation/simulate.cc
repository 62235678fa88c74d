// Simulates many runs, or repeats one; see server/README.md.
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <thread>

#include "tests/simulation/seeds.h"

namespace hob {
namespace simulation {
namespace {

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Runs one job's part of the seeds. Returns true if no run breaks an invariant.
bool RunPart(const Seeds& seeds) {
  const auto begin = std::chrono::steady_clock::now();
  Outcome total;
  if (!RunSeeds(seeds, &total)) return false;
  printf("%lld seeds from %llu on, %d steps each, in %.1f s: %s\n",
         static_cast<long long>(seeds.count), static_cast<unsigned long long>(seeds.first),
         seeds.steps, SecondsSince(begin), Summary(total).c_str());
  return true;
}

// Divides the seeds among processes. Returns true if no run breaks an invariant.
bool RunJobs(const Seeds& seeds, int jobs) {
  fflush(stdout);
  for (int job = 0; job < jobs; ++job) {
    Seeds part = seeds;
    part.first = seeds.first + seeds.count * job / jobs;
    part.count = static_cast<int64_t>(seeds.first + seeds.count * (job + 1) / jobs - part.first);
    // The process has one thread.
    const pid_t child = fork();
    if (child < 0) {
      perror("fork");
      return false;
    }
    if (child == 0) {
      const bool well = RunPart(part);
      fflush(stdout);
      _exit(well ? 0 : 1);
    }
  }
  bool well = true;
  int status = 0;
  while (wait(&status) > 0) well = well && status == 0;
  return well;
}

int Main(int argc, char** argv) {
  Seeds seeds;
  seeds.count = 10'000;
  uint64_t seed = 0;
  int jobs = static_cast<int>(std::thread::hardware_concurrency());
  CLI::App app("Simulates servers on a fake kernel and checks them against a model.");
  const CLI::Option* const one = app.add_option("--seed", seed, "Run only this seed.");
  app.add_option("--first", seeds.first, "The first seed.");
  app.add_option("--seeds", seeds.count, "The number of seeds.");
  app.add_option("--steps", seeds.steps, "The number of steps of each seed.");
  app.add_option("--jobs", jobs, "The number of parallel processes.");
  CLI11_PARSE(app, argc, argv);
  if (!one->empty()) {
    seeds.first = seed;
    seeds.count = 1;
  }
  const bool well = jobs > 1 && seeds.count > 1 ? RunJobs(seeds, jobs) : RunPart(seeds);
  return well ? 0 : 1;
}

}  // namespace
}  // namespace simulation
}  // namespace hob

int main(int argc, char** argv) { return hob::simulation::Main(argc, argv); }
