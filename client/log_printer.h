#ifndef HOB_CLIENT_LOG_PRINTER_H_
#define HOB_CLIENT_LOG_PRINTER_H_

#include <map>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/environment.h"
#include "hob/v1/supervisor.pb.h"

namespace hob {
namespace client {

// Turns the pieces that `Logs` answers into what is printed. Without prefixes and times, and not on
// a terminal, those are the bytes as they were written. Not thread-safe.
class LogPrinter {
 public:
  struct Options {
    // Whether each line begins with the name of its daemon, in at least `name_width` columns.
    bool names = false;
    int name_width = 0;
    // Whether each line begins with when it was written, in `zone`.
    bool times = false;
    absl::TimeZone zone;
    // On a terminal control characters are escaped, but for tabs.
    Terminal terminal;
  };

  explicit LogPrinter(const Options& options) : options_(options) {}

  // What is to be printed for a piece. One that ends in the middle of a line is printed at once; if
  // another daemon's or stream's comes before the rest, that rest gets a line of its own.
  std::string Print(const v1::LogsResponse& piece);

  // What is to be printed at the end, once: the end of a line that stayed incomplete on a terminal,
  // with what was held back of a character, or between lines with prefixes.
  std::string End();

 private:
  using Source = std::pair<std::string, v1::LogStream>;

  bool is_raw() const {
    return !options_.names && !options_.times && !options_.terminal.is_terminal;
  }
  // What stands before each line of the piece.
  std::string Prefix(const v1::LogsResponse& piece);
  std::string Text(const Source& source, absl::string_view line, bool complete);

  const Options options_;
  // Whose line is not yet complete.
  bool in_line_ = false;
  Source line_of_;
  // Bytes at the end of a piece that are the beginning of a UTF-8 character.
  std::map<Source, std::string> split_;
  // The colours of the names, in the order in which they came.
  std::map<std::string, int> colours_;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_LOG_PRINTER_H_
