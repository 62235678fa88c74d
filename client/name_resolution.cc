#include "client/name_resolution.h"

#include <fnmatch.h>

#include <utility>

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
  absl::StatusOr<v1::ListResponse> list = session.supervisor().List(patterns, {});
  if (!list.ok()) return list.status();
  std::vector<std::string> names;
  for (v1::Daemon& daemon : *list->mutable_daemons()) {
    names.push_back(std::move(*daemon.mutable_name()));
  }
  if (patterns.empty()) return names;
  std::vector<std::string> unmatched;
  std::vector<std::string> matches = MatchNames(patterns, names, &unmatched);
  if (!unmatched.empty()) return NoSuchDaemons(session, unmatched);
  return matches;
}

absl::StatusOr<std::vector<std::string>> ResolveNamesForCalls(
    Session& session, const std::vector<std::string>& patterns) {
  // The server would reject an invalid name as a bad request; here it only matches nothing.
  if (patterns.size() == 1 && !IsGlob(patterns[0]) && IsValidDaemonName(patterns[0])) {
    return patterns;
  }
  return ResolveNames(session, patterns);
}

}  // namespace client
}  // namespace hob
