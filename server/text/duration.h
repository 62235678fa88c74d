#ifndef HOB_SERVER_TEXT_DURATION_H_
#define HOB_SERVER_TEXT_DURATION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace hob {

// Parses "500ms", "5", "0.5", "2min", "1min30s", "1h"; a bare number is seconds. Units: us, ms, s,
// sec, m, min, h, d. The result is never negative, at most 36,500 days, and truncated to whole
// nanoseconds. InvalidArgument quotes the text and shows the right form.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text);
// Returns the shortest text that ParseDuration accepts: "1min30s", "500ms", "0s"; "infinity" for an
// infinite duration, which ParseDuration rejects. `duration` must not be negative. Callers write
// hob::FormatDuration, because Abseil has a function of this name beside absl::Duration.
std::string FormatDuration(absl::Duration duration);

}  // namespace hob

#endif  // HOB_SERVER_TEXT_DURATION_H_
