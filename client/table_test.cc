#include "client/table.h"

#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

Table ThreeColumns() {
  Table table({{"NAME"}, {"PID", true}, {"REASON"}});
  table.AddRow({{"web", Colour::kGreen}, {"7"}, {"it runs well"}});
  table.AddRow({{"longer"}, {"12345"}, {""}});
  return table;
}

TEST(TableTest, ColumnsAreAlignedAndNoLineEndsInBlanks) {
  EXPECT_EQ(ThreeColumns().Render(Terminal()),
            "NAME      PID  REASON\n"
            "web         7  it runs well\n"
            "longer  12345  -\n");
}

TEST(TableTest, TrailingBlanksOfTheLastCellAreRemoved) {
  Table table({{"A"}});
  table.AddRow({{"b "}});
  table.AddRow({{" "}});
  EXPECT_EQ(table.Render(Terminal()), "A\nb\n\n");
}

TEST(TableTest, IndentAppliesToEveryLine) {
  Table table({{"A"}});
  table.AddRow({{"b"}});
  EXPECT_EQ(table.Render(Terminal(), 2), "  A\n  b\n");
}

TEST(TableTest, LinesAreCutToTheWidthOfATerminal) {
  EXPECT_EQ(ThreeColumns().Render(Terminal{true, 20, false}),
            "NAME      PID  REAS…\n"
            "web         7  it r…\n"
            "longer  12345  -\n");
}

TEST(TableTest, AColumnBeyondTheWidthIsLeftOut) {
  EXPECT_EQ(ThreeColumns().Render(Terminal{true, 6, false}),
            "NAME\n"
            "web\n"
            "longer\n");
}

TEST(TableTest, ColoursSurroundTheTextWithoutThePadding) {
  Table table({{"A"}, {"B"}});
  table.AddRow({{"x", Colour::kRed}, {"y"}});
  EXPECT_EQ(table.Render(Terminal{true, 80, true}),
            "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n"
            "\x1b[31mx\x1b[0m  y\n");
}

TEST(TableTest, CellsAreEscaped) {
  Table table({{"A"}});
  table.AddRow({{"\x1b[2J\n"}});
  EXPECT_EQ(table.Render(Terminal()), "A\n\\x1b[2J\\n\n");
}

}  // namespace
}  // namespace client
}  // namespace hob
