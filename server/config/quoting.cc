#include "server/config/quoting.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/daemon/daemon_name.h"

namespace hob {
namespace {

constexpr absl::string_view kEscapableInDoubleQuotes = "$`\"\\";

bool Contains(absl::string_view set, char c) {
  return c != 0 && set.find(c) != absl::string_view::npos;
}

bool NeedsNoQuotes(char c) { return absl::ascii_isalnum(c) || Contains("_@%+=:,./-", c); }

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
  return Contains("$*><|&", c) || (c == '~' && before.text.empty());
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

absl::StatusOr<std::vector<QuotedWord>> SplitWords(absl::string_view text) {
  std::vector<QuotedWord> words;
  QuoteReader reader;
  bool in_word = false;
  for (int i = 0; i < text.size(); ++i) {
    const CharacterKind kind = reader.Read(text[i], CharacterAfter(text, i));
    if (kind == CharacterKind::kBlank) {
      in_word = false;
      continue;
    }
    // A mark begins a word too: '' is an empty one.
    if (!in_word) words.emplace_back();
    in_word = true;
    if (kind == CharacterKind::kMark) continue;
    QuotedWord& word = words.back();
    if (kind == CharacterKind::kBare && IsForShell(text[i], word)) {
      word.shell_characters.push_back(text[i]);
    }
    word.text.push_back(text[i]);
  }
  if (absl::Status status = CheckClosed(reader, text); !status.ok()) return status;
  return words;
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
