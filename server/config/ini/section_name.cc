#include "server/config/ini/section_name.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/daemon/daemon_name.h"
#include "server/text/nearest.h"
#include "server/text/printable.h"

namespace hob {
namespace {

constexpr absl::string_view kDaemon = "daemon";

struct FixedName {
  absl::string_view name;
  SectionKind kind;
  // The largest number of wrong letters that counts as a typing mistake.
  int slips;
};

constexpr FixedName kFixedNames[] = {
    {"os_daemons", SectionKind::kOsDaemons, 2},
    {"os_daemon_settings", SectionKind::kOsDaemonSettings, 3},
    {"hob", SectionKind::kHob, 1},
};

SectionName Wrong(std::string problem) {
  return SectionName{SectionKind::kWrong, "", std::move(problem)};
}

SectionName DidYouMean(absl::string_view name, absl::string_view suggestion) {
  return Wrong(absl::StrCat(InBrackets(name), " is not a section of hob's: did you mean ",
                            InBrackets(suggestion), "?"));
}

SectionName ClassifyDaemon(absl::string_view daemon) {
  if (!IsValidDaemonName(daemon)) return Wrong(WhyInvalidDaemonName(daemon));
  return SectionName{SectionKind::kDaemon, std::string(daemon), ""};
}

// Classifies misspelt [daemon:NAME]; kForeign for all other names.
SectionName ClassifyNearlyDaemon(absl::string_view name) {
  const int colon = static_cast<int>(std::min(name.find(':'), name.size()));
  const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(name.substr(0, colon)));
  // supervisord writes [program:NAME].
  if (colon < name.size() && (EditDistance(word, kDaemon, 2) <= 2 || word == "program")) {
    const absl::string_view rest = absl::StripAsciiWhitespace(name.substr(colon + 1));
    return DidYouMean(name, absl::StrCat("daemon:", rest));
  }
  if (!absl::StartsWith(word, kDaemon)) return SectionName{};
  const absl::string_view rest = name.substr(kDaemon.size());
  if (rest.empty()) {
    return Wrong(absl::StrCat(InBrackets(name), " lacks the daemon's name: write [daemon:NAME]"));
  }
  if (!absl::StrContains(" \t./=-_", rest[0])) return SectionName{};
  return DidYouMean(name, absl::StrCat("daemon:", absl::StripAsciiWhitespace(rest.substr(1))));
}

}  // namespace

std::string InBrackets(absl::string_view name) { return absl::StrCat("[", Printable(name), "]"); }

SectionName ClassifySection(absl::string_view name) {
  for (const FixedName& fixed : kFixedNames) {
    if (name == fixed.name) return SectionName{fixed.kind, "", ""};
  }
  absl::string_view daemon = name;
  if (absl::ConsumePrefix(&daemon, "daemon:")) return ClassifyDaemon(daemon);
  if (name == "daemons") return SectionName{};
  const std::string lower = absl::AsciiStrToLower(name);
  for (const FixedName& fixed : kFixedNames) {
    if (EditDistance(lower, fixed.name, fixed.slips) <= fixed.slips) {
      return DidYouMean(name, fixed.name);
    }
  }
  return ClassifyNearlyDaemon(name);
}

}  // namespace hob
