#include "server/config/keys/environment.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/config/ini/quoting.h"
#include "server/text/printable.h"

namespace hob {
namespace {

bool IsVariableName(absl::string_view name) {
  const auto is_part = [](char c) { return absl::ascii_isalnum(c) || c == '_' || c == '.'; };
  return !name.empty() && (absl::ascii_isalpha(name[0]) || name[0] == '_') &&
         std::all_of(name.begin(), name.end(), is_part);
}

bool SetsVariable(absl::string_view entry) {
  const size_t equals = entry.find('=');
  return equals != absl::string_view::npos && IsVariableName(entry.substr(0, equals));
}

// Returns `KEY="VALUE"` for an entry KEY=VALUE.
std::string WithQuotedValue(absl::string_view entry) {
  const size_t value = entry.find('=') + 1;
  const absl::string_view text = entry.substr(value);
  const bool is_plain = text.find_first_of("\"$`\\") == absl::string_view::npos;
  return absl::StrCat(entry.substr(0, value),
                      is_plain ? absl::StrCat("\"", text, "\"") : QuoteWord(text));
}

// Returns the words from `first` to `last`, with the separators between them, as one text.
std::string JoinWords(const std::vector<QuotedWord>& words, int first, int last) {
  std::string text = words[first].text;
  for (int i = first + 1; i <= last; ++i) {
    absl::StrAppend(&text, words[i].after_comma ? "," : "", words[i].after_blank ? " " : "",
                    words[i].text);
  }
  return text;
}

// Returns the error for `words[index]`, which sets no variable.
absl::Status NoVariableError(const std::vector<QuotedWord>& words, int index) {
  const std::string& text = words[index].text;
  const std::string problem = absl::StrCat("'", Printable(text), "' sets no variable: ");
  if (words[index].shell_characters.substr(0, 1) == "#") {
    return absl::InvalidArgumentError(absl::StrCat(
        problem,
        "'#' starts no comment after an entry: quote it, or give the comment a line of its ",
        "own"));
  }
  if (index == 0 || absl::StrContains(text, '=')) {
    return absl::InvalidArgumentError(absl::StrCat(
        problem, "write KEY=VALUE KEY2=\"a b\", names of letters, digits, '_' and '.'"));
  }
  int last = index;
  while (last + 1 < words.size() && !absl::StrContains(words[last + 1].text, '=')) ++last;
  return absl::InvalidArgumentError(
      absl::StrCat(problem, words[index].after_comma ? "a comma" : "a blank",
                   " separates entries; if it is part of the value, quote it: ",
                   Printable(WithQuotedValue(JoinWords(words, index - 1, last)))));
}

// Returns words as variables; names may repeat.
absl::StatusOr<Environment> ToVariables(const std::vector<QuotedWord>& words) {
  Environment environment;
  for (int i = 0; i < words.size(); ++i) {
    if (!SetsVariable(words[i].text)) return NoVariableError(words, i);
    std::pair<std::string, std::string> variable =
        absl::StrSplit(words[i].text, absl::MaxSplits('=', 1));
    environment.push_back(std::move(variable));
  }
  return environment;
}

// Joins lines of an env_file that belong together.
class JoinedLines {
 public:
  // Adds a line, which has no newline at its end.
  void Add(absl::string_view line);
  // True if the next line belongs to these lines.
  bool continues() const { return joins_next_ || (quotes_.quoted() && value_is_quoted_); }
  const std::string& text() const { return text_; }

 private:
  // The parts of an entry.
  enum class Part { kName, kEquals, kValue };

  void Read(char c, char next);

  std::string text_;
  QuoteReader quotes_;
  Part part_ = Part::kName;
  // True if the current value begins with a quote.
  bool value_is_quoted_ = false;
  // True if the last line ended in a `\` that joins the next.
  bool joins_next_ = false;
};

void JoinedLines::Add(absl::string_view line) {
  if (!text_.empty() && !joins_next_) Read('\n', '\0');
  joins_next_ = false;
  for (int i = 0; i < line.size(); ++i) {
    const bool is_last = i + 1 == line.size();
    joins_next_ = is_last && line[i] == '\\' && !quotes_.escaped() && quotes_.quote() != '\'';
    if (!joins_next_) Read(line[i], is_last ? '\0' : line[i + 1]);
  }
}

void JoinedLines::Read(char c, char next) {
  const CharacterKind kind = quotes_.Read(c, next);
  text_.push_back(c);
  if (kind == CharacterKind::kBlank) {
    part_ = Part::kName;
    value_is_quoted_ = false;
  } else if (part_ == Part::kName && c == '=') {
    part_ = Part::kEquals;
  } else if (part_ == Part::kEquals) {
    part_ = Part::kValue;
    value_is_quoted_ = kind == CharacterKind::kMark && c == quotes_.quote();
  }
}

// Parses a line, or several that belong together.
absl::StatusOr<Environment> ParseJoinedLines(absl::string_view text) {
  absl::StatusOr<std::vector<QuotedWord>> words = SplitWords(text);
  if (!words.ok()) return words.status();
  if (words->size() > 1 && words->front().text == "export") words->erase(words->begin());
  for (const QuotedWord& word : *words) {
    if (!word.ends_in_comma) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "'", Printable(word.text), "' ends in a comma: leave it out, or quote the value if it is ",
        "part of it: ", Printable(WithQuotedValue(word.text))));
  }
  return ToVariables(*words);
}

}  // namespace

absl::StatusOr<Environment> ParseEnvironment(absl::string_view text) {
  const auto words = SplitWords(text, Separators::kBlanksAndCommas);
  if (!words.ok()) return words.status();
  absl::StatusOr<Environment> environment = ToVariables(*words);
  if (!environment.ok()) return environment;
  std::set<absl::string_view> names;
  for (const auto& entry : *environment) {
    if (names.insert(entry.first).second) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("sets '", Printable(entry.first), "' twice: keep one of the values"));
  }
  return environment;
}

absl::StatusOr<Environment> ParseEnvironmentLines(absl::string_view text, absl::string_view file) {
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  for (absl::string_view& line : lines) absl::ConsumeSuffix(&line, "\r");
  Environment environment;
  for (int i = 0; i < lines.size(); ++i) {
    const absl::string_view first = absl::StripLeadingAsciiWhitespace(lines[i]);
    if (first.empty() || first[0] == ';' || first[0] == '#') continue;
    const int number = i + 1;
    JoinedLines joined;
    joined.Add(first);
    while (joined.continues() && i + 1 < lines.size()) joined.Add(lines[++i]);
    const absl::StatusOr<Environment> variables = ParseJoinedLines(joined.text());
    if (!variables.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ":", number, ": ", variables.status().message()));
    }
    environment.insert(environment.end(), variables->begin(), variables->end());
  }
  return MergeEnvironments({}, environment);
}

std::vector<std::string> EnvironmentWarnings(absl::string_view text) {
  std::vector<std::string> warnings;
  const auto words = SplitWords(text, Separators::kBlanksAndCommas);
  if (!words.ok()) return warnings;
  for (int i = 1; i < words->size(); ++i) {
    const QuotedWord& before = (*words)[i - 1];
    const bool has_pairs = std::count(before.text.begin(), before.text.end(), '=') > 1;
    if (!has_pairs || !(*words)[i].after_comma || (*words)[i].after_blank) continue;
    warnings.push_back(absl::StrCat(
        "the comma ends '", Printable(before.text), "', and '", Printable((*words)[i].text),
        "' is a variable of its own: if it is part of the value, quote it: ",
        Printable(WithQuotedValue(JoinWords(*words, i - 1, i))), "; if not, put a blank after the ",
        "comma"));
  }
  return warnings;
}

Environment MergeEnvironments(Environment base, const Environment& winner) {
  std::map<std::string, int> places;
  for (const auto& entry : base) places.emplace(entry.first, places.size());
  for (const auto& entry : winner) {
    const auto [found, is_new] = places.emplace(entry.first, base.size());
    if (is_new) {
      base.push_back(entry);
    } else {
      base[found->second].second = entry.second;
    }
  }
  return base;
}

std::string FormatEnvironment(Environment environment) {
  std::sort(environment.begin(), environment.end());
  return absl::StrJoin(environment, " ", [](std::string* out, const auto& entry) {
    absl::StrAppend(out, entry.first, "=", entry.second.empty() ? "" : QuoteWord(entry.second));
  });
}

}  // namespace hob
