#include "server/process/spawn/spawn_watch.h"

#include <csignal>
#include <utility>

#include "server/posix/pidfd.h"

namespace hob {

SpawnWatch::SpawnWatch(std::chrono::nanoseconds patience) : patience_(patience) {
  thread_.Start([this] { Loop(); },
                [this] {
                  MutexLock lock(&mu_);
                  changed_.WakeOne();
                });
}

SpawnWatch::Spawn::Spawn(SpawnWatch* watch, const int* pidfd) : watch_(watch), pidfd_(pidfd) {
  MutexLock lock(&watch->mu_);
  deadline_ = CondVar::In(watch->patience_);
  position_ = watch->spawns_.insert(watch->spawns_.end(), this);
  if (watch->idle_) watch->changed_.WakeOne();
}

SpawnWatch::Spawn::~Spawn() { End(); }

bool SpawnWatch::Spawn::End() {
  if (watch_ == nullptr) return killed_;
  SpawnWatch& watch = *std::exchange(watch_, nullptr);
  MutexLock lock(&watch.mu_);
  watch.spawns_.erase(position_);
  return killed_;
}

void SpawnWatch::Loop() {
  MutexLock lock(&mu_);
  while (!thread_.ending()) {
    const CondVar::Deadline next = KillLate();
    idle_ = next == CondVar::Deadline::max();
    changed_.WaitUntil(&mu_, next);
  }
}

CondVar::Deadline SpawnWatch::KillLate() {
  const CondVar::Deadline now = std::chrono::steady_clock::now();
  for (Spawn* spawn : spawns_) {
    if (spawn->killed_) continue;
    if (spawn->deadline_ > now) return spawn->deadline_;
    // The kernel writes the value while the spawning thread is suspended.
    const int pidfd = __atomic_load_n(spawn->pidfd_, __ATOMIC_RELAXED);
    if (pidfd < 0) return now + patience_;
    SendSignal(pidfd, SIGKILL);
    spawn->killed_ = true;
  }
  return CondVar::Deadline::max();
}

}  // namespace hob
