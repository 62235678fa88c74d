#include "client/name_resolution.h"

#include <fnmatch.h>

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/daemon/daemon_name.h"

namespace hob {
namespace client {
namespace {

// Returns the server's message about an unknown name, which suggests near names.
std::string NoMatchMessage(Session& session, const std::string& pattern) {
  if (IsGlob(pattern)) return absl::StrCat("no daemon matches '", pattern, "'");
  const absl::Status status = session.supervisor().Status({pattern}).status();
  if (absl::IsNotFound(status) || absl::IsInvalidArgument(status)) {
    return std::string(status.message());
  }
  return absl::StrCat("no daemon '", pattern, "'");
}

// True if the only pattern is a valid name; the server reports an unknown one itself. It would
// reject an invalid name as a bad request; here that only matches nothing.
bool IsSingleName(const std::vector<std::string>& patterns) {
  return patterns.size() == 1 && !IsGlob(patterns[0]) && IsValidDaemonName(patterns[0]);
}

// Returns the names of the listed daemons that match; errors of ResolveNames.
absl::StatusOr<std::vector<std::string>> NamesFrom(Session& session,
                                                   const std::vector<std::string>& patterns,
                                                   const v1::ListResponse& list) {
  std::vector<std::string> names;
  for (const v1::Daemon& daemon : list.daemons()) names.push_back(daemon.name());
  if (patterns.empty()) return names;
  std::vector<std::string> unmatched;
  std::vector<std::string> matches = MatchNames(patterns, names, &unmatched);
  if (!unmatched.empty()) return NoSuchDaemons(session, unmatched);
  return matches;
}

}  // namespace

bool IsGlob(absl::string_view pattern) {
  return pattern.find_first_of("*?[") != absl::string_view::npos;
}

std::vector<std::string> MatchNames(const std::vector<std::string>& patterns,
                                    const std::vector<std::string>& names,
                                    std::vector<std::string>* unmatched) {
  std::vector<std::string> matches;
  absl::flat_hash_set<std::string> chosen;
  for (const std::string& pattern : patterns) {
    bool matched = false;
    for (const std::string& name : names) {
      if (fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) != 0) continue;
      matched = true;
      if (chosen.insert(name).second) matches.push_back(name);
    }
    if (!matched) unmatched->push_back(pattern);
  }
  return matches;
}

absl::Status NoSuchDaemons(Session& session, const std::vector<std::string>& unmatched) {
  std::vector<std::string> sentences;
  for (const std::string& pattern : unmatched)
    sentences.push_back(NoMatchMessage(session, pattern));
  return absl::NotFoundError(absl::StrJoin(sentences, "; "));
}

absl::StatusOr<std::vector<std::string>> ResolveNames(Session& session,
                                                      const std::vector<std::string>& patterns) {
  const absl::StatusOr<v1::ListResponse> list = session.supervisor().List(patterns, {});
  if (!list.ok()) return list.status();
  return NamesFrom(session, patterns, *list);
}

absl::StatusOr<std::vector<std::string>> ResolveNamesForCalls(
    Session& session, const std::vector<std::string>& patterns) {
  if (IsSingleName(patterns)) return patterns;
  return ResolveNames(session, patterns);
}

absl::StatusOr<Selection> SelectForCommand(Session& session,
                                           const std::vector<std::string>& patterns,
                                           HeldDaemons held) {
  if (IsSingleName(patterns)) return Selection{patterns, {}};
  const absl::StatusOr<v1::ListResponse> list = session.supervisor().List(patterns, {});
  if (!list.ok()) return list.status();
  absl::StatusOr<std::vector<std::string>> names = NamesFrom(session, patterns, *list);
  if (!names.ok()) return names.status();
  const absl::flat_hash_set<std::string> named(patterns.begin(), patterns.end());
  absl::flat_hash_map<std::string, const v1::Daemon*> daemons;
  for (const v1::Daemon& daemon : list->daemons()) daemons[daemon.name()] = &daemon;
  Selection selection;
  for (std::string& name : *names) {
    const v1::Daemon& daemon = *daemons.at(name);
    if (named.contains(name) || held == HeldDaemons::kInclude ||
        daemon.has_hold() == (held == HeldDaemons::kOnly)) {
      selection.names.push_back(std::move(name));
    } else if (held == HeldDaemons::kPassOver) {
      selection.passed_over.push_back(daemon);
    }
  }
  return selection;
}

}  // namespace client
}  // namespace hob
