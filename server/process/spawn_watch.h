#ifndef HOB_SERVER_PROCESS_SPAWN_WATCH_H_
#define HOB_SERVER_PROCESS_SPAWN_WATCH_H_

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

namespace hob {

// Ends children that do not come from clone to execve: on a network file system that does not
// answer chdir(2) and execve(2) last for ever, and the thread that spawns lasts with them. Its own
// thread sleeps while nothing is spawned, and wakes at most once in `patience` while much is.
// Thread-safe.
class SpawnWatch {
 public:
  explicit SpawnWatch(std::chrono::steady_clock::duration patience);
  // No spawn may be under way.
  ~SpawnWatch();

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

    // Takes the spawn off the watch. Returns whether the child was killed.
    bool End();

   private:
    friend class SpawnWatch;

    SpawnWatch* watch_;
    const int* const pidfd_;
    // Guarded by the watch's mutex.
    std::chrono::steady_clock::time_point deadline_;
    bool killed_ = false;
    std::list<Spawn*>::iterator position_;
  };

 private:
  void Loop();
  // Kills what is late and returns when the next one will be; `spawns_` has one that was not
  // killed.
  std::chrono::steady_clock::time_point KillLate();

  const std::chrono::steady_clock::duration patience_;
  // Not absl's: its timed waits are on the wall clock, and ThreadSanitizer cannot see into it.
  std::mutex mu_;
  std::condition_variable changed_;
  // Under way; the first began first. Guarded by mu_, as what follows.
  std::list<Spawn*> spawns_;
  // The thread sleeps until it is told of a spawn.
  bool idle_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_WATCH_H_
