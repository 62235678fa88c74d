#ifndef HOB_SERVER_PROCESS_SPAWN_SPAWN_WATCH_H_
#define HOB_SERVER_PROCESS_SPAWN_SPAWN_WATCH_H_

#include <chrono>
#include <list>

#include "absl/base/thread_annotations.h"
#include "server/sync/background_thread.h"
#include "server/sync/mutex.h"

namespace hob {

// Ends children that do not come from clone to execve: on a network file system that does not
// answer, chdir(2) and execve(2) last for ever, and the thread that spawns lasts with them. Its own
// thread sleeps while nothing is spawned, and wakes at most once in `patience` while much is.
// Thread-safe.
class SpawnWatch {
 public:
  // No spawn may be under way when it is destroyed.
  explicit SpawnWatch(std::chrono::nanoseconds patience);

  SpawnWatch(const SpawnWatch&) = delete;
  SpawnWatch& operator=(const SpawnWatch&) = delete;

  // A spawn that is under way, from before the clone until after it.
  class Spawn {
   public:
    // `*pidfd` is -1 until the kernel writes the child's descriptor to it; that stays open, and
    // both outlive the object.
    Spawn(SpawnWatch* watch, const int* pidfd);
    ~Spawn();

    Spawn(const Spawn&) = delete;
    Spawn& operator=(const Spawn&) = delete;

    // Takes the spawn off the watch. Returns true if the child was killed.
    bool End();

   private:
    friend class SpawnWatch;

    SpawnWatch* watch_;
    const int* const pidfd_;
    // These belong to the watch, and are used under its mutex, until End.
    CondVar::Deadline deadline_;
    bool killed_ = false;
    std::list<Spawn*>::iterator position_;
  };

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mu_);
  // Kills the children that are late. Returns when the next one will be; the last moment there is
  // if none is left.
  CondVar::Deadline KillLate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::chrono::nanoseconds patience_;
  Mutex mu_;
  CondVar changed_;
  // Under way; the first began first.
  std::list<Spawn*> spawns_ ABSL_GUARDED_BY(mu_);
  // True while the thread sleeps until it is told of a spawn.
  bool idle_ ABSL_GUARDED_BY(mu_) = false;
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_SPAWN_WATCH_H_
