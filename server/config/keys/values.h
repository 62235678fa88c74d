// Parses and formats the types of values in configuration files and on the command line.
#ifndef HOB_SERVER_CONFIG_KEYS_VALUES_H_
#define HOB_SERVER_CONFIG_KEYS_VALUES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/daemon/process_attributes.h"
#include "server/text/duration.h"

namespace hob {

// Each parser ignores blanks around the value and returns InvalidArgument with a sentence that
// quotes the text and says what would be right. This header includes duration.h for durations.

// Parses a size in bytes: "10MB" (10^6), "64KiB" (2^10), "512"; units B, KB, MB, GB, TB, KiB, MiB,
// GiB, TiB in any case. Never negative.
absl::StatusOr<int64_t> ParseSize(absl::string_view text);
// Returns the size in the largest unit that makes it a whole number: "10MB", "64KiB", "0".
std::string FormatSize(int64_t size);

// Parses yes/no/true/false/on/off/1/0 in any case.
absl::StatusOr<bool> ParseBoolean(absl::string_view text);
// Returns "yes" or "no".
std::string FormatBoolean(bool value);

// Parses "N" or "SOFT:HARD", each a number or "unlimited"; SOFT may not be above HARD.
absl::StatusOr<ResourceLimit> ParseLimit(absl::string_view text);
// Returns the shortest text that ParseLimit takes for `limit`.
std::string FormatLimit(const ResourceLimit& limit);

// Parses a whole decimal number from `least` to `most`.
absl::StatusOr<int64_t> ParseInteger(absl::string_view text, int64_t least, int64_t most);

// Parses a finite decimal number from `least` to `most`, such as "2" or "0.5", without an exponent.
absl::StatusOr<double> ParseNumber(absl::string_view text, double least, double most);
// Returns the shortest text from which ParseNumber gets exactly `number`.
std::string FormatNumber(double number);

// Parses a fraction from 0 to 1: "10%" or "0.1".
absl::StatusOr<double> ParseFraction(absl::string_view text);
// Returns a text from which ParseFraction gets exactly `fraction`, in percent if possible.
std::string FormatFraction(double fraction);

// Parses permission bits: an octal number from 0 to 0777.
absl::StatusOr<mode_t> ParseMode(absl::string_view text);
// Returns the bits with a leading 0: "0660", "022".
std::string FormatMode(mode_t mode);

// Splits an argument of the command line at blanks and commas. For lists in a configuration, which
// may have quotes, see SplitItems.
std::vector<std::string> SplitList(absl::string_view text);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_VALUES_H_
