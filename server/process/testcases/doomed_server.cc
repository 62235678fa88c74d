// A minimal server: spawns one daemon and waits to be killed, so that a test can clean up after it.
// Writes "spawned PID" to stdout when the daemon runs.
//
//   doomed_server RUN_DIR cgroup|session NAME STDOUT_FIFO PROGRAM [ARGUMENT...]
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "server/process/spawn/process_spawner.h"
#include "server/process/tree/stray_reaper.h"

int main(int argc, char** argv) {
  if (argc < 6) return 96;
  if (!hob::StrayReaper::BecomeSubreaper().ok()) return 95;
  hob::ProcessSpawner::Options options;
  options.run_dir = argv[1];
  options.control_groups = strcmp(argv[2], "cgroup") == 0;
  auto spawner = hob::ProcessSpawner::Create(options);
  if (!spawner.ok()) return 94;
  hob::SpawnRequest request;
  request.name = argv[3];
  request.environment = {"HOB_DAEMON=" + request.name};
  request.argv.assign(argv + 5, argv + argc);
  request.stdout_target = {hob::StdioTarget::Kind::kFifo, argv[4]};
  hob::SpawnResult result = (*spawner)->Spawn(request);
  const auto* instance = absl::get_if<std::unique_ptr<hob::Instance>>(&result);
  if (instance == nullptr) return 93;
  printf("spawned %d\n", static_cast<int>((*instance)->pid()));
  fflush(stdout);
  for (;;) pause();
}
