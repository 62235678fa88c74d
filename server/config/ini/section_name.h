#ifndef HOB_SERVER_CONFIG_INI_SECTION_NAME_H_
#define HOB_SERVER_CONFIG_INI_SECTION_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hob {

// What a section of a configuration file is to hob.
enum class SectionKind {
  // [os_daemons]
  kOsDaemons,
  // [os_daemon_settings]
  kOsDaemonSettings,
  // [daemon:NAME] with a valid NAME.
  kDaemon,
  // [hob]
  kHob,
  // Somebody else's: left alone.
  kForeign,
  // Nearly one of hob's, or [daemon:NAME] with a NAME that is not allowed: an error.
  kWrong,
};

struct SectionName {
  SectionKind kind = SectionKind::kForeign;
  // Only of kDaemon.
  std::string daemon;
  // Only of kWrong: what is wrong and what would be right.
  std::string problem;
};

// Classifies the name between the brackets. Nearly one of hob's are: another case, up to two wrong
// letters (three in the long `os_daemon_settings`, one in the short `hob`, so that [log] stays what
// it is), `daemon` without a name, `daemon` with something else than `:` before the name, and
// supervisord's [program:NAME].
// CouchDB's [daemons] is foreign.
SectionName ClassifySection(absl::string_view name);

// How messages call a section: "[os_daemons]", cut and escaped where needed.
std::string InBrackets(absl::string_view name);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_SECTION_NAME_H_
