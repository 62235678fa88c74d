#ifndef HOB_SERVER_PROCESS_TREE_GROUP_REMOVER_H_
#define HOB_SERVER_PROCESS_TREE_GROUP_REMOVER_H_

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/sync/background_thread.h"
#include "server/sync/mutex.h"

namespace hob {

// Removes control groups one after the other, on a thread of its own: some 40 us each, and the
// kernel has one lock for all of them, so that workers that end together would wait for each other.
// Starts the thread when the first group comes.
//
// Thread-safe.
class GroupRemover {
 public:
  GroupRemover() = default;
  // Removes the groups that are left first.
  ~GroupRemover();

  GroupRemover(const GroupRemover&) = delete;
  GroupRemover& operator=(const GroupRemover&) = delete;

  // Removes the group at `path` and those in it, soon; groups that are populated then stay. Never
  // blocks.
  // Without room for a thread the destructor does it.
  void RemoveSoon(std::string path) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mu_);
  // Waits for groups, until there are some and no more come, and takes them. Returns none once the
  // remover ends.
  std::vector<std::string> TakePaths() ABSL_LOCKS_EXCLUDED(mu_);

  Mutex mu_;
  CondVar changed_;
  std::vector<std::string> paths_ ABSL_GUARDED_BY(mu_);
  // Started and ended under mu_ or by the destructor.
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_GROUP_REMOVER_H_
