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

// Turns the responses of `Logs` into text. Without prefixes and times, and not on a terminal, that
// is the bytes as they were written. Not thread-safe.
class LogPrinter {
 public:
  struct Options {
    // True if each line begins with the name of its daemon, in at least `name_width` columns.
    bool names = false;
    int name_width = 0;
    // True if each line begins with the time when it was written, in `zone`.
    bool times = false;
    absl::TimeZone zone;
    // On a terminal, control characters other than tabs are escaped.
    Terminal terminal;
  };

  explicit LogPrinter(const Options& options) : options_(options) {}

  // Returns the text of a piece. An incomplete line is printed at once; if a piece of another
  // daemon or stream comes before the rest, that rest gets a line of its own.
  std::string Print(const v1::LogsResponse& piece);

  // Returns the text at the end; called once. Ends an incomplete line, on a terminal or among lines
  // with prefixes, including the held-back bytes of a split character.
  std::string End();

 private:
  using Source = std::pair<std::string, v1::LogStream>;

  bool is_raw() const {
    return !options_.names && !options_.times && !options_.terminal.is_terminal;
  }
  // Returns the text before each line of the piece.
  std::string Prefix(const v1::LogsResponse& piece);
  std::string Text(const Source& source, absl::string_view line, bool complete);

  const Options options_;
  // True while a line is incomplete: the one of `line_of_`.
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
