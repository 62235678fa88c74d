#include "server/process/tree/instance_mark.h"

#include <sys/random.h>
#include <sys/resource.h>

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "server/posix/proc_files.h"

namespace hob {
namespace {

constexpr int kMarkBits = 60;
// Set in every mark. The value is not RLIM_INFINITY, and no program asks for a limit of so many
// locks.
constexpr uint64_t kFirstMark = uint64_t{1} << kMarkBits;
constexpr uint64_t kLastMark = 2 * kFirstMark - 1;

// Label of the line for RLIMIT_LOCKS in /proc/PID/limits; the soft limit follows.
constexpr char kLocksLine[] = "Max file locks";

}  // namespace

uint64_t DrawMark() {
  uint64_t bits = 0;
  if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != sizeof(bits)) return kNoMark;
  return kFirstMark | (bits & (kFirstMark - 1));
}

std::string WhyNoMarks() {
  struct rlimit limit = {};
  getrlimit(RLIMIT_LOCKS, &limit);
  if (limit.rlim_max >= kLastMark) return "";
  return absl::StrCat("the hard limit RLIMIT_LOCKS is ", limit.rlim_max,
                      " and must be unlimited (ulimit -Hx, LimitLOCKS=infinity)");
}

absl::StatusOr<uint64_t> ReadMarkOf(pid_t pid) {
  const absl::StatusOr<std::string> text = ReadSmallFile(absl::StrCat("/proc/", pid, "/limits"));
  if (!text.ok()) return text.status();
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    if (!absl::ConsumePrefix(&line, kLocksLine)) continue;
    line = absl::StripLeadingAsciiWhitespace(line);
    uint64_t soft = 0;
    const bool is_mark = absl::SimpleAtoi(line.substr(0, line.find(' ')), &soft) &&
                         soft >= kFirstMark && soft <= kLastMark;
    return is_mark ? soft : kNoMark;
  }
  return kNoMark;
}

}  // namespace hob
