#include "server/process/spawn_watch.h"

#include <csignal>

#include "server/posix/pidfd.h"

namespace hob {

using std::chrono::steady_clock;

SpawnWatch::SpawnWatch(steady_clock::duration patience)
    : patience_(patience), thread_([this] { Loop(); }) {}

SpawnWatch::~SpawnWatch() {
  {
    const std::lock_guard<std::mutex> lock(mu_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

SpawnWatch::Spawn::Spawn(SpawnWatch* watch, const int* pidfd) : watch_(watch), pidfd_(pidfd) {
  const std::lock_guard<std::mutex> lock(watch_->mu_);
  deadline_ = steady_clock::now() + watch_->patience_;
  position_ = watch_->spawns_.insert(watch_->spawns_.end(), this);
  if (watch_->idle_) watch_->changed_.notify_one();
}

SpawnWatch::Spawn::~Spawn() { End(); }

bool SpawnWatch::Spawn::End() {
  if (watch_ == nullptr) return killed_;
  const std::lock_guard<std::mutex> lock(watch_->mu_);
  watch_->spawns_.erase(position_);
  watch_ = nullptr;
  return killed_;
}

void SpawnWatch::Loop() {
  std::unique_lock<std::mutex> lock(mu_);
  while (!ending_) {
    const steady_clock::time_point next = KillLate();
    idle_ = next == steady_clock::time_point::max();
    if (idle_) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, next);
    }
  }
}

steady_clock::time_point SpawnWatch::KillLate() {
  const steady_clock::time_point now = steady_clock::now();
  for (Spawn* spawn : spawns_) {
    if (spawn->killed_) continue;
    if (spawn->deadline_ > now) return spawn->deadline_;
    // Written by the kernel while the spawning thread stands still.
    const int pidfd = __atomic_load_n(spawn->pidfd_, __ATOMIC_RELAXED);
    if (pidfd < 0) return now + patience_;
    SendSignal(pidfd, SIGKILL);
    spawn->killed_ = true;
  }
  return steady_clock::time_point::max();
}

}  // namespace hob
