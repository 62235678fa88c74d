#include "tests/simulation/configurations.h"

#include <glog/logging.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/simulation/fake_kernel.h"
#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {
namespace {

std::string PathOfFile() {
  const char* const directory = std::getenv("TEST_TMPDIR");
  return absl::StrCat(directory == nullptr ? "/tmp" : directory, "/hob-simulation-", getpid(),
                      ".ini");
}

}  // namespace

Configurations::Configurations()
    : path_(PathOfFile()),
      loaded_(kAllSettings),
      broken_(LoadText("[os_daemons]\nd0 = true\nnonsense\n")) {
  CHECK(!broken_.ok());
}

int Files::LackingOne() const {
  for (const auto& [daemon, number] : daemons) {
    const int other = DependencyOf(daemon, SettingsOf(number));
    if (other >= 0 && daemons.count(other) == 0) return daemon;
  }
  return -1;
}

std::string Configurations::NameOf(int daemon) {
  return daemon < kFirstInstance ? absl::StrCat("d", daemon)
                                 : absl::StrCat("w@", daemon - kFirstInstance + 1);
}

int Configurations::DaemonOf(absl::string_view name) {
  return name[0] == 'd' ? name[1] - '0' : kFirstInstance + name[2] - '1';
}

LoadedConfig Configurations::LoadText(const std::string& text) {
  std::ofstream(path_) << text;
  LoadedConfig loaded = LoadConfig({path_});
  unlink(path_.c_str());
  return loaded;
}

std::shared_ptr<const DaemonSpec> Configurations::SpecOf(int daemon, int number) {
  DaemonSpecs& specs = loaded_[number];
  if (specs.empty()) {
    std::string text;
    constexpr int kInstances = FakeKernel::kMaxDaemons - kFirstInstance;
    for (int i = 0; i <= kFirstInstance; ++i) {
      absl::StrAppend(&text, ToSection(i, SettingsOf(number), kInstances));
    }
    LoadedConfig loaded = LoadText(text);
    CHECK(loaded.ok()) << loaded.errors.front().ToString();
    specs = std::move(loaded.config.daemons);
    for (const auto& [name, spec] : specs) numbers_[spec->settings.get()] = number;
  }
  return specs.at(NameOf(daemon));
}

LoadedConfig Configurations::Load(const Files& files) {
  if (files.is_broken || files.LackingOne() >= 0) return broken_;
  LoadedConfig loaded;
  for (const auto& [daemon, number] : files.daemons) {
    loaded.config.daemons[NameOf(daemon)] = SpecOf(daemon, number);
  }
  return loaded;
}

Configurations& SharedConfigurations() {
  static Configurations& configurations = *new Configurations;
  return configurations;
}

}  // namespace simulation
}  // namespace hob
