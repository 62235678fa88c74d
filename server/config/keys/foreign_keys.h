// The keys and sections of supervisord and systemd, each with hob's key for it or the reason to
// leave it out, for errors in configurations that come from there.
#ifndef HOB_SERVER_CONFIG_KEYS_FOREIGN_KEYS_H_
#define HOB_SERVER_CONFIG_KEYS_FOREIGN_KEYS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hob {

// A key of another supervisor.
struct ForeignKey {
  absl::string_view name;
  // hob's key for the same thing; empty where there is none.
  absl::string_view hobs;
  // Further advice, a sentence without its period; empty if `hobs` is enough.
  absl::string_view advice;
};

// Returns the keys of supervisord's [program:x] and of systemd's [Service], [Unit] and [Install]
// that hob has under another name or not at all. `hobs` is a key of [daemon:NAME].
const std::vector<ForeignKey>& ForeignDaemonKeys();

// Returns the keys of supervisord's [supervisord], [unix_http_server] and [inet_http_server].
// `hobs` is a key of [hob].
const std::vector<ForeignKey>& ForeignServerKeys();

// Returns the advice for `key`: "did you mean 'stop_timeout'?", and more if there is more; empty if
// `keys` lacks it. Ignores case.
std::string AdviceOnKey(absl::string_view key, const std::vector<ForeignKey>& keys);

// Returns the advice for a section of supervisord's or systemd's that hob skips: "it is systemd's:
// ..."; empty for all other sections. [program:NAME] has none: ClassifySection refuses it, because
// its program would silently not run.
std::string AdviceOnSection(absl::string_view name);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_FOREIGN_KEYS_H_
