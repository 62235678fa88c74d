// Fuzzes the printing of texts and numbers from a server: no control sequence reaches the terminal,
// no text is lost, and no line exceeds the width. The first byte of the input selects the width of
// the terminal and the size of the pieces of logs.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "bazel/fuzzing/text.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/log_printer.h"
#include "client/table.h"
#include "glog/logging.h"
#include "hob/v1/supervisor.pb.h"

namespace hob {
namespace client {
namespace {

// Characters that end a line or change the direction of writing.
constexpr absl::string_view kUnsafe[] = {
    "\u2028", "\u2029", "\u200E", "\u200F", "\u061C", "\u202A", "\u202B",
    "\u202C", "\u202D", "\u202E", "\u2066", "\u2067", "\u2068", "\u2069",
};

void CheckEscape(absl::string_view text) {
  const std::string escaped = Escape(text);
  CHECK(IsPrintable(escaped)) << escaped;
  for (absl::string_view c : kUnsafe) CHECK_EQ(escaped.find(c.data()), std::string::npos);
  CHECK_EQ(Escape(escaped), escaped);
  if (escaped.size() == text.size()) CHECK_EQ(escaped, text);
}

void CheckCut(const std::string& text, int width) {
  const std::string cut = Cut(text, width);
  CHECK(IsUtf8(cut)) << cut;
  CHECK_LE(Width(cut), width);
  CHECK_EQ(cut == text, Width(text) <= width);
  CHECK_EQ(Cut(cut, width), cut);
}

void CheckTable(absl::string_view text, int width) {
  Table table({{"NAME"}, {"STATE", /*right_aligned=*/true}});
  int rows = 1;
  for (absl::string_view cell : absl::StrSplit(text, '|')) {
    table.AddRow({{std::string(cell)}, {std::string(cell), Colour::kRed}});
    ++rows;
  }
  const std::string rendered = table.Render(Terminal{true, width, false}, width % 3);
  const std::vector<std::string> lines = absl::StrSplit(rendered, '\n');
  CHECK_EQ(lines.size(), rows + 1);
  CHECK(lines.back().empty());
  for (const std::string& line : lines) {
    CHECK(IsPrintable(line)) << line;
    CHECK(line.empty() || line.back() != ' ') << line;
    if (width > 0) CHECK_LE(Width(line), width) << line;
  }
}

// Returns the log as a terminal shows it.
std::string Shown(absl::string_view log) {
  std::string shown;
  std::vector<std::string> lines = absl::StrSplit(log, '\n');
  if (lines.back().empty()) lines.pop_back();
  for (const std::string& line : lines) {
    std::vector<std::string> parts;
    for (absl::string_view part : absl::StrSplit(line, '\t')) parts.push_back(Escape(part));
    absl::StrAppend(&shown, absl::StrJoin(parts, "\t"), "\n");
  }
  return shown;
}

// Returns `log` as LogPrinter prints it in pieces of `size` bytes.
std::string Printed(absl::string_view log, size_t size, const Terminal& terminal) {
  LogPrinter::Options options;
  options.terminal = terminal;
  LogPrinter printer(options);
  std::string printed;
  while (!log.empty()) {
    v1::LogsResponse piece;
    piece.set_name("web");
    piece.set_data(std::string(log.substr(0, size)));
    log.remove_prefix(piece.data().size());
    printed += printer.Print(piece);
  }
  return printed + printer.End();
}

void CheckLogs(absl::string_view log, size_t size) {
  CHECK_EQ(Printed(log, size, Terminal{}), log);
  CHECK_EQ(Printed(log, size, Terminal{true, 80, false}), Shown(log));
}

void CheckNumbers(int64_t number, int32_t other) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(number);
  timestamp.set_nanos(other);
  google::protobuf::Duration duration;
  duration.set_seconds(number);
  duration.set_nanos(other);
  const absl::Time now = absl::FromUnixSeconds(1'767'268'800);
  const absl::TimeZone zone = absl::UTCTimeZone();
  v1::Exit exit;
  exit.set_signal(other);
  for (const std::string& text :
       {FormatTimeAndAge(ToTime(timestamp), now, zone),
        FormatPreciseTime(ToTime(timestamp), now, zone),
        FormatShortTime(ToTime(timestamp), now, zone), FormatAge(ToDuration(duration)),
        FormatBytes(number), StateName(static_cast<v1::Daemon::State>(other)), DescribeExit(exit),
        DescribeExitShortly(exit)}) {
    CHECK(!text.empty());
    CHECK(IsPrintable(text)) << text;
  }
}

}  // namespace
}  // namespace client
}  // namespace hob

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view text = hob::AsText(data + 1, size - 1);
  hob::client::CheckEscape(text);
  hob::client::CheckCut(hob::client::Escape(text), 1 + data[0]);
  hob::client::CheckTable(text, data[0]);
  hob::client::CheckLogs(text, 1 + data[0] % 16);
  int64_t number = 0;
  int32_t other = 0;
  std::memcpy(&number, text.data(), std::min(text.size(), sizeof(number)));
  std::memcpy(&other, text.data(), std::min(text.size(), sizeof(other)));
  hob::client::CheckNumbers(number, other);
  return 0;
}
