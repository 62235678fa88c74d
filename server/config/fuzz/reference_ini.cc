#include "server/config/fuzz/reference_ini.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace hob {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::string TrimRight(std::string text) {
  while (!text.empty() && IsBlank(text.back())) text.pop_back();
  return text;
}

std::string Trim(std::string text) {
  text = TrimRight(text);
  while (!text.empty() && IsBlank(text.front())) text.erase(0, 1);
  return text;
}

int Indent(const std::string& line) {
  int column = 0;
  for (char c : line) {
    if (c == '\t') {
      column = (column / 8 + 1) * 8;
    } else if (c == ' ') {
      ++column;
    } else {
      break;
    }
  }
  return column;
}

// The state of POSIX sh before the next character.
enum class Quoting { kNone, kSingle, kDouble, kEscaped, kEscapedInDouble };

Quoting QuotingBehind(const std::string& text) {
  Quoting quoting = Quoting::kNone;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (quoting) {
      case Quoting::kNone:
        if (c == '\'') quoting = Quoting::kSingle;
        if (c == '"') quoting = Quoting::kDouble;
        if (c == '\\') quoting = Quoting::kEscaped;
        break;
      case Quoting::kSingle:
        if (c == '\'') quoting = Quoting::kNone;
        break;
      case Quoting::kDouble:
        if (c == '"') quoting = Quoting::kNone;
        if (c == '\\' && i + 1 < text.size() && absl::StrContains("$`\"\\", text[i + 1])) {
          quoting = Quoting::kEscapedInDouble;
        }
        break;
      case Quoting::kEscaped:
        quoting = Quoting::kNone;
        break;
      case Quoting::kEscapedInDouble:
        quoting = Quoting::kDouble;
        break;
    }
  }
  return quoting;
}

bool IsInQuotes(const std::string& text) {
  const Quoting quoting = QuotingBehind(text);
  return quoting == Quoting::kSingle || quoting == Quoting::kDouble ||
         quoting == Quoting::kEscapedInDouble;
}

// Returns `line` without its comment. `before` is the value so far, with the joining blank.
std::string LessComment(const std::string& before, const std::string& line) {
  for (size_t i = 0; i < line.size(); ++i) {
    const std::string left = before + line.substr(0, i);
    if (line[i] != ';' || left.empty() || !IsBlank(left.back())) continue;
    const bool blank_is_escaped = QuotingBehind(left.substr(0, left.size() - 1)) != Quoting::kNone;
    if (QuotingBehind(left) == Quoting::kNone && !blank_is_escaped) return line.substr(0, i);
  }
  return line;
}

bool EndsInOddBackslashes(const std::string& text) {
  size_t count = 0;
  while (count < text.size() && text[text.size() - 1 - count] == '\\') ++count;
  return count % 2 == 1;
}

// Sets `name` to the name in a header; false if the header is wrong.
bool ReadHeader(std::string line, std::string& name) {
  line = LessComment("", line);
  const size_t close = line.find(']');
  if (close == std::string::npos) return false;
  name = Trim(line.substr(1, close - 1));
  const std::string rest = line.substr(close + 1);
  if (name.empty()) return false;
  return Trim(rest).empty() || Trim(rest)[0] == ';';
}

class Parser {
 public:
  Parser(const std::string& text, std::function<ReferenceSection(const std::string&)> classify)
      : classify_(std::move(classify)),
        lines_(absl::StrSplit(absl::StripPrefix(text, "\xEF\xBB\xBF"), '\n')) {
    for (std::string& line : lines_) {
      if (absl::EndsWith(line, "\r")) line.pop_back();
    }
    // An empty text after the last newline is no line.
    if (lines_.back().empty()) lines_.pop_back();
  }

  ReferenceIni Parse() {
    for (line_ = 1; line_ <= lines_.size(); ++line_) ReadLine(lines_[line_ - 1]);
    EndValue();
    return result_;
  }

 private:
  // The current key = value.
  struct Value {
    std::string key;
    std::string text;
    int line = 0;
    bool joins = false;
    bool wrong = false;
  };

  void Reject() { result_.rejected.insert(line_); }

  void ReadLine(const std::string& line) {
    const std::string trimmed = Trim(line);
    if (has_value_ && value_.joins) return Append(trimmed);
    if (trimmed.empty()) return;
    const bool indented = IsBlank(line[0]);
    if (trimmed[0] == '[' && (!indented || !has_value_)) return StartSection(trimmed);
    if (section_ != ReferenceSection::kRead) return;
    const bool in_quotes = has_value_ && indented && IsInQuotes(value_.text);
    if (trimmed[0] == ';' && !in_quotes) return;
    ReadPair(indented, Indent(line), trimmed);
  }

  void ReadPair(bool indented, int indent, const std::string& line) {
    const std::string before = indented && has_value_ ? value_.text + " " : "";
    const size_t equals = LessComment(before, line).find('=');
    if (equals == std::string::npos) return indented && has_value_ ? Append(line) : Reject();
    if (indented && has_value_ && indent > key_indent_) return Reject();
    EndValue();
    has_value_ = true;
    key_indent_ = indent;
    value_ = Value();
    value_.key = Trim(line.substr(0, equals));
    value_.line = line_;
    value_.wrong = !in_section_ || equals == 0 || line[0] == '#';
    if (value_.wrong) Reject();
    AppendText("", line.substr(equals + 1));
  }

  void StartSection(const std::string& line) {
    EndValue();
    if (!ReadHeader(line, name_)) {
      (section_ == ReferenceSection::kRead ? result_.rejected : result_.undecided).insert(line_);
      section_ = ReferenceSection::kWrong;
    } else {
      section_ = classify_(name_);
      if (section_ == ReferenceSection::kWrong) Reject();
      if (section_ != ReferenceSection::kWrong) result_.sections[name_];
    }
    in_section_ = true;
  }

  void Append(const std::string& line) { AppendText(value_.text + " ", line); }

  // `before` is the value so far, as LessComment takes it.
  void AppendText(const std::string& before, const std::string& line) {
    std::string text = LessComment(before, line);
    const bool has_comment = text.size() < line.size();
    text = Trim(text);
    value_.joins = !has_comment && EndsInOddBackslashes(text);
    if (value_.joins) text = TrimRight(text.substr(0, text.size() - 1));
    // A wrong value is dropped; its quotes do not count.
    if (value_.wrong) return;
    if (!value_.text.empty() && !text.empty()) value_.text += " ";
    value_.text += text;
  }

  void EndValue() {
    if (has_value_ && !value_.wrong) {
      auto& entries = result_.sections[name_];
      if (!entries.emplace(value_.key, ReferenceEntry{value_.text, value_.line}).second) {
        result_.rejected.insert(value_.line);
      }
    }
    has_value_ = false;
  }

  const std::function<ReferenceSection(const std::string&)> classify_;
  std::vector<std::string> lines_;
  ReferenceIni result_;
  // The current line, from 1.
  int line_ = 0;
  // True after the first header.
  bool in_section_ = false;
  ReferenceSection section_ = ReferenceSection::kRead;
  std::string name_;
  bool has_value_ = false;
  int key_indent_ = 0;
  Value value_;
};

}  // namespace

ReferenceIni ParseReferenceIni(
    const std::string& text,
    const std::function<ReferenceSection(const std::string& name)>& classify) {
  return Parser(text, classify).Parse();
}

}  // namespace hob
