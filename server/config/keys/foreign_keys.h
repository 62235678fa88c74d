// The keys and sections of supervisord and systemd, each with hob's word for it or the reason to
// leave it out, so that a configuration that is carried over gets an answer and not a guess.
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
  // Anything else to know or to do, as a sentence without its period; empty where `hobs` says it
  // all.
  absl::string_view advice;
};

// The keys of a supervisord [program:x] and of a systemd [Service], [Unit] or [Install] that a
// daemon of hob's has under another name or not at all. `hobs` is a key of [daemon:NAME].
const std::vector<ForeignKey>& ForeignDaemonKeys();

// The keys of supervisord's [supervisord], [unix_http_server] and [inet_http_server]. `hobs` is a
// key of [hob].
const std::vector<ForeignKey>& ForeignServerKeys();

// Returns what to write instead of `key`: "did you mean 'stop_timeout'?", and its advice. Empty if
// it is not among `keys`. Case does not count.
std::string AdviceOnKey(absl::string_view key, const std::vector<ForeignKey>& keys);

// Returns what to do about a section of supervisord's or systemd's that hob skips: "it is
// systemd's: ...". Empty for all others. [program:NAME] is not among them: hob refuses that one
// (ClassifySection), because a program would silently not run.
std::string AdviceOnSection(absl::string_view name);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_FOREIGN_KEYS_H_
