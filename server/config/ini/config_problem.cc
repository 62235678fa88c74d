#include "server/config/ini/config_problem.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hob {
namespace {

std::string NameOf(int source, const std::vector<std::string>& sources) {
  return source < 0 ? "(defaults)" : sources[source];
}

}  // namespace

std::string ConfigProblem::ToString() const {
  if (line == 0) return absl::StrCat(file, ": ", message);
  return absl::StrCat(file, ":", line, ": ", message);
}

void ProblemList::Add(ConfigPlace place, std::string message) {
  if (entries_.size() < most_) {
    entries_.push_back({place, std::move(message)});
    return;
  }
  ++dropped_;
  last_dropped_source_ = place.source;
}

std::vector<ConfigProblem> ProblemList::Sorted(const std::vector<std::string>& sources) const {
  std::vector<const Entry*> ordered;
  for (const Entry& entry : entries_) ordered.push_back(&entry);
  std::stable_sort(ordered.begin(), ordered.end(), [](const Entry* a, const Entry* b) {
    return std::tie(a->place.source, a->place.line) < std::tie(b->place.source, b->place.line);
  });
  std::vector<ConfigProblem> problems;
  for (const Entry* entry : ordered) {
    problems.push_back({NameOf(entry->place.source, sources), entry->place.line, entry->message});
  }
  if (dropped_ > 0) {
    problems.push_back(
        {NameOf(last_dropped_source_, sources), 0,
         absl::StrCat(dropped_, dropped_ == 1 ? " more problem is" : " more problems are",
                      " not shown: fix these first")});
  }
  return problems;
}

}  // namespace hob
