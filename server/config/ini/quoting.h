// The quoting of POSIX sh: 'single' and "double" quotes and `\`, without any expansion. In double
// quotes `\` escapes only $ ` " and \.
#ifndef HOB_SERVER_CONFIG_INI_QUOTING_H_
#define HOB_SERVER_CONFIG_INI_QUOTING_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hob {

// The role of a character in a text with quotes.
enum class CharacterKind {
  // Outside quotes: a blank, a tab or a newline.
  kBlank,
  // Outside quotes: any other character.
  kBare,
  // A quoted or escaped character, which stands for itself.
  kQuoted,
  // A quote or backslash that quotes other characters and is no part of the word.
  kMark,
};

// Classifies the characters of a text from left to right. Copies are independent.
class QuoteReader {
 public:
  // Classifies `c`; `next` is the character after it, NUL at the end of the text.
  CharacterKind Read(char c, char next);

  // Reads all characters of a text.
  void ReadAll(absl::string_view text);

  // True if a quote is open, or a backslash waits for the character that it escapes.
  bool open() const { return quote_ != 0 || escaped_; }
  // True if a quote is open.
  bool quoted() const { return quote_ != 0; }
  // Returns the open quote; NUL outside quotes.
  char quote() const { return quote_; }
  // True if the last character was a backslash that escapes the next one.
  bool escaped() const { return escaped_; }

 private:
  CharacterKind ReadOutside(char c);

  // The open quote; NUL outside quotes.
  char quote_ = 0;
  bool escaped_ = false;
};

// A word of a command, or an item of a list.
struct QuotedWord {
  // Without its quotes.
  std::string text;
  // The unquoted characters that mean something to a shell and nothing to hob: $ * > < | &
  // anywhere, ~ and # at the beginning of the word.
  std::string shell_characters;
  // True if a shell would expand a part of the word: `$NAME`, `${...}`, `$(...)` or a backquote
  // that is neither in single quotes nor escaped, or an unquoted `~` or `~/` at its beginning or
  // after `=`.
  bool has_expansion = false;
  // True if a comma separates the word from the one before it.
  bool after_comma = false;
  // True if a blank separates the word from the one before it.
  bool after_blank = false;
  // True if the last character is an unquoted comma; never with Separators::kBlanksAndCommas.
  bool ends_in_comma = false;
};

// The characters that separate words outside quotes.
enum class Separators { kBlanks, kBlanksAndCommas };

// Splits a text into words. InvalidArgument for an open quote or a backslash at the end.
absl::StatusOr<std::vector<QuotedWord>> SplitWords(absl::string_view text,
                                                   Separators separators = Separators::kBlanks);

// Splits a list at unquoted blanks and commas into items without their quotes. Drops empty items,
// so that '' is an empty list. Errors as for SplitWords.
absl::StatusOr<std::vector<std::string>> SplitItems(absl::string_view text);

// Returns the text as one word, without quotes and backslashes but with its blanks. Errors as for
// SplitWords.
absl::StatusOr<std::string> Unquote(absl::string_view text);

// Returns a text from which Unquote, SplitWords and SplitItems get `word` back, with quotes only
// if it needs them.
std::string QuoteWord(absl::string_view word);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_QUOTING_H_
