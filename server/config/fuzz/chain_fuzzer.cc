// Loads a configuration of up to three files as the server does. Errors have a place in one of the
// files; a configuration without errors is complete, and stays the same when it is written and
// loaded again.
//
// The files are the parts of the input between lines that start with "--".
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "bazel/fuzzing/text.h"
#include "glog/logging.h"
#include "server/config/config.h"
#include "server/config/keys/daemon_keys.h"
#include "server/config/plan.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

// The numbers of lines of the files, by path.
using FileLines = std::map<std::string, int64_t>;

void CheckProblems(const std::vector<ConfigProblem>& problems, const FileLines& files) {
  for (const ConfigProblem& problem : problems) {
    const auto file = files.find(problem.file);
    CHECK(file != files.end()) << problem.ToString();
    CHECK(problem.line >= 0 && problem.line <= file->second) << problem.ToString();
    CHECK(!problem.message.empty() && IsPrintable(problem.message)) << problem.message;
  }
}

// Returns a file with all daemons of `config`.
std::string Written(const Config& config) {
  std::string text;
  for (const auto& [name, spec] : config.daemons) {
    absl::StrAppend(&text, "[daemon:", name, "]\ncommand = ", spec->command, "\n");
    for (const auto& [key, value] : *spec->settings)
      absl::StrAppend(&text, key, " = ", value, "\n");
  }
  return text;
}

void CheckSpecs(const Config& config) {
  for (const auto& [name, spec] : config.daemons) {
    CHECK_EQ(spec->name, name);
    CHECK(!spec->argv.empty() && spec->argv[0][0] == '/') << name;
    CHECK_EQ(spec->settings->size(), DaemonKeys().size());
  }
}

void CheckLoaded(const LoadedConfig& loaded, const TestDirectory& directory) {
  CheckSpecs(loaded.config);
  const std::string text = Written(loaded.config);
  const LoadedConfig again = LoadConfig({directory.Write("written.ini", text)});
  CHECK(again.ok()) << again.errors[0].ToString() << "\n" << text;
  // The file has no settings of the server.
  Config wanted = again.config;
  wanted.server = loaded.config.server;
  const Plan plan = MakePlan(loaded.config, wanted);
  CHECK(plan.server_keys.empty());
  CHECK_EQ(plan.daemons.size(), loaded.config.daemons.size());
  for (const PlanEntry& entry : plan.daemons) {
    CHECK(entry.action == PlanAction::kUnchanged) << entry.name << "\n" << text;
  }
}

}  // namespace
}  // namespace hob

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hob::TestDirectory& directory = *new hob::TestDirectory;
  const absl::string_view text = hob::AsText(data, size);
  std::vector<std::string> paths;
  hob::FileLines lines;
  for (absl::string_view part : absl::StrSplit(text, absl::MaxSplits("\n--", 2))) {
    paths.push_back(directory.Write(absl::StrCat(paths.size(), ".ini"), part));
    lines[paths.back()] = 1 + std::count(part.begin(), part.end(), '\n');
  }
  const hob::LoadedConfig loaded = hob::LoadConfig(paths);
  hob::CheckProblems(loaded.errors, lines);
  hob::CheckProblems(loaded.warnings, lines);
  if (loaded.ok()) hob::CheckLoaded(loaded, directory);
  return 0;
}
