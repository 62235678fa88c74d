#include "client/name_resolution.h"

#include <fnmatch.h>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

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

bool Matches(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
}

// Returns the listed daemons that match; all without patterns. Errors of ResolveNames.
absl::StatusOr<std::vector<const v1::Daemon*>> Select(Session& session,
                                                      const std::vector<std::string>& patterns,
                                                      const v1::ListResponse& list) {
  if (patterns.empty()) {
    std::vector<const v1::Daemon*> all;
    for (const v1::Daemon& daemon : list.daemons()) all.push_back(&daemon);
    return all;
  }
  std::vector<std::string> unmatched;
  std::vector<const v1::Daemon*> matches = MatchDaemons(patterns, list.daemons(), &unmatched);
  if (!unmatched.empty()) return NoSuchDaemons(session, unmatched);
  return matches;
}

}  // namespace

bool IsGlob(absl::string_view pattern) {
  return pattern.find_first_of("*?[") != absl::string_view::npos;
}

std::vector<const v1::Daemon*> MatchDaemons(
    const std::vector<std::string>& patterns,
    const google::protobuf::RepeatedPtrField<v1::Daemon>& daemons,
    std::vector<std::string>* unmatched) {
  std::vector<const v1::Daemon*> matches;
  absl::flat_hash_set<const v1::Daemon*> chosen;
  for (const std::string& pattern : patterns) {
    bool matched = false;
    for (const v1::Daemon& daemon : daemons) {
      const bool is_instance = !daemon.instance_of().empty();
      if (!Matches(pattern, daemon.name()) &&
          !(is_instance && Matches(pattern, daemon.instance_of()))) {
        continue;
      }
      matched = true;
      if (chosen.insert(&daemon).second) matches.push_back(&daemon);
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
  const absl::StatusOr<std::vector<const v1::Daemon*>> daemons = Select(session, patterns, *list);
  if (!daemons.ok()) return daemons.status();
  std::vector<std::string> names;
  for (const v1::Daemon* const daemon : *daemons) names.push_back(daemon->name());
  return names;
}

absl::StatusOr<Selection> SelectForCommand(Session& session,
                                           const std::vector<std::string>& patterns,
                                           HeldDaemons held) {
  const absl::StatusOr<v1::ListResponse> list = session.supervisor().List(patterns, {});
  if (!list.ok()) return list.status();
  const absl::StatusOr<std::vector<const v1::Daemon*>> daemons = Select(session, patterns, *list);
  if (!daemons.ok()) return daemons.status();
  const absl::flat_hash_set<std::string> named(patterns.begin(), patterns.end());
  Selection selection;
  for (const v1::Daemon* const daemon : *daemons) {
    if (named.contains(daemon->name()) || held == HeldDaemons::kInclude ||
        daemon->has_hold() == (held == HeldDaemons::kOnly)) {
      selection.daemons.push_back(*daemon);
    } else if (held == HeldDaemons::kPassOver) {
      selection.passed_over.push_back(*daemon);
    }
  }
  return selection;
}

}  // namespace client
}  // namespace hob
