#include "server/process/spawn/prepared_child.h"

#include <sys/resource.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hob {
namespace {

// Where the helper finds its status pipe: the lowest number that is not the readiness descriptor's.
int StatusNumber(int ready_fd) { return ready_fd == 3 ? 4 : 3; }

template <typename Pointers>
void AppendPointers(const std::vector<std::string>& words, Pointers* pointers) {
  for (const std::string& word : words) pointers->push_back(const_cast<char*>(word.c_str()));
}

}  // namespace

PreparedChild::PreparedChild(const SpawnRequest& request, const Options& options,
                             const SpawnSlots& slots, const SpawnSlots::Passed& passed) {
  plan_.ready_slot = passed.ready();
  plan_.status_slot = passed.status();
  plan_.ready_fd = request.ready_fd.value_or(-1);
  plan_.status_fd = StatusNumber(plan_.ready_fd);
  plan_.record_slot = slots.record_slot();
  for (const int fd : {slots.hold_slot(), slots.record_slot(), passed.ready(), passed.status()}) {
    if (fd >= 0) plan_.kept[plan_.kept_count++] = fd;
  }
  std::sort(plan_.kept, plan_.kept + plan_.kept_count);
  const size_t name_size = std::min(request.name.size(), sizeof(plan_.record.name) - 1);
  std::copy_n(request.name.begin(), name_size, plan_.record.name);
  SetStdio(request, slots);
  SetAttributes(request);
  SetLimits(request, options);
  SetProgram(request, options);
}

void PreparedChild::SetStdio(const SpawnRequest& request, const SpawnSlots& slots) {
  const StdioTarget* const targets[] = {&request.stdin_target, &request.stdout_target,
                                        &request.stderr_target};
  for (int i = 0; i < 3; ++i) {
    const bool hold = targets[i]->kind == StdioTarget::Kind::kHold;
    plan_.stdio[i] = {targets[i]->kind,
                      hold ? slots.hold_path().c_str() : targets[i]->path.c_str()};
  }
}

void PreparedChild::SetAttributes(const SpawnRequest& request) {
  plan_.umask = request.umask;
  plan_.directory = request.directory.c_str();
  plan_.set_nice = request.nice.has_value();
  plan_.nice = request.nice.value_or(0);
  if (request.nice.has_value()) {
    nice_ = absl::StrCat(*request.nice);
    plan_.nice_text = nice_.c_str();
    plan_.nice_text_size = static_cast<int>(nice_.size());
  }
  if (request.oom_score_adj.has_value()) {
    oom_score_adj_ = absl::StrCat(*request.oom_score_adj);
    plan_.oom_score_adj = oom_score_adj_.c_str();
    plan_.oom_score_adj_size = static_cast<int>(oom_score_adj_.size());
  }
  // The helper sets it itself, after the credentials.
  plan_.no_new_privileges =
      request.no_new_privileges.value_or(false) && !request.credentials.has_value();
}

void PreparedChild::SetLimits(const SpawnRequest& request, const Options& options) {
  const struct {
    int resource;
    SpawnStage stage;
    const absl::optional<ResourceLimit>& limit;
  } limits[kChildLimits] = {
      {RLIMIT_NOFILE, SpawnStage::kLimitNofile,
       request.limit_nofile.has_value() ? request.limit_nofile : options.limit_nofile},
      {RLIMIT_CORE, SpawnStage::kLimitCore, request.limit_core},
      {RLIMIT_NPROC, SpawnStage::kLimitNproc, request.limit_nproc},
      {RLIMIT_MEMLOCK, SpawnStage::kLimitMemlock, request.limit_memlock},
  };
  for (int i = 0; i < kChildLimits; ++i) {
    if (!limits[i].limit.has_value()) continue;
    plan_.limits[i] = {
        true, limits[i].resource, limits[i].stage, {limits[i].limit->soft, limits[i].limit->hard}};
  }
}

void PreparedChild::SetHelperWords(const SpawnRequest& request) {
  const DaemonSpec::Credentials& credentials = *request.credentials;
  helper_words_ = {"hob-exec",
                   absl::StrCat(plan_.status_fd),
                   absl::StrCat(credentials.uid),
                   absl::StrCat(credentials.gid),
                   absl::StrJoin(credentials.groups, ","),
                   request.no_new_privileges.value_or(false) ? "1" : "0"};
}

void PreparedChild::SetProgram(const SpawnRequest& request, const Options& options) {
  plan_.path = request.argv[0].c_str();
  if (request.credentials.has_value()) {
    SetHelperWords(request);
    plan_.path = options.exec_helper.c_str();
  }
  argv_.reserve(helper_words_.size() + request.argv.size() + 1);
  AppendPointers(helper_words_, &argv_);
  AppendPointers(request.argv, &argv_);
  argv_.push_back(nullptr);
  const size_t shared =
      request.shared_environment == nullptr ? 0 : request.shared_environment->size();
  environment_.reserve(shared + request.environment.size() + 1);
  if (shared > 0) AppendPointers(*request.shared_environment, &environment_);
  AppendPointers(request.environment, &environment_);
  environment_.push_back(nullptr);
  plan_.argv = argv_.data();
  plan_.environment = environment_.data();
}

}  // namespace hob
