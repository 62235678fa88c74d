#ifndef HOB_SERVER_PROCESS_GROUP_REMOVER_H_
#define HOB_SERVER_PROCESS_GROUP_REMOVER_H_

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hob {

// Removes control groups one after the other, on a thread of its own: some 40 us each, and the
// kernel has one lock for all of them, so that workers that end together would wait for each other.
// There is no thread before there is something to remove.
//
// Thread-safe.
class GroupRemover {
 public:
  GroupRemover() = default;
  // Removes what is left first.
  ~GroupRemover();

  GroupRemover(const GroupRemover&) = delete;
  GroupRemover& operator=(const GroupRemover&) = delete;

  // Removes the group at `path` and those in it, soon; what is populated then stays. Never blocks.
  // Without room for a thread the destructor does it.
  void RemoveSoon(std::string path);

 private:
  void Loop();
  // Waits until none has come for a while. `lock` holds mu_.
  void LetPathsGather(std::unique_lock<std::mutex>& lock);

  std::mutex mu_;
  std::condition_variable changed_;
  // What follows is guarded by mu_.
  std::vector<std::string> paths_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_GROUP_REMOVER_H_
