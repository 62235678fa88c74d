#include "server/daemon/signal_name.h"

#include <signal.h>
#include <string.h>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace hob {
namespace {

constexpr int kLastSignal = 64;

bool InRange(int signal) { return signal >= 1 && signal <= kLastSignal; }

}  // namespace

absl::optional<int> ParseSignal(absl::string_view text) {
  int number;
  if (absl::SimpleAtoi(text, &number)) {
    // SimpleAtoi also accepts blanks and signs, which are not valid in the name of a signal.
    if (InRange(number) && absl::ascii_isdigit(text.front()) && absl::ascii_isdigit(text.back())) {
      return number;
    }
    return absl::nullopt;
  }
  const std::string name = absl::AsciiStrToUpper(text);
  absl::string_view rest = name;
  absl::ConsumePrefix(&rest, "SIG");
  // "SIG32" is neither a name nor a number.
  if (!rest.empty() && absl::ascii_isdigit(rest.front())) return absl::nullopt;
  for (int signal = 1; signal <= kLastSignal; ++signal) {
    if (rest == SignalName(signal)) return signal;
  }
  return absl::nullopt;
}

std::string SignalName(int signal) {
  if (!InRange(signal)) return absl::StrCat(signal);
  if (const char* name = sigabbrev_np(signal)) return name;
  // The C library reserves 32 and 33, which have no name.
  const int from_first = signal - SIGRTMIN;
  if (from_first < 0) return absl::StrCat(signal);
  return from_first == 0 ? "RTMIN" : absl::StrCat("RTMIN+", from_first);
}

}  // namespace hob
