#ifndef HOB_SERVER_SUPERVISOR_CHANGE_WAITS_H_
#define HOB_SERVER_SUPERVISOR_CHANGE_WAITS_H_

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "server/sync/mutex.h"

namespace hob {

// Wakes daemons that wait for others to start or to end. A waiting daemon calls Await before it
// reads the registry, and a changed one publishes its state before it calls Changed, so that no
// change is missed. Thread-safe.
class ChangeWaits {
 public:
  // Called with the name of a daemon to wake, without a lock, on the thread that calls Changed.
  using Wake = std::function<void(const std::string& name)>;

  ChangeWaits() = default;
  ChangeWaits(const ChangeWaits&) = delete;
  ChangeWaits& operator=(const ChangeWaits&) = delete;

  // Sets the function that wakes; called before all others, and with null after all others.
  void SetWake(Wake wake) ABSL_LOCKS_EXCLUDED(mu_);

  // From now on, changes of `others` wake `name`, and no other changes do.
  void Await(const std::string& name, std::set<std::string> others) ABSL_LOCKS_EXCLUDED(mu_);

  // Returns the daemons that wait for a change of `name`.
  std::set<std::string> WaitingFor(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);

  // Wakes the daemons that wait for a change of `name`.
  void Changed(const std::string& name) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // The number of daemons that wait: most servers have none.
  std::atomic<int> count_ = 0;
  mutable Mutex mu_;
  Wake wake_ ABSL_GUARDED_BY(mu_);
  // The daemons that each waiting daemon waits for, and the same the other way round.
  std::map<std::string, std::set<std::string>> awaited_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::set<std::string>> waiting_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_CHANGE_WAITS_H_
