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

// Turns the responses of `Logs` into text. Without names and times, and off a terminal, the text is
// the bytes as the daemon wrote them. Not thread-safe.
class LogPrinter {
 public:
  struct Options {
    // True if each line begins with the name of its daemon, in at least `name_width` columns.
    bool names = false;
    int name_width = 0;
    // True if each line begins with its time of writing, in `zone`.
    bool times = false;
    absl::TimeZone zone;
    // On a terminal, control characters other than tabs are escaped.
    Terminal terminal;
  };

  explicit LogPrinter(const Options& options) : options_(options) {}

  // Returns the text of a piece, including an incomplete line. If a piece of another daemon or
  // stream comes before the rest of that line, the rest gets a line of its own.
  std::string Print(const v1::LogsResponse& piece);

  // Returns the last text: the held-back bytes of a split character and, on a terminal or among
  // lines with prefixes, the end of an incomplete line. Called once.
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
  // True while the last line, from `line_of_`, is incomplete.
  bool in_line_ = false;
  Source line_of_;
  // The first bytes of a UTF-8 character that continues in the next piece.
  std::map<Source, std::string> split_;
  // The colour of each name, assigned in order of first appearance.
  std::map<std::string, int> colours_;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_LOG_PRINTER_H_
