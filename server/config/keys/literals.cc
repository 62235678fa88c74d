#include "server/config/keys/literals.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/text/printable.h"

namespace hob {
namespace {

// The beginnings of supervisord's expressions. Others, such as %(message)s, belong to the program.
constexpr absl::string_view kSupervisordExpressions[] = {
    "%(ENV_",      "%(program_name)", "%(process_num)", "%(group_name)", "%(host_node_name)",
    "%(numprocs)", "%(here)",
};

bool BeginsComment(const QuotedWord& word) { return absl::StartsWith(word.shell_characters, "#"); }

}  // namespace

std::string UnmeantComment(absl::string_view value) {
  const auto words = SplitWords(value);
  return words.ok() ? UnmeantComment(*words) : "";
}

std::string UnmeantComment(const std::vector<QuotedWord>& words) {
  std::string comment;
  for (const QuotedWord& word : words) {
    if (comment.empty() && !BeginsComment(word)) continue;
    absl::StrAppend(&comment, comment.empty() ? "" : " ", word.text);
  }
  return comment;
}

bool HasSupervisordExpression(absl::string_view word) {
  for (absl::string_view expression : kSupervisordExpressions) {
    if (absl::StrContains(word, expression)) return true;
  }
  return false;
}

std::vector<std::string> LiteralWarnings(absl::string_view value) {
  std::vector<std::string> warnings;
  const auto words = SplitWords(value, Separators::kBlanksAndCommas);
  if (!words.ok()) return warnings;
  for (const QuotedWord& word : *words) {
    if (BeginsComment(word)) break;
    if (!word.has_expansion && !HasSupervisordExpression(word.text)) continue;
    warnings.push_back(absl::StrCat("'", Printable(word.text),
                                    "' arrives as it stands, nothing is expanded: write the value "
                                    "out",
                                    word.has_expansion ? ", or put it in single quotes to say that "
                                                         "you mean that"
                                                       : ""));
  }
  const std::string comment = UnmeantComment(value);
  if (!comment.empty()) {
    warnings.push_back(absl::StrCat("'", Printable(comment),
                                    "' is part of the value, '#' starts no comment: write ';' in "
                                    "front of a comment, or quote it"));
  }
  return warnings;
}

}  // namespace hob
