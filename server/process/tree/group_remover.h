#ifndef HOB_SERVER_PROCESS_TREE_GROUP_REMOVER_H_
#define HOB_SERVER_PROCESS_TREE_GROUP_REMOVER_H_

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/sync/background_thread.h"
#include "server/sync/mutex.h"

namespace hob {

// Removes control groups one by one on its own thread. A removal takes about 40 us under a global
// kernel lock, so workers that removed groups concurrently would wait for each other. Starts the
// thread when the first group arrives.
//
// Thread-safe.
class GroupRemover {
 public:
  GroupRemover() = default;
  // Removes the remaining groups first.
  ~GroupRemover();

  GroupRemover(const GroupRemover&) = delete;
  GroupRemover& operator=(const GroupRemover&) = delete;

  // Removes the group at `path` and its subgroups soon; groups that are populated at that time
  // stay. Never blocks. If no thread can be started, the destructor removes them.
  void RemoveSoon(std::string path) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mu_);
  // Blocks until groups have arrived and no more follow, and takes them. Returns none once the
  // remover ends.
  std::vector<std::string> TakePaths() ABSL_LOCKS_EXCLUDED(mu_);

  Mutex mu_;
  CondVar changed_;
  std::vector<std::string> paths_ ABSL_GUARDED_BY(mu_);
  // Started and ended only under mu_ or by the destructor.
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_GROUP_REMOVER_H_
