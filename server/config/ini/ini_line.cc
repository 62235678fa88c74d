#include "server/config/ini/ini_line.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/text/printable.h"

namespace hob {

bool IsIniBlank(char c) { return c == ' ' || c == '\t'; }

absl::string_view TrimIniBlanks(absl::string_view text) {
  while (!text.empty() && IsIniBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsIniBlank(text.back())) text.remove_suffix(1);
  return text;
}

int IndentOf(absl::string_view line) {
  int column = 0;
  for (char c : line) {
    if (!IsIniBlank(c)) break;
    column = c == '\t' ? (column / 8 + 1) * 8 : column + 1;
  }
  return column;
}

absl::string_view WithoutComment(absl::string_view text, QuoteReader quotes, bool after_blank) {
  for (int i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    const CharacterKind kind = quotes.Read(text[i], next);
    if (kind == CharacterKind::kBare && text[i] == ';' && after_blank) return text.substr(0, i);
    after_blank = kind == CharacterKind::kBlank;
  }
  return text;
}

IniHeader ParseHeader(absl::string_view line) {
  const absl::string_view text = WithoutComment(line, QuoteReader(), false);
  const size_t close = text.find(']');
  IniHeader header;
  header.name = std::string(TrimIniBlanks(text.substr(1, std::min(close, text.size()) - 1)));
  if (close == absl::string_view::npos) {
    header.problem = absl::StrCat("the section's header '", Printable(line),
                                  "' is not closed: write [", Printable(header.name), "]");
    return header;
  }
  const absl::string_view rest = TrimIniBlanks(line.substr(close + 1));
  if (header.name.empty()) {
    header.problem = "the section's header is empty: write [NAME]";
  } else if (!rest.empty() && rest[0] != ';') {
    header.problem =
        absl::StrCat("the header [", Printable(header.name), "] is followed by '", Printable(rest),
                     "': give that a line of its own, or put ';' before a comment");
  }
  return header;
}

}  // namespace hob
