// Tables of text.
#ifndef HOB_CLIENT_TABLE_H_
#define HOB_CLIENT_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/environment.h"

namespace hob {
namespace client {

enum class Colour { kNone, kBold, kDim, kGreen, kYellow, kRed };

// Returns the text between the escape sequences of a colour if `terminal` wants colours; otherwise
// the text alone.
std::string Paint(absl::string_view text, Colour colour, const Terminal& terminal);

// Rows of cells under headers. Columns are as wide as their widest cell and two blanks apart. A
// plain value: fill it, then render it.
class Table {
 public:
  struct Column {
    std::string header;
    // True for columns of numbers, to align their last digits.
    bool right_aligned = false;
  };
  struct Cell {
    // May come from outside: Render escapes it. An empty cell is shown as "-".
    std::string text;
    Colour colour = Colour::kNone;
  };

  explicit Table(std::vector<Column> columns);

  // `row` has a cell for each column.
  void AddRow(std::vector<Cell> row);

  // Returns the header and the rows, each indented by `indent` blanks and followed by a newline.
  // Lines are cut to the terminal's width, if it has one; no line ends in blanks.
  std::string Render(const Terminal& terminal, int indent = 0) const;

 private:
  std::vector<int> Widths() const;

  std::vector<Column> columns_;
  // Escaped.
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_TABLE_H_
