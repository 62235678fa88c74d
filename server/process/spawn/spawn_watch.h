#ifndef HOB_SERVER_PROCESS_SPAWN_SPAWN_WATCH_H_
#define HOB_SERVER_PROCESS_SPAWN_SPAWN_WATCH_H_

#include <chrono>
#include <list>

#include "absl/base/thread_annotations.h"
#include "server/sync/background_thread.h"
#include "server/sync/mutex.h"

namespace hob {

// Kills children that take too long from clone to execve. On a network file system that does not
// respond, chdir(2) and execve(2) block forever, and so does the spawning thread. The watch thread
// sleeps while no spawn is in progress, and wakes at most once per `patience` otherwise.
// Thread-safe.
class SpawnWatch {
 public:
  // Destroy it only when no spawn is in progress.
  explicit SpawnWatch(std::chrono::nanoseconds patience);

  SpawnWatch(const SpawnWatch&) = delete;
  SpawnWatch& operator=(const SpawnWatch&) = delete;

  // A spawn in progress, from before the clone until after it.
  class Spawn {
   public:
    // `*pidfd` is -1 until the kernel stores the child's pidfd there. The pidfd must stay open, and
    // both pointers must stay valid, until the object is destroyed.
    Spawn(SpawnWatch* watch, const int* pidfd);
    ~Spawn();

    Spawn(const Spawn&) = delete;
    Spawn& operator=(const Spawn&) = delete;

    // Stops watching the spawn. Returns true if the child was killed.
    bool End();

   private:
    friend class SpawnWatch;

    SpawnWatch* watch_;
    const int* const pidfd_;
    // Owned by the watch and guarded by its mutex, until End.
    CondVar::Deadline deadline_;
    bool killed_ = false;
    std::list<Spawn*>::iterator position_;
  };

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mu_);
  // Kills the children that are late. Returns the next deadline, or the maximum value if no spawn
  // is left.
  CondVar::Deadline KillLate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::chrono::nanoseconds patience_;
  Mutex mu_;
  CondVar changed_;
  // Spawns in progress, oldest first.
  std::list<Spawn*> spawns_ ABSL_GUARDED_BY(mu_);
  // True while the thread sleeps until a spawn begins.
  bool idle_ ABSL_GUARDED_BY(mu_) = false;
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_SPAWN_WATCH_H_
