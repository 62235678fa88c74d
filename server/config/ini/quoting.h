// The quoting of POSIX sh: 'single' and "double" quotes and `\`, without any expansion. In double
// quotes `\` escapes only $ ` " and \.
#ifndef HOB_SERVER_CONFIG_INI_QUOTING_H_
#define HOB_SERVER_CONFIG_INI_QUOTING_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hob {

// What a character is to a reader of words.
enum class CharacterKind {
  // Outside quotes: a blank, a tab or a newline.
  kBlank,
  // Outside quotes, any other character.
  kBare,
  // Quoted or escaped: stands for itself.
  kQuoted,
  // A quote or a backslash that does its work and vanishes.
  kMark,
};

// Tells what each character of a text is, from left to right. A plain value: a copy goes on by
// itself.
class QuoteReader {
 public:
  // `next` is the character that follows `c`; NUL at the end of the text.
  CharacterKind Read(char c, char next);

  // Reads a text whole.
  void ReadAll(absl::string_view text);

  // Whether a quote is open, or a backslash waits for the character that it escapes.
  bool open() const { return quote_ != 0 || escaped_; }
  // Whether a quote is open.
  bool quoted() const { return quote_ != 0; }
  // The quote that is open; NUL outside quotes.
  char quote() const { return quote_; }
  // True if the next character is escaped by the backslash that was read last.
  bool escaped() const { return escaped_; }

 private:
  CharacterKind ReadOutside(char c);

  // The quote that is open; NUL outside.
  char quote_ = 0;
  bool escaped_ = false;
};

// A word of a command, or an item of a list.
struct QuotedWord {
  // Without its quotes.
  std::string text;
  // The unquoted characters of it that mean something to a shell and nothing to hob: $ * > < | &
  // anywhere, ~ and # at its beginning.
  std::string shell_characters;
  // True if a shell would expand a part of it: `$NAME`, `${...}`, `$(...)` or a backquote that is
  // neither in single quotes nor escaped, or an unquoted `~` or `~/` at its beginning or behind
  // `=`.
  bool has_expansion = false;
  // True if a separating comma stands between the word before and this one.
  bool after_comma = false;
  // True if a separating blank stands between the word before and this one.
  bool after_blank = false;
  // True if its last character is an unquoted comma; never with Separators::kBlanksAndCommas.
  bool ends_in_comma = false;
};

// The characters that separate words outside quotes.
enum class Separators { kBlanks, kBlanksAndCommas };

// The words of a text. InvalidArgument when a quote is not closed or a backslash is the last
// character.
absl::StatusOr<std::vector<QuotedWord>> SplitWords(absl::string_view text,
                                                   Separators separators = Separators::kBlanks);

// The items of a list, between unquoted blanks or commas, without their quotes. Empty ones are left
// out, so that '' is an empty list. Errors as for SplitWords.
absl::StatusOr<std::vector<std::string>> SplitItems(absl::string_view text);

// The text as one word: quotes and backslashes are taken away, blanks stay. Errors as for
// SplitWords.
absl::StatusOr<std::string> Unquote(absl::string_view text);

// A text that Unquote, SplitWords and SplitItems take back to `word`; the word itself where that
// does.
std::string QuoteWord(absl::string_view word);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_QUOTING_H_
