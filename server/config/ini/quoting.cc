#include "server/config/ini/quoting.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/text/printable.h"

namespace hob {
namespace {

constexpr absl::string_view kEscapableInDoubleQuotes = "$`\"\\";

bool Contains(absl::string_view set, char c) {
  return c != 0 && set.find(c) != absl::string_view::npos;
}

bool NeedsNoQuotes(char c) { return absl::ascii_isalnum(c) || Contains("_@%+=:./-", c); }

char CharacterAfter(absl::string_view text, int i) {
  return i + 1 < text.size() ? text[i + 1] : '\0';
}

absl::Status CheckClosed(const QuoteReader& reader, absl::string_view text) {
  if (reader.quoted()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", Printable(text), "' has a quote that is not closed: close it, or write \\' or \\\""));
  }
  if (reader.open()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", Printable(text), "' ends in a single backslash: write \\\\"));
  }
  return absl::OkStatus();
}

bool IsForShell(char c, const QuotedWord& before) {
  return Contains("$*><|&", c) || (Contains("~#", c) && before.text.empty());
}

bool BeginsExpansion(char c, char next) {
  return c == '`' || (c == '$' && (absl::ascii_isalpha(next) || Contains("_{(", next)));
}

// True for the `~` of `~` and `~/x` at the beginning of a word or of the value of an assignment.
bool IsHome(char c, char next, const QuotedWord& before) {
  const bool begins = before.text.empty() || before.text.back() == '=';
  return c == '~' && begins && (next == '\0' || Contains("/, \t\n", next));
}

// Adds a character to a word. `literal` is true if it is escaped or in single quotes.
void AddCharacter(char c, char next, CharacterKind kind, bool literal, QuotedWord* word) {
  const bool expands = (!literal && BeginsExpansion(c, next)) ||
                       (kind == CharacterKind::kBare && IsHome(c, next, *word));
  word->has_expansion = word->has_expansion || expands;
  word->ends_in_comma = kind == CharacterKind::kBare && c == ',';
  if (kind == CharacterKind::kMark) return;
  if (kind == CharacterKind::kBare && IsForShell(c, *word)) word->shell_characters.push_back(c);
  word->text.push_back(c);
}

}  // namespace

CharacterKind QuoteReader::ReadOutside(char c) {
  if (c == '\'' || c == '"') {
    quote_ = c;
    return CharacterKind::kMark;
  }
  if (c == '\\') {
    escaped_ = true;
    return CharacterKind::kMark;
  }
  return Contains(" \t\n", c) ? CharacterKind::kBlank : CharacterKind::kBare;
}

CharacterKind QuoteReader::Read(char c, char next) {
  if (escaped_) {
    escaped_ = false;
    return CharacterKind::kQuoted;
  }
  if (quote_ == 0) return ReadOutside(c);
  if (c == quote_) {
    quote_ = 0;
    return CharacterKind::kMark;
  }
  if (quote_ == '"' && c == '\\' && Contains(kEscapableInDoubleQuotes, next)) {
    escaped_ = true;
    return CharacterKind::kMark;
  }
  return CharacterKind::kQuoted;
}

void QuoteReader::ReadAll(absl::string_view text) {
  for (int i = 0; i < text.size(); ++i) Read(text[i], CharacterAfter(text, i));
}

absl::StatusOr<std::vector<QuotedWord>> SplitWords(absl::string_view text, Separators separators) {
  std::vector<QuotedWord> words;
  QuoteReader reader;
  bool in_word = false;
  // The next word, so far only with its separators.
  QuotedWord next_word;
  for (int i = 0; i < text.size(); ++i) {
    const char next = CharacterAfter(text, i);
    const bool literal = reader.escaped() || reader.quote() == '\'';
    const CharacterKind kind = reader.Read(text[i], next);
    const bool is_comma = separators == Separators::kBlanksAndCommas &&
                          kind == CharacterKind::kBare && text[i] == ',';
    if (is_comma || kind == CharacterKind::kBlank) {
      in_word = false;
      (is_comma ? next_word.after_comma : next_word.after_blank) = true;
      continue;
    }
    // A mark begins a word too: '' is an empty one.
    if (!in_word) words.push_back(std::exchange(next_word, {}));
    in_word = true;
    AddCharacter(text[i], next, kind, literal, &words.back());
  }
  if (absl::Status status = CheckClosed(reader, text); !status.ok()) return status;
  return words;
}

absl::StatusOr<std::vector<std::string>> SplitItems(absl::string_view text) {
  absl::StatusOr<std::vector<QuotedWord>> words = SplitWords(text, Separators::kBlanksAndCommas);
  if (!words.ok()) return words.status();
  std::vector<std::string> items;
  for (QuotedWord& word : *words) {
    if (!word.text.empty()) items.push_back(std::move(word.text));
  }
  return items;
}

absl::StatusOr<std::string> Unquote(absl::string_view text) {
  std::string plain;
  QuoteReader reader;
  for (int i = 0; i < text.size(); ++i) {
    if (reader.Read(text[i], CharacterAfter(text, i)) != CharacterKind::kMark) {
      plain.push_back(text[i]);
    }
  }
  if (absl::Status status = CheckClosed(reader, text); !status.ok()) return status;
  return plain;
}

std::string QuoteWord(absl::string_view word) {
  bool bare = !word.empty();
  for (char c : word) bare = bare && NeedsNoQuotes(c);
  if (bare) return std::string(word);
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

}  // namespace hob
