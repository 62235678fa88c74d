#ifndef HOB_CLIENT_SINCE_H_
#define HOB_CLIENT_SINCE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace hob {
namespace client {

// Parses a time in the past as people write it: "10min" (that long before `now`), "12:30" or
// "12:30:05" (the latest such time), "2026-01-31", "2026-01-31 12:30" or with seconds, both in
// `zone`, or RFC 3339, "2026-01-31T12:30:00+01:00". InvalidArgument that shows the right forms.
absl::StatusOr<absl::Time> ParseSince(absl::string_view text, absl::Time now,
                                      const absl::TimeZone& zone);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_SINCE_H_
