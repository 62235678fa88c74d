#include "server/config/keys/key_parsers.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "server/config/ini/quoting.h"
#include "server/config/ini/section_name.h"
#include "server/text/duration.h"
#include "server/text/printable.h"

namespace hob {

absl::StatusOr<absl::Duration> ParsePositiveDuration(absl::string_view text) {
  constexpr absl::Duration kShortest = absl::Nanoseconds(1);
  absl::StatusOr<absl::Duration> duration = ParseDuration(text);
  if (!duration.ok() || *duration >= kShortest) return duration;
  return absl::InvalidArgumentError(absl::StrCat("'", Printable(text), "' is too short: at least ",
                                                 hob::FormatDuration(kShortest)));
}

absl::StatusOr<std::string> ParsePath(absl::string_view text) {
  if (absl::StartsWith(text, "/")) return std::string(text);
  return absl::InvalidArgumentError(absl::StrCat(
      "'", Printable(text), "' is not an absolute path: write it from the root, as in /srv/web"));
}

std::string WriteText(absl::string_view text) { return text.empty() ? "" : QuoteWord(text); }

std::string WriteItems(const std::vector<std::string>& items) {
  return absl::StrJoin(items, ",", [](std::string* out, const std::string& item) {
    absl::StrAppend(out, QuoteWord(item));
  });
}

std::string UnknownKeyMessage(absl::string_view key, absl::string_view section,
                              const std::vector<std::string>& keys,
                              const std::vector<ForeignKey>& foreign_keys,
                              const std::vector<std::string>& elsewhere_keys,
                              absl::string_view elsewhere) {
  if (std::find(elsewhere_keys.begin(), elsewhere_keys.end(), key) != elsewhere_keys.end()) {
    return absl::StrCat("'", Printable(key), "' is not a key of ", InBrackets(section),
                        ": it belongs in ", elsewhere);
  }
  std::string advice = AdviceOnKey(key, foreign_keys);
  if (advice.empty()) advice = absl::StrCat("did you mean '", Nearest(key, keys), "'?");
  return absl::StrCat("there is no key '", Printable(key), "' in ", InBrackets(section), ": ",
                      advice);
}

}  // namespace hob
