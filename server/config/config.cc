#include "server/config/config.h"

#include "server/config/build.h"
#include "server/config/keys/accounts.h"
#include "server/config/merge.h"
#include "server/config/read.h"

namespace hob {

LoadedConfig LoadConfig(const std::vector<std::string>& paths) {
  Accounts accounts;
  ProblemList errors;
  ProblemList warnings;
  const std::vector<ConfigText> texts = ReadConfigTexts(paths, &errors);
  const MergedConfig merged = MergeConfigTexts(texts, &accounts, &errors, &warnings);
  LoadedConfig loaded;
  loaded.config = BuildConfig(merged, &accounts, &errors, &warnings);
  loaded.errors = errors.Sorted(merged.sources);
  loaded.warnings = warnings.Sorted(merged.sources);
  return loaded;
}

}  // namespace hob
