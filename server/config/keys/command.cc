#include "server/config/keys/command.h"

#include <string.h>
#include <sys/stat.h>

#include <cerrno>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/config/ini/quoting.h"
#include "server/config/keys/literals.h"
#include "server/config/keys/values.h"
#include "server/text/printable.h"

namespace hob {
namespace {

// Where a shell of root's would look.
constexpr absl::string_view kProgramFolders[] = {
    "/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/",
};

// What stands in the way of executing a file; empty when nothing does that its status shows.
std::string WhyNotExecutable(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    return absl::StrCat("cannot be found: ", strerrordesc_np(errno));
  }
  if (S_ISDIR(status.st_mode)) return "is a folder";
  if (!S_ISREG(status.st_mode)) return "is not a regular file";
  return (status.st_mode & 0111) == 0 ? "is not executable: chmod +x it" : "";
}

std::string FullPathOf(const std::string& program) {
  // The kernel reads a path up to the first NUL.
  const bool is_file_name = !absl::StrContains(program, '/') && !absl::StrContains(program, '\0');
  if (program.empty() || !is_file_name) return "";
  for (absl::string_view folder : kProgramFolders) {
    const std::string path = absl::StrCat(folder, program);
    if (WhyNotExecutable(path).empty()) return path;
  }
  return "";
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ParseCommand(absl::string_view text) {
  absl::StatusOr<std::vector<std::string>> argv = SplitCommand(text);
  if (!argv.ok() || absl::StartsWith(argv->front(), "/")) return argv;
  const std::string full_path = FullPathOf(argv->front());
  return absl::InvalidArgumentError(
      absl::StrCat("'", Printable(argv->front()),
                   "' is not an absolute path, and hob searches no folders for a program: ",
                   full_path.empty() ? "write it from the root, as in /usr/bin/env"
                                     : absl::StrCat("did you mean '", Printable(full_path), "'?")));
}

std::vector<std::string> CommandWarnings(absl::string_view text) {
  std::vector<std::string> warnings;
  const absl::StatusOr<std::vector<QuotedWord>> words = SplitWords(text);
  if (!words.ok() || words->empty()) return warnings;
  for (const QuotedWord& word : *words) {
    if (absl::StartsWith(word.shell_characters, "#")) break;
    if (HasSupervisordExpression(word.text)) {
      warnings.push_back(absl::StrCat("'", Printable(word.text),
                                      "' arrives as it stands, nothing is expanded: write it out"));
    }
    if (word.shell_characters.empty()) continue;
    warnings.push_back(absl::StrCat("'", Printable(word.text), "': no shell reads the command, '",
                                    word.shell_characters.substr(0, 1),
                                    "' stands for itself: quote it to say that you mean that, or "
                                    "write /bin/sh -c '...'"));
  }
  const std::string comment = UnmeantComment(text);
  if (!comment.empty()) {
    warnings.push_back(absl::StrCat("'", Printable(comment),
                                    "' is passed to the program, '#' starts no comment: write ';' "
                                    "in front of a comment, or quote it"));
  }
  const std::string& program = words->front().text;
  const std::string problem = WhyNotExecutable(program);
  if (!problem.empty()) {
    warnings.push_back(absl::StrCat("the program '", Printable(program), "' ", problem));
  }
  return warnings;
}

}  // namespace hob
