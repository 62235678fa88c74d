#ifndef HOB_SERVER_CONFIG_INI_SECTION_NAME_H_
#define HOB_SERVER_CONFIG_INI_SECTION_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hob {

// The meaning of a section of a configuration file.
enum class SectionKind {
  // [os_daemons]
  kOsDaemons,
  // [os_daemon_settings]
  kOsDaemonSettings,
  // [daemon:NAME] with a valid name.
  kDaemon,
  // [hob]
  kHob,
  // A section of another program; hob skips it.
  kForeign,
  // A misspelt section of hob's, or [daemon:NAME] with an invalid name: an error.
  kWrong,
};

// A classified section name.
struct SectionName {
  SectionKind kind = SectionKind::kForeign;
  // The name of the daemon; only for kDaemon.
  std::string daemon;
  // Says what is wrong and what would be right; only for kWrong.
  std::string problem;
};

// Classifies the name between the brackets. Misspelt are: a section of hob's in another case or
// with up to two wrong letters (three in the long `os_daemon_settings`; one in the short `hob`, so
// that [log] stays foreign), `daemon` without a name or with another separator than `:`, and
// supervisord's [program:NAME]. CouchDB's [daemons] is foreign.
SectionName ClassifySection(absl::string_view name);

// Returns the name of a section for messages: "[os_daemons]", cut and escaped where needed.
std::string InBrackets(absl::string_view name);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_SECTION_NAME_H_
