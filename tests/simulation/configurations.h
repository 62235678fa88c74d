#ifndef HOB_TESTS_SIMULATION_CONFIGURATIONS_H_
#define HOB_TESTS_SIMULATION_CONFIGURATIONS_H_

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/config/config.h"

namespace hob {
namespace simulation {

// The contents of the configuration files: maps daemon numbers to the numbers of their settings.
struct Files {
  std::map<int, int> daemons;
  // True if the files contain an error.
  bool is_broken = false;

  // Returns a daemon that depends on one that is not in the files; -1 if there is none.
  int LackingOne() const;
};

// Loads files with hob's own loader. Caches the results, so that a reload costs no system calls;
// specifications live as long as this object. Not thread-safe.
class Configurations {
 public:
  Configurations();

  LoadedConfig Load(const Files& files);

  // Returns the number of the settings that became `spec`.
  int NumberOf(const DaemonSpec* spec) const { return numbers_.at(spec->settings.get()); }

  // "d0", or "w@1" for the first instance of the set.
  static std::string NameOf(int daemon);
  static int DaemonOf(absl::string_view name);

 private:
  LoadedConfig LoadText(const std::string& text);
  std::shared_ptr<const DaemonSpec> SpecOf(int daemon, int number);

  const std::string path_;
  // The specification of each daemon with these settings, by number of the settings.
  std::vector<DaemonSpecs> loaded_;
  LoadedConfig broken_;
  // By DaemonSpec::settings, which copies of a specification share.
  std::unordered_map<const DaemonSettings*, int> numbers_;
};

// Returns the one object for all runs. Never destroyed.
Configurations& SharedConfigurations();

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_CONFIGURATIONS_H_
