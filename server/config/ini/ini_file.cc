#include "server/config/ini/ini_file.h"

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "server/config/ini/encoding.h"
#include "server/config/ini/ini_line.h"
#include "server/config/ini/quoting.h"
#include "server/text/printable.h"

namespace hob {
namespace {

// Parses one file.
class IniParser {
 public:
  IniParser(int source, ProblemList* problems) : source_(source), problems_(problems) {}

  std::vector<IniSection> Parse(absl::string_view text);

 private:
  enum class Mode { kBeforeFirstHeader, kOurs, kSkipping };

  // An entry whose value may continue in the next line.
  struct OpenEntry {
    IniEntry entry;
    int indent = 0;
    // The size of its joined lines, in bytes.
    int size = 0;
    QuoteReader quotes;
    bool joins_next = false;
    // True if one of its lines is wrong and reported.
    bool broken = false;
  };

  void Report(int line, std::string message) {
    problems_->Add({source_, line}, std::move(message));
  }
  void TakeLine(absl::string_view line);
  // True if the line is valid text; reports it otherwise.
  bool CheckLine(absl::string_view line);
  void TakeSkippedLine(absl::string_view line, absl::string_view trimmed);
  void TakeLineOutsideValue(absl::string_view line, absl::string_view trimmed);
  // Takes a line that is neither comment nor header; `content` is the line without its comment.
  void TakeContent(absl::string_view line, absl::string_view content);
  void TakeHeader(absl::string_view line);
  void TakeKey(absl::string_view line);
  // Returns why the key is not allowed here; empty if it is.
  std::string ProblemOfKey(absl::string_view key) const;
  void TakeText(absl::string_view line, absl::string_view content);
  // Adds a line, or the text after the `=`, to the open entry.
  void Append(absl::string_view text, bool first);
  // Adds the open entry to its section.
  void Close();

  const int source_;
  ProblemList* const problems_;
  std::vector<IniSection> sections_;
  // Indexes in sections_, by name.
  std::map<std::string, int> section_index_;
  // The lines of all keys in the file, by section and key.
  std::map<std::pair<int, std::string>, int> key_lines_;

  Mode mode_ = Mode::kBeforeFirstHeader;
  // Index in sections_; only in kOurs.
  int section_ = 0;
  int line_number_ = 0;
  bool line_is_broken_ = false;
  absl::optional<OpenEntry> open_;
};

std::vector<IniSection> IniParser::Parse(absl::string_view text) {
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  while (!text.empty()) {
    const size_t end = text.find('\n');
    absl::string_view line = text.substr(0, end);
    text.remove_prefix(end == absl::string_view::npos ? text.size() : end + 1);
    absl::ConsumeSuffix(&line, "\r");
    ++line_number_;
    TakeLine(line);
  }
  Close();
  return std::move(sections_);
}

bool IniParser::CheckLine(absl::string_view line) {
  std::string problem = EncodingProblem(line);
  if (problem.empty() && line.size() > kMaxConfigLineSize) {
    problem = absl::StrCat("the line has ", line.size(), " bytes, at most ", kMaxConfigLineSize,
                           " are allowed");
  }
  if (problem.empty()) return true;
  Report(line_number_, std::move(problem));
  return false;
}

void IniParser::TakeLine(absl::string_view line) {
  const absl::string_view trimmed = TrimIniBlanks(line);
  line_is_broken_ = !CheckLine(line);
  if (open_.has_value() && open_->joins_next) {
    Append(trimmed, false);
  } else if (trimmed.empty()) {
    return;
  } else if (mode_ == Mode::kSkipping) {
    TakeSkippedLine(line, trimmed);
  } else {
    TakeLineOutsideValue(line, trimmed);
  }
}

void IniParser::TakeSkippedLine(absl::string_view line, absl::string_view trimmed) {
  if (trimmed[0] != '[') return;
  const IniHeader header = ParseHeader(trimmed);
  const bool is_header = !IsIniBlank(line[0]) && header.problem.empty();
  // A foreign section may have many lines in brackets. Only those that resemble hob's count.
  if (is_header || ClassifySection(header.name).kind != SectionKind::kForeign) TakeHeader(trimmed);
}

void IniParser::TakeLineOutsideValue(absl::string_view line, absl::string_view trimmed) {
  const bool continues = open_.has_value() && IsIniBlank(line[0]);
  const bool in_quotes = continues && open_->quotes.quoted();
  if (trimmed[0] == ';' && !in_quotes) return;
  if (trimmed[0] == '[' && !continues) {
    TakeHeader(trimmed);
    return;
  }
  const QuoteReader quotes = continues ? open_->quotes : QuoteReader();
  TakeContent(line, WithoutComment(line, quotes, false));
}

void IniParser::TakeContent(absl::string_view line, absl::string_view content) {
  if (!absl::StrContains(content, '=')) {
    TakeText(line, content);
  } else if (open_.has_value() && IndentOf(line) > open_->indent) {
    if (line_is_broken_) return;
    Report(line_number_,
           absl::StrCat("'", Printable(TrimIniBlanks(content)), "' is indented deeper than '",
                        Printable(open_->entry.key), "' in line ", open_->entry.line,
                        ": to continue that value, end the line before with \\; to set a key of "
                        "its own, unindent it"));
  } else {
    TakeKey(line);
  }
}

void IniParser::TakeText(absl::string_view line, absl::string_view content) {
  const bool indented = IsIniBlank(line[0]);
  if (indented && open_.has_value()) {
    Append(line, false);
    return;
  }
  if (line_is_broken_) return;
  const std::string text = Printable(TrimIniBlanks(content));
  if (text[0] == '#') {
    Report(line_number_, absl::StrCat("'", text, "': '#' starts no comment here, write ';'"));
  } else if (indented) {
    Report(line_number_, absl::StrCat("'", text,
                                      "' is indented, and there is no value before it to continue: "
                                      "write KEY = VALUE"));
  } else {
    Report(line_number_, absl::StrCat("'", text,
                                      "' is neither [SECTION], KEY = VALUE nor '; comment' (a line "
                                      "that continues a value starts with a blank)"));
  }
}

void IniParser::TakeHeader(absl::string_view line) {
  Close();
  IniHeader header = ParseHeader(line);
  SectionName meaning = ClassifySection(header.name);
  mode_ = Mode::kSkipping;
  if (line_is_broken_) return;
  if (header.problem.empty()) header.problem = meaning.problem;
  if (!header.problem.empty()) {
    Report(line_number_, header.problem);
    return;
  }
  const auto [found, is_new] = section_index_.emplace(header.name, sections_.size());
  section_ = found->second;
  if (meaning.kind != SectionKind::kForeign) mode_ = Mode::kOurs;
  if (is_new) sections_.push_back({header.name, std::move(meaning), line_number_, {}});
}

std::string IniParser::ProblemOfKey(absl::string_view key) const {
  const std::string name = Printable(key);
  if (key.empty()) return "there is no key before '=': write KEY = VALUE";
  if (key[0] == '#') return absl::StrCat("'", name, "': '#' starts no comment here, write ';'");
  if (mode_ != Mode::kBeforeFirstHeader) return "";
  return absl::StrCat("'", name,
                      "' stands before the first section: write a header such as [os_daemons] "
                      "above it");
}

void IniParser::TakeKey(absl::string_view line) {
  Close();
  const size_t equals = line.find('=');
  const absl::string_view key = TrimIniBlanks(line.substr(0, equals));
  const std::string problem = ProblemOfKey(key);
  if (!problem.empty() && !line_is_broken_) Report(line_number_, problem);
  open_.emplace();
  open_->broken = line_is_broken_ || !problem.empty();
  open_->entry.key = std::string(key);
  open_->entry.line = line_number_;
  open_->indent = IndentOf(line);
  open_->size = static_cast<int>(equals) + 1;
  Append(line.substr(equals + 1), true);
}

void IniParser::Append(absl::string_view text, bool first) {
  OpenEntry& open = *open_;
  open.broken = open.broken || line_is_broken_;
  const absl::string_view without_comment = WithoutComment(text, open.quotes, !first);
  const bool has_comment = without_comment.size() < text.size();
  absl::string_view piece = TrimIniBlanks(without_comment);
  const size_t last = piece.find_last_not_of('\\');
  const size_t backslashes =
      last == absl::string_view::npos ? piece.size() : piece.size() - last - 1;
  open.joins_next = !has_comment && backslashes % 2 == 1;
  if (open.joins_next) piece = TrimIniBlanks(piece.substr(0, piece.size() - 1));
  open.size += static_cast<int>(piece.size()) + 1;
  if (open.broken || piece.empty()) return;
  if (open.size > kMaxConfigLineSize + 1) {
    open.broken = true;
    Report(open.entry.line, absl::StrCat("the value of '", Printable(open.entry.key),
                                         "' and the lines joined to it have more than ",
                                         kMaxConfigLineSize, " bytes"));
    return;
  }
  if (!open.entry.value.empty()) {
    open.quotes.Read(' ', piece[0]);
    open.entry.value.push_back(' ');
  }
  open.quotes.ReadAll(piece);
  absl::StrAppend(&open.entry.value, piece);
}

void IniParser::Close() {
  if (!open_.has_value()) return;
  OpenEntry open = *std::move(open_);
  open_.reset();
  if (open.broken) return;
  IniSection& section = sections_[section_];
  const auto [found, is_new] =
      key_lines_.emplace(std::make_pair(section_, open.entry.key), open.entry.line);
  if (is_new) {
    section.entries.push_back(std::move(open.entry));
    return;
  }
  Report(open.entry.line, absl::StrCat("'", Printable(open.entry.key), "' is set twice in ",
                                       InBrackets(section.name), ", in line ", found->second,
                                       " and in line ", open.entry.line, ": keep one of them"));
}

}  // namespace

std::vector<IniSection> ParseIni(absl::string_view text, int source, ProblemList* problems) {
  return IniParser(source, problems).Parse(text);
}

}  // namespace hob
