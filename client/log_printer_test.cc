#include "client/log_printer.h"

#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

const Terminal kPipe;
const Terminal kTerminal{true, 80, false};
const Terminal kColourTerminal{true, 80, true};

v1::LogsResponse Piece(const std::string& name, const std::string& data) {
  v1::LogsResponse piece;
  piece.set_name(name);
  piece.set_stream(v1::STDOUT);
  piece.set_data(data);
  piece.mutable_time()->set_seconds(1767268800);
  piece.mutable_time()->set_nanos(120'000'000);
  return piece;
}

LogPrinter::Options Options(bool names, const Terminal& terminal) {
  LogPrinter::Options options;
  options.names = names;
  options.name_width = 5;
  options.terminal = terminal;
  options.zone = absl::UTCTimeZone();
  return options;
}

TEST(LogPrinterTest, APipeGetsTheRawBytes) {
  LogPrinter printer(Options(false, kPipe));
  constexpr char kText[] = "\x1b[1m \xff \0 half";
  const std::string bytes(kText, sizeof(kText) - 1);
  EXPECT_EQ(printer.Print(Piece("web", bytes)), bytes);
  EXPECT_EQ(printer.End(), "");
}

TEST(LogPrinterTest, ControlCharactersAreEscapedOnATerminal) {
  LogPrinter printer(Options(false, kTerminal));
  EXPECT_EQ(printer.Print(Piece("web", "\ta\x1b]52;c;x\x07\tb\n\n")),
            "\ta\\x1b]52;c;x\\x07\tb\n\n");
}

TEST(LogPrinterTest, EachLineBeginsWithItsName) {
  LogPrinter printer(Options(true, kPipe));
  EXPECT_EQ(printer.Print(Piece("web", "1\n2\n")), "web   | 1\nweb   | 2\n");
  EXPECT_EQ(printer.Print(Piece("mailer", "\x1b\n")), "mailer | \x1b\n");
}

TEST(LogPrinterTest, EachDaemonHasItsOwnColour) {
  LogPrinter printer(Options(true, kColourTerminal));
  const std::string web = printer.Print(Piece("web", "1\n"));
  EXPECT_EQ(web, "\x1b[36mweb   | \x1b[0m1\n");
  EXPECT_EQ(printer.Print(Piece("api", "1\n")), "\x1b[33mapi   | \x1b[0m1\n");
  EXPECT_EQ(printer.Print(Piece("web", "1\n")), web);
}

TEST(LogPrinterTest, EachLineBeginsWithItsTime) {
  LogPrinter::Options options = Options(false, kPipe);
  options.times = true;
  LogPrinter printer(options);
  EXPECT_EQ(printer.Print(Piece("web", "1\n")), "2026-01-01 12:00:00.120 1\n");
  v1::LogsResponse unknown = Piece("web", "2\n");
  unknown.clear_time();
  EXPECT_EQ(printer.Print(unknown), "                        2\n");
}

TEST(LogPrinterTest, ALineInPiecesStaysOneLine) {
  LogPrinter printer(Options(true, kPipe));
  EXPECT_EQ(printer.Print(Piece("web", "be")), "web   | be");
  EXPECT_EQ(printer.Print(Piece("web", "gin\n")), "gin\n");
}

TEST(LogPrinterTest, AnotherDaemonBreaksAnIncompleteLine) {
  LogPrinter printer(Options(true, kPipe));
  EXPECT_EQ(printer.Print(Piece("web", "be")), "web   | be");
  EXPECT_EQ(printer.Print(Piece("api", "1\n")), "\napi   | 1\n");
  EXPECT_EQ(printer.Print(Piece("web", "gin")), "web   | gin");
  EXPECT_EQ(printer.End(), "\n");
}

TEST(LogPrinterTest, AnIncompleteCharacterIsShownAtTheEnd) {
  LogPrinter printer(Options(false, kTerminal));
  EXPECT_EQ(printer.Print(Piece("web", "a\xE2\x82")), "a");
  EXPECT_EQ(printer.End(), "\\xe2\\x82\n");
}

TEST(LogPrinterTest, ACharacterInPiecesStaysOneCharacter) {
  LogPrinter printer(Options(false, kTerminal));
  EXPECT_EQ(printer.Print(Piece("web", "a\xe2\x82")), "a");
  EXPECT_EQ(printer.Print(Piece("web", "\xac\n")), "\xe2\x82\xac\n");
  EXPECT_EQ(printer.Print(Piece("web", "a\xe2")), "a");
  EXPECT_EQ(printer.Print(Piece("web", "\n")), "\\xe2\n");
}

}  // namespace
}  // namespace client
}  // namespace hob
