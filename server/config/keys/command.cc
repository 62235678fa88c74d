#include "server/config/keys/command.h"

#include <string.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/config/keys/literals.h"
#include "server/text/printable.h"

namespace hob {
namespace {

// The directories in which a shell of root searches for programs.
constexpr absl::string_view kProgramDirectories[] = {
    "/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/",
};

// Returns why a file cannot be executed, as far as its status shows; empty if it can.
std::string WhyNotExecutable(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    return absl::StrCat("cannot be found: ", strerrordesc_np(errno));
  }
  if (S_ISDIR(status.st_mode)) return "is a directory";
  if (!S_ISREG(status.st_mode)) return "is not a regular file";
  return (status.st_mode & 0111) == 0 ? "is not executable: chmod +x it" : "";
}

// Returns the path of a program in the usual directories; empty if it is in none.
std::string FullPathOf(const std::string& program) {
  // The kernel reads a path up to the first NUL.
  const bool is_file_name = !absl::StrContains(program, '/') && !absl::StrContains(program, '\0');
  if (program.empty() || !is_file_name) return "";
  for (absl::string_view directory : kProgramDirectories) {
    const std::string path = absl::StrCat(directory, program);
    if (WhyNotExecutable(path).empty()) return path;
  }
  return "";
}

// Returns the doubts about the text of a single word.
std::vector<std::string> WordWarnings(const QuotedWord& word) {
  std::vector<std::string> warnings;
  if (HasSupervisordExpression(word.text)) {
    warnings.push_back(absl::StrCat("'", Printable(word.text),
                                    "' arrives as it stands, nothing is expanded: write it out"));
  }
  if (!word.shell_characters.empty()) {
    warnings.push_back(absl::StrCat("'", Printable(word.text), "': no shell reads the command, '",
                                    word.shell_characters.substr(0, 1),
                                    "' stands for itself: quote it to say that you mean that, or "
                                    "write /bin/sh -c '...'"));
  }
  return warnings;
}

}  // namespace

std::vector<std::string> ParsedCommand::argv() const {
  std::vector<std::string> argv;
  argv.reserve(words.size());
  for (const QuotedWord& word : words) argv.push_back(word.text);
  return argv;
}

absl::StatusOr<ParsedCommand> ParseCommand(absl::string_view text) {
  absl::StatusOr<std::vector<QuotedWord>> words = SplitWords(text);
  if (!words.ok()) return words.status();
  if (words->empty()) return absl::InvalidArgumentError("the command is empty: write PATH ARGS");
  const std::string& program = words->front().text;
  if (absl::StartsWith(program, "/")) return ParsedCommand{std::string(text), *std::move(words)};
  const std::string full_path = FullPathOf(program);
  return absl::InvalidArgumentError(
      absl::StrCat("'", Printable(program),
                   "' is not an absolute path, and hob searches no directories for a program: ",
                   full_path.empty() ? "write it from the root, as in /usr/bin/env"
                                     : absl::StrCat("did you mean '", Printable(full_path), "'?")));
}

std::vector<std::string> CommandWarnings(const ParsedCommand& command) {
  std::vector<std::string> warnings;
  for (const QuotedWord& word : command.words) {
    if (absl::StartsWith(word.shell_characters, "#")) break;
    for (std::string& warning : WordWarnings(word)) warnings.push_back(std::move(warning));
  }
  const std::string comment = UnmeantComment(command.words);
  if (!comment.empty()) {
    warnings.push_back(absl::StrCat("'", Printable(comment),
                                    "' is passed to the program, '#' starts no comment: write ';' "
                                    "in front of a comment, or quote it"));
  }
  const std::string& program = command.words.front().text;
  const std::string problem = WhyNotExecutable(program);
  if (!problem.empty()) {
    warnings.push_back(absl::StrCat("the program '", Printable(program), "' ", problem));
  }
  return warnings;
}

}  // namespace hob
