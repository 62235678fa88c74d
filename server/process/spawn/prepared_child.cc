#include "server/process/spawn/prepared_child.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hob {
namespace {

// Returns the lowest number from 3 on that no descriptor of the request uses.
int FreeNumber(const std::vector<PassedDescriptor>& descriptors) {
  std::set<int> numbers;
  for (const PassedDescriptor& descriptor : descriptors) numbers.insert(descriptor.number);
  int number = STDERR_FILENO + 1;
  while (numbers.count(number) != 0) ++number;
  return number;
}

template <typename Pointers>
void AppendPointers(const std::vector<std::string>& words, Pointers* pointers) {
  for (const std::string& word : words) pointers->push_back(const_cast<char*>(word.c_str()));
}

}  // namespace

PreparedChild::PreparedChild(const SpawnRequest& request, const Options& options,
                             const SpawnSlots& slots, const std::vector<int>& places) {
  plan_.record_slot = slots.record_slot();
  const size_t name_size = std::min(request.name.size(), sizeof(plan_.record.name) - 1);
  std::copy_n(request.name.begin(), name_size, plan_.record.name);
  for (const int slot : {slots.hold_slot(), slots.record_slot()}) {
    if (slot >= 0) plan_.kept[plan_.kept_count++] = slot;
  }
  SetDescriptors(request, places);
  std::sort(plan_.kept, plan_.kept + plan_.kept_count);
  SetStdio(request, slots);
  SetAttributes(request.attributes);
  SetLimits(request.attributes.limits, options.limits);
  SetProgram(request, options);
}

void PreparedChild::SetDescriptors(const SpawnRequest& request, const std::vector<int>& places) {
  for (const PassedDescriptor& descriptor : request.descriptors) {
    AddDescriptor(places[plan_.descriptor_count], descriptor.number, SpawnStage::kDescriptor);
  }
  if (request.attributes.credentials != nullptr) {
    status_number_ = FreeNumber(request.descriptors);
    AddDescriptor(places.back(), status_number_, SpawnStage::kClone);
  }
  std::sort(plan_.descriptors, plan_.descriptors + plan_.descriptor_count,
            [](const ChildDescriptor& a, const ChildDescriptor& b) { return a.number < b.number; });
}

void PreparedChild::AddDescriptor(int place, int number, SpawnStage stage) {
  plan_.descriptors[plan_.descriptor_count++] = {place, number, stage};
  plan_.kept[plan_.kept_count++] = place;
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

void PreparedChild::SetAttributes(const ProcessAttributes& attributes) {
  plan_.umask = attributes.umask;
  plan_.directory = attributes.directory.c_str();
  plan_.set_nice = attributes.nice.has_value();
  plan_.nice = attributes.nice.value_or(0);
  if (attributes.nice.has_value()) {
    nice_ = absl::StrCat(*attributes.nice);
    plan_.nice_text = nice_.c_str();
    plan_.nice_text_size = static_cast<int>(nice_.size());
  }
  if (attributes.oom_score_adj.has_value()) {
    oom_score_adj_ = absl::StrCat(*attributes.oom_score_adj);
    plan_.oom_score_adj = oom_score_adj_.c_str();
    plan_.oom_score_adj_size = static_cast<int>(oom_score_adj_.size());
  }
  // The helper sets this flag after it has changed the credentials.
  plan_.no_new_privileges =
      attributes.no_new_privileges.value_or(false) && attributes.credentials == nullptr;
}

void PreparedChild::SetLimits(const ResourceLimits& limits, const ResourceLimits& defaults) {
  for (const LimitKey& key : kLimitKeys) {
    const ResourceLimit* limit = FindLimit(limits, key.resource);
    if (limit == nullptr) limit = FindLimit(defaults, key.resource);
    if (limit == nullptr) continue;
    plan_.limits[plan_.limit_count++] = {key.resource, {limit->soft, limit->hard}};
  }
}

void PreparedChild::SetHelperWords(const ProcessAttributes& attributes) {
  const Credentials& credentials = *attributes.credentials;
  helper_words_ = {"hob-exec",
                   absl::StrCat(status_number_),
                   absl::StrCat(credentials.uid),
                   absl::StrCat(credentials.gid),
                   absl::StrJoin(credentials.groups, ","),
                   attributes.no_new_privileges.value_or(false) ? "1" : "0"};
}

void PreparedChild::SetProgram(const SpawnRequest& request, const Options& options) {
  plan_.path = request.argv[0].c_str();
  if (request.attributes.credentials != nullptr) {
    SetHelperWords(request.attributes);
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
