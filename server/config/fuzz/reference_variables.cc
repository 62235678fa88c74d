#include "server/config/fuzz/reference_variables.h"

#include <cctype>

namespace hob {
namespace {

bool IsOneOf(char c, const std::string& set) { return set.find(c) != std::string::npos; }

// An item and its form in the text.
struct Item {
  std::string text;
  bool ends_in_comma = false;
};

// Takes items from a text, from left to right.
class Scanner {
 public:
  // `is_file` is true for an env_file: a backslash joins lines, values that begin with a quote span
  // lines, and a newline ends an item without being part of it.
  Scanner(std::string text, bool is_file) : text_(std::move(text)), is_file_(is_file) {}

  bool AtEnd() const { return place_ >= text_.size(); }
  char Now() const { return text_[place_]; }
  void Skip() { ++place_; }
  void SkipAll(const std::string& set) {
    while (!AtEnd() && IsOneOf(Now(), set)) Skip();
  }
  void SkipLine() {
    while (!AtEnd() && Now() != '\n') Skip();
  }

  // True if a backslash that joins lines was skipped.
  bool SkipJoint() {
    if (!is_file_ || AtEnd() || Now() != '\\') return false;
    const bool is_last = place_ + 1 == text_.size();
    if (!is_last && text_[place_ + 1] != '\n') return false;
    place_ += 2;
    return true;
  }

  // Takes characters up to one of `ends` outside quotes; absent if a quote is open.
  absl::optional<Item> Take(const std::string& ends) {
    item_ = {};
    equals_seen_ = after_equals_ = lines_allowed_ = false;
    while (true) {
      if (SkipJoint()) continue;
      if (AtEnd() || IsOneOf(Now(), ends)) return item_;
      if (!TakePart()) return absl::nullopt;
    }
  }

 private:
  // Takes a quoted text, an escaped character or a plain one.
  bool TakePart() {
    const bool begins_value = after_equals_;
    after_equals_ = false;
    item_.ends_in_comma = false;
    const char c = Now();
    Skip();
    if (c == '\'' || c == '"') {
      if (begins_value) lines_allowed_ = true;
      return c == '"' ? TakeDoubleQuoted() : TakeSingleQuoted();
    }
    if (c != '\\') {
      Add(c);
      item_.ends_in_comma = c == ',';
      return true;
    }
    if (AtEnd()) return false;
    Add(Now());
    Skip();
    return true;
  }

  bool TakeSingleQuoted() {
    while (!AtEnd() && MayStand()) {
      const char c = Now();
      Skip();
      if (c == '\'') return CloseQuote();
      Add(c);
    }
    return false;
  }

  bool TakeDoubleQuoted() {
    while (true) {
      if (SkipJoint()) continue;
      if (AtEnd() || !MayStand()) return false;
      const char c = Now();
      Skip();
      if (c == '"') return CloseQuote();
      const bool escapes = c == '\\' && !AtEnd() && IsOneOf(Now(), "$`\"\\");
      if (!escapes) {
        Add(c);
        continue;
      }
      Add(Now());
      Skip();
    }
  }

  // A quote around the equals sign does not begin the value.
  bool CloseQuote() {
    after_equals_ = false;
    return true;
  }

  bool MayStand() const { return !is_file_ || Now() != '\n' || lines_allowed_; }

  void Add(char c) {
    item_.text.push_back(c);
    after_equals_ = !equals_seen_ && c == '=';
    equals_seen_ = equals_seen_ || c == '=';
    if (after_equals_) lines_allowed_ = false;
  }

  const std::string text_;
  const bool is_file_;
  size_t place_ = 0;
  Item item_;
  // True if the item has an equals sign; if its first one is the last character so far.
  bool equals_seen_ = false;
  bool after_equals_ = false;
  // True if a quote may continue in the next line.
  bool lines_allowed_ = false;
};

// Adds an entry; a later value of a name keeps the place of the first. False if `entry` is none.
bool AddVariable(const std::string& entry, bool may_repeat, ReferenceVariables* variables) {
  const size_t equals = entry.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  const std::string name = entry.substr(0, equals);
  for (size_t i = 0; i < name.size(); ++i) {
    const bool is_letter = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z');
    const bool is_later = (name[i] >= '0' && name[i] <= '9') || name[i] == '.';
    if (!is_letter && name[i] != '_' && (i == 0 || !is_later)) return false;
  }
  for (auto& variable : *variables) {
    if (variable.first != name) continue;
    variable.second = entry.substr(equals + 1);
    return may_repeat;
  }
  variables->emplace_back(name, entry.substr(equals + 1));
  return true;
}

// Returns all items of a list, including empty ones.
absl::optional<std::vector<std::string>> AllItems(const std::string& text) {
  Scanner scanner(text, false);
  std::vector<std::string> items;
  scanner.SkipAll(" \t\n,");
  while (!scanner.AtEnd()) {
    const absl::optional<Item> item = scanner.Take(" \t\n,");
    if (!item.has_value()) return absl::nullopt;
    items.push_back(item->text);
    scanner.SkipAll(" \t\n,");
  }
  return items;
}

// Returns the text without a byte order mark and with \n at the end of each line.
std::string PlainLines(std::string text) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.erase(0, 3);
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool ends_line = text[i] == '\r' && (i + 1 == text.size() || text[i + 1] == '\n');
    if (!ends_line) plain.push_back(text[i]);
  }
  return plain;
}

// Takes the items of a line of a file; absent if the line is wrong.
absl::optional<std::vector<Item>> TakeLine(Scanner* scanner) {
  std::vector<Item> items;
  while (true) {
    scanner->SkipAll(" \t");
    if (scanner->SkipJoint()) continue;
    if (scanner->AtEnd() || scanner->Now() == '\n') return items;
    absl::optional<Item> item = scanner->Take(" \t\n");
    if (!item.has_value()) return absl::nullopt;
    items.push_back(*std::move(item));
  }
}

}  // namespace

absl::optional<std::vector<std::string>> ReferenceItems(const std::string& text) {
  absl::optional<std::vector<std::string>> items = AllItems(text);
  if (!items.has_value()) return items;
  std::vector<std::string> filled;
  for (const std::string& item : *items) {
    if (!item.empty()) filled.push_back(item);
  }
  return filled;
}

absl::optional<ReferenceVariables> ReferenceEnvironment(const std::string& text) {
  const absl::optional<std::vector<std::string>> items = AllItems(text);
  if (!items.has_value()) return absl::nullopt;
  ReferenceVariables variables;
  for (const std::string& item : *items) {
    if (!AddVariable(item, false, &variables)) return absl::nullopt;
  }
  return variables;
}

absl::optional<ReferenceVariables> ReferenceEnvironmentFile(const std::string& text) {
  Scanner scanner(PlainLines(text), true);
  ReferenceVariables variables;
  while (true) {
    // Skips blanks before a line, and empty lines.
    scanner.SkipAll(" \t\v\f\r\n");
    if (scanner.AtEnd()) return variables;
    if (scanner.Now() == ';' || scanner.Now() == '#') {
      scanner.SkipLine();
      continue;
    }
    absl::optional<std::vector<Item>> items = TakeLine(&scanner);
    if (!items.has_value()) return absl::nullopt;
    if (items->size() > 1 && items->front().text == "export") items->erase(items->begin());
    for (const Item& item : *items) {
      if (item.ends_in_comma || !AddVariable(item.text, true, &variables)) return absl::nullopt;
    }
  }
}

}  // namespace hob
