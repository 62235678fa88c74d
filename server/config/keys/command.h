#ifndef HOB_SERVER_CONFIG_KEYS_COMMAND_H_
#define HOB_SERVER_CONFIG_KEYS_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/config/ini/quoting.h"

namespace hob {

// The command of a daemon.
struct ParsedCommand {
  // As written, with its quotes.
  std::string text;
  // Never empty; the first word is the absolute path of the program.
  std::vector<QuotedWord> words;

  // Returns the words without their quotes.
  std::vector<std::string> argv() const;
};

// Splits a command into words as in POSIX sh, without expansion. InvalidArgument if it has no
// words, a quote is not closed, or the program is not an absolute path; the message then names a
// program of that name in one of the usual directories.
absl::StatusOr<ParsedCommand> ParseCommand(absl::string_view text);

// Returns a sentence for each doubt about a command: unquoted characters that only a shell
// understands, a `#` that begins no comment, expressions of supervisord's, and a program that is
// missing, is a directory or is executable by no one. Looks at the program on the disk.
std::vector<std::string> CommandWarnings(const ParsedCommand& command);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_COMMAND_H_
