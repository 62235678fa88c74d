#include "tests/bench/report.h"

#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace hob {
namespace bench {
namespace {

// Returns a figure with three significant digits.
std::string Number(double value) {
  if (value == static_cast<int64_t>(value)) return absl::StrCat(static_cast<int64_t>(value));
  if (value >= 100) return absl::StrFormat("%.0f", value);
  if (value >= 10) return absl::StrFormat("%.1f", value);
  return absl::StrFormat("%.2f", value);
}

std::string MedianAndSpread(const Measured& measured, const FigureDescription& figure) {
  const auto found = measured.find(figure.figure);
  if (found == measured.end() || found->second.empty()) return "-";
  const Samples& samples = found->second;
  return absl::StrCat(Number(samples.Median()), figure.unit.empty() ? "" : " ", figure.unit, " (",
                      Number(samples.Min()), "..", Number(samples.Max()), ")");
}

absl::optional<double> MedianOf(const Measured& measured, Figure figure) {
  const auto found = measured.find(figure);
  if (found == measured.end() || found->second.empty()) return absl::nullopt;
  return found->second.Median();
}

bool IsSetFor(const Goal& goal, int daemons) {
  return goal.at.empty() || std::find(goal.at.begin(), goal.at.end(), daemons) != goal.at.end();
}

// Returns the greatest value that meets the goal; absent without a goal.
absl::optional<double> BoundOf(const Goal& goal, int daemons, const Results& results,
                               Figure figure) {
  if (!IsSetFor(goal, daemons)) return absl::nullopt;
  absl::optional<double> base;
  switch (goal.kind) {
    case Goal::Kind::kNone:
      return absl::nullopt;
    case Goal::Kind::kAtMost:
    case Goal::Kind::kExactly:
      return goal.bound;
    case Goal::Kind::kWithDaemons:
      return goal.bound + goal.for_each_daemon * daemons;
    case Goal::Kind::kTimesBareLoop:
    case Goal::Kind::kTimesBeside:
      base = MedianOf(results.bare_loop, figure);
      break;
    case Goal::Kind::kTimesOther:
      base = MedianOf(results.hobd, goal.other);
      break;
  }
  if (!base.has_value()) return absl::nullopt;
  return goal.bound * *base;
}

std::string GoalText(const Goal& goal, double bound) {
  switch (goal.kind) {
    case Goal::Kind::kTimesBareLoop:
      return absl::StrCat("<= ", Number(goal.bound), " x bare loop");
    case Goal::Kind::kTimesBeside:
      return absl::StrCat("<= ", Number(goal.bound), " x beside");
    case Goal::Kind::kTimesOther:
      return absl::StrCat("<= ", Number(goal.bound), " x without");
    case Goal::Kind::kExactly:
      return absl::StrCat("= ", Number(bound));
    case Goal::Kind::kNone:
    case Goal::Kind::kAtMost:
    case Goal::Kind::kWithDaemons:
      break;
  }
  return absl::StrCat("<= ", Number(bound));
}

// Returns hobd's figure as a multiple of the one that its goal compares it with.
std::string RatioText(const FigureDescription& figure, const Results& results) {
  const absl::optional<double> value = MedianOf(results.hobd, figure.figure);
  const absl::optional<double> base = figure.goal.kind == Goal::Kind::kTimesOther
                                          ? MedianOf(results.hobd, figure.goal.other)
                                          : MedianOf(results.bare_loop, figure.figure);
  if (!value.has_value() || !base.has_value() || *base <= 0) return "";
  return absl::StrFormat("%.2f", *value / *base);
}

void PrintRow(int daemons, const Results& results, const FigureDescription& figure,
              std::ostream& out) {
  const absl::optional<double> value = MedianOf(results.hobd, figure.figure);
  if (!value.has_value()) return;
  const absl::optional<double> bound = BoundOf(figure.goal, daemons, results, figure.figure);
  std::string goal, met;
  if (bound.has_value()) {
    goal = GoalText(figure.goal, *bound);
    const bool exact = figure.goal.kind == Goal::Kind::kExactly;
    met = (exact ? *value == *bound : *value <= *bound) ? "met" : "NOT MET";
  }
  out << absl::StrFormat(
      "%-41s %-28s %-28s %5s  %-18s %s\n", figure.title, MedianAndSpread(results.hobd, figure),
      MedianAndSpread(results.bare_loop, figure), RatioText(figure, results), goal, met);
}

std::string FirstLineWith(const std::string& path, absl::string_view key) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (absl::StartsWith(line, key)) return line;
  }
  return "";
}

// Returns the cost of one daemon, microseconds.
std::string Cost(const Measured& measured, Figure figure, int daemons) {
  const absl::optional<double> millis = MedianOf(measured, figure);
  return millis.has_value() ? Number(*millis * 1000 / daemons) : "-";
}

// Returns the KiB per daemon beyond the server's memory with the fewest daemons.
std::string MemoryCost(const AllResults& results, int daemons) {
  const absl::optional<double> many = MedianOf(results.at(daemons).hobd, Figure::kMemory);
  const auto& [few, least] = *results.begin();
  const absl::optional<double> base = MedianOf(least.hobd, Figure::kMemory);
  if (!many.has_value() || !base.has_value() || few == daemons) return "-";
  return Number((*many - *base) * 1024 / (daemons - few));
}

}  // namespace

void PrintMachine(std::ostream& out) {
  utsname name = {};
  uname(&name);
  const std::string model = FirstLineWith("/proc/cpuinfo", "model name");
  std::ifstream file("/proc/loadavg");
  double load = 0;
  file >> load;
  out << absl::FormatTime("%Y-%m-%d %H:%M", absl::Now(), absl::LocalTimeZone()) << ", Linux "
      << name.release << ", " << std::thread::hardware_concurrency() << " processors"
      << model.substr(std::min(model.find(':'), model.size())) << ", load " << load << "\n";
}

void PrintTable(int daemons, const Results& results, const std::vector<FigureDescription>& figures,
                std::ostream& out) {
  out << "\n"
      << absl::StrFormat("%-41s %-28s %-28s %5s  %s\n",
                         absl::StrCat(daemons, daemons == 1 ? " daemon" : " daemons"),
                         "hobd: median (min..max)", "bare loop", "ratio", "goal");
  for (const FigureDescription& figure : figures) PrintRow(daemons, results, figure, out);
}

void PrintCurve(const AllResults& results, std::ostream& out) {
  out << "\n"
      << absl::StrFormat("%-10s %-22s %-22s %-22s %s\n", "daemons", "boot: hobd, bare loop",
                         "crash: hobd, bare loop", "stop: hobd, bare loop", "memory KiB")
      << "           (all in microseconds a daemon)\n";
  for (const auto& [daemons, result] : results) {
    if (daemons < kCurveFrom) continue;
    out << absl::StrFormat("%-10d", daemons);
    for (Figure figure : {Figure::kBoot, Figure::kCrash, Figure::kStop}) {
      out << absl::StrFormat(" %-10s %-11s", Cost(result.hobd, figure, daemons),
                             Cost(result.bare_loop, figure, daemons));
    }
    out << " " << MemoryCost(results, daemons) << "\n";
  }
}

}  // namespace bench
}  // namespace hob
