#include "client/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/escape.h"

namespace hob {
namespace client {
namespace {

constexpr int kGap = 2;

const char* StartOf(Colour colour) {
  switch (colour) {
    case Colour::kNone:
      return "";
    case Colour::kBold:
      return "\x1b[1m";
    case Colour::kDim:
      return "\x1b[2m";
    case Colour::kGreen:
      return "\x1b[32m";
    case Colour::kYellow:
      return "\x1b[33m";
    case Colour::kRed:
      return "\x1b[31m";
  }
  return "";
}

// Appends cells to one line, up to its width.
class Line {
 public:
  Line(const Terminal& terminal, int indent) : terminal_(terminal), pending_blanks_(indent) {}

  void Add(const Table::Cell& cell, int width, bool right_aligned) {
    const int padding = std::max(0, width - Width(cell.text));
    if (right_aligned) pending_blanks_ += padding;
    AddText(cell);
    pending_blanks_ += kGap + (right_aligned ? 0 : padding);
  }

  std::string Finish() && {
    // A cell's text may end in blanks.
    absl::StripTrailingAsciiWhitespace(&text_);
    return std::move(text_) + "\n";
  }

 private:
  void AddText(const Table::Cell& cell) {
    if (cell.text.empty()) return;
    const int start = used_ + pending_blanks_;
    if (terminal_.width > 0 && start >= terminal_.width) return;
    const std::string shown =
        terminal_.width > 0 ? Cut(cell.text, terminal_.width - start) : cell.text;
    absl::StrAppend(&text_, std::string(pending_blanks_, ' '),
                    Paint(shown, cell.colour, terminal_));
    used_ = start + Width(shown);
    pending_blanks_ = 0;
  }

  const Terminal& terminal_;
  std::string text_;
  int used_ = 0;
  // Written only before the next text, so that no line ends in blanks.
  int pending_blanks_;
};

}  // namespace

std::string Paint(absl::string_view text, Colour colour, const Terminal& terminal) {
  if (!terminal.colour || colour == Colour::kNone) return std::string(text);
  return absl::StrCat(StartOf(colour), text, "\x1b[0m");
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::AddRow(std::vector<Cell> row) {
  for (Cell& cell : row) cell.text = cell.text.empty() ? "-" : Escape(cell.text);
  rows_.push_back(std::move(row));
}

std::vector<int> Table::Widths() const {
  std::vector<int> widths;
  for (const Column& column : columns_) widths.push_back(Width(column.header));
  for (const std::vector<Cell>& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i].text));
  }
  return widths;
}

std::string Table::Render(const Terminal& terminal, int indent) const {
  const std::vector<int> widths = Widths();
  std::string text;
  Line header(terminal, indent);
  for (size_t i = 0; i < columns_.size(); ++i) {
    header.Add(Cell{columns_[i].header, Colour::kBold}, widths[i], columns_[i].right_aligned);
  }
  absl::StrAppend(&text, std::move(header).Finish());
  for (const std::vector<Cell>& row : rows_) {
    Line line(terminal, indent);
    for (size_t i = 0; i < row.size(); ++i) line.Add(row[i], widths[i], columns_[i].right_aligned);
    absl::StrAppend(&text, std::move(line).Finish());
  }
  return text;
}

}  // namespace client
}  // namespace hob
