#ifndef HOB_TESTS_SIMULATION_CONFIGURATIONS_H_
#define HOB_TESTS_SIMULATION_CONFIGURATIONS_H_

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/config/config.h"

namespace hob {
namespace simulation {

// What the configuration files say: the daemons by number, and the numbers of their settings.
struct Files {
  std::map<int, int> daemons;
  // An error is in them.
  bool is_broken = false;
};

// Turns files into what hob's own loader makes of them. What was loaded once is kept, so that a
// reload costs no system calls; specifications live as long as this does. Not thread-safe.
class Configurations {
 public:
  Configurations();

  LoadedConfig Load(const Files& files);

  // The number of the settings that became `spec`.
  int NumberOf(const DaemonSpec* spec) const { return numbers_.at(spec); }

  static std::string NameOf(int daemon) {
    return std::string("d") + static_cast<char>('0' + daemon);
  }

 private:
  LoadedConfig LoadText(const std::string& text);
  std::shared_ptr<const DaemonSpec> SpecOf(int daemon, int number);

  const std::string path_;
  // By the number of the settings: each daemon that may have them.
  std::vector<DaemonSpecs> loaded_;
  LoadedConfig broken_;
  std::unordered_map<const DaemonSpec*, int> numbers_;
};

// One for all runs. Lives for ever.
Configurations& SharedConfigurations();

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_CONFIGURATIONS_H_
