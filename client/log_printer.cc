#include "client/log_printer.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/escape.h"
#include "client/format.h"

namespace hob {
namespace client {
namespace {

// Cyan, yellow, green, magenta, blue and their bright forms; red is kept for faults.
constexpr std::array<int, 10> kNameColours = {36, 33, 32, 35, 34, 96, 93, 92, 95, 94};

// Returns the number of bytes of an incomplete character at the end of `text`.
size_t SplitCharacter(absl::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const unsigned char byte = text[text.size() - back];
    if ((byte & 0xC0) == 0x80) continue;
    const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

std::string EscapeButTabs(absl::string_view text) {
  std::vector<std::string> parts;
  for (absl::string_view part : absl::StrSplit(text, '\t')) parts.push_back(Escape(part));
  return absl::StrJoin(parts, "\t");
}

}  // namespace

std::string LogPrinter::Print(const v1::LogsResponse& piece) {
  if (is_raw()) return piece.data();
  const Source source(piece.name(), piece.stream());
  const std::string prefix = Prefix(piece);
  std::string printed;
  if (in_line_ && line_of_ != source) {
    printed = "\n";
    in_line_ = false;
  }
  for (absl::string_view rest = piece.data(); !rest.empty();) {
    const size_t newline = rest.find('\n');
    const bool complete = newline != absl::string_view::npos;
    if (!in_line_) printed += prefix;
    printed += Text(source, rest.substr(0, newline), complete);
    if (complete) printed += "\n";
    in_line_ = !complete;
    line_of_ = source;
    rest.remove_prefix(complete ? newline + 1 : rest.size());
  }
  return printed;
}

std::string LogPrinter::End() {
  if (!in_line_) return "";
  return EscapeButTabs(split_[line_of_]) + "\n";
}

std::string LogPrinter::Prefix(const v1::LogsResponse& piece) {
  std::string prefix;
  if (options_.times) {
    prefix = piece.has_time()
                 ? absl::FormatTime("%Y-%m-%d %H:%M:%E3S ", ToTime(piece.time()), options_.zone)
                 : std::string(24, ' ');
  }
  if (!options_.names) return prefix;
  std::string name = Escape(piece.name());
  name.append(std::max(options_.name_width - Width(name), 0), ' ');
  absl::StrAppend(&name, " | ");
  if (!options_.terminal.colour) return prefix + name;
  const int next = kNameColours[colours_.size() % kNameColours.size()];
  const int colour = colours_.emplace(piece.name(), next).first->second;
  return absl::StrCat(prefix, "\x1b[", colour, "m", name, "\x1b[0m");
}

std::string LogPrinter::Text(const Source& source, absl::string_view line, bool complete) {
  if (!options_.terminal.is_terminal) return std::string(line);
  std::string text = absl::StrCat(split_[source], line);
  const size_t split = complete ? 0 : SplitCharacter(text);
  split_[source] = text.substr(text.size() - split);
  text.resize(text.size() - split);
  return EscapeButTabs(text);
}

}  // namespace client
}  // namespace hob
