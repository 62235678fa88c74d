#ifndef HOB_TESTS_SIMULATION_WATCHER_H_
#define HOB_TESTS_SIMULATION_WATCHER_H_

#include <map>
#include <string>

#include "absl/types/optional.h"
#include "server/registry/change_reader.h"

namespace hob {
namespace simulation {

// One who follows the registry at a pace of its own, and knows what it may miss.
class Watcher {
 public:
  // `registry` outlives it and keeps `kept` changes. `only` names the one daemon that it follows;
  // empty: all.
  Watcher(const Registry& registry, int kept, const std::string& only);

  // Reads so many events, or all there are. Returns what is wrong with them; empty: nothing.
  std::string Read(int most);

  // Goes, and comes back where it was.
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
