#ifndef HOB_TESTS_SIMULATION_WATCHER_H_
#define HOB_TESTS_SIMULATION_WATCHER_H_

#include <map>
#include <string>

#include "absl/types/optional.h"
#include "server/registry/change_reader.h"

namespace hob {
namespace simulation {

// Follows the registry at its own pace and checks the events: a watcher may miss changes only if it
// is too slow. Not thread-safe.
class Watcher {
 public:
  // `registry` outlives it and keeps `kept` changes. `only` names the one daemon to follow; empty
  // for all.
  Watcher(const Registry& registry, int kept, const std::string& only);

  // Reads up to `most` events. Returns the violation that they show; empty if they are correct.
  std::string Read(int most);

  // Disconnects and resumes from its last position. Returns the violation; empty if there is none.
  std::string Resume();

 private:
  std::string Take(const WatchEvent& event);
  std::string CompareWithList() const;
  ChangeReader::Filter Filter() const;

  const Registry& registry_;
  const int kept_;
  const std::string only_;
  absl::StatusOr<ChangeReader> reader_;
  std::map<std::string, DaemonSnapshotPtr> known_;
  bool synced_ = false;
  int64_t sequence_ = 0;
  std::string token_;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_WATCHER_H_
