// The types of values in a configuration file and on the command line: how they are read and
// written.
#ifndef HOB_SERVER_CONFIG_KEYS_VALUES_H_
#define HOB_SERVER_CONFIG_KEYS_VALUES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/daemon/daemon_spec.h"
#include "server/text/duration.h"

namespace hob {

// Each Parse… returns InvalidArgument with a sentence that quotes the text and says what would be
// right. Blanks around a value do not count. Durations are in duration.h, which this header brings
// along.

// Bytes: "10MB" (10^6), "64KiB" (2^10), "512"; units B, KB, MB, GB, TB, KiB, MiB, GiB, TiB, any
// case. Never negative.
absl::StatusOr<int64_t> ParseSize(absl::string_view text);
// The size in the largest unit in which it is a whole number: "10MB", "64KiB", "0".
std::string FormatSize(int64_t size);

// yes/no/true/false/on/off/1/0, any case.
absl::StatusOr<bool> ParseBoolean(absl::string_view text);
// "yes" or "no".
std::string FormatBoolean(bool value);

// "N", "SOFT:HARD", each a number or "unlimited"; SOFT is not above HARD.
absl::StatusOr<ResourceLimit> ParseLimit(absl::string_view text);
std::string FormatLimit(const ResourceLimit& limit);

// A whole decimal number from `least` to `most`.
absl::StatusOr<int64_t> ParseInteger(absl::string_view text, int64_t least, int64_t most);

// A finite decimal number such as "2" or "0.5" from `least` to `most`; no exponent.
absl::StatusOr<double> ParseNumber(absl::string_view text, double least, double most);
// Shortest text that ParseNumber takes back to the very same number.
std::string FormatNumber(double number);

// A fraction from 0 to 1: "10%", or "0.1".
absl::StatusOr<double> ParseFraction(absl::string_view text);
// Text that ParseFraction takes back to the very same fraction: percents wherever they can say it.
std::string FormatFraction(double fraction);

// Permission bits: an octal number from 0 to 0777.
absl::StatusOr<mode_t> ParseMode(absl::string_view text);
// "0660", "022": with a leading 0.
std::string FormatMode(mode_t mode);

// Items between blanks or commas, of an argument on the command line. Lists in a configuration
// have quotes: see SplitItems.
std::vector<std::string> SplitList(absl::string_view text);

// Words as in POSIX sh: 'single' and "double" quotes and `\`; no expansion of any kind. At least
// one word.
absl::StatusOr<std::vector<std::string>> SplitCommand(absl::string_view text);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_VALUES_H_
