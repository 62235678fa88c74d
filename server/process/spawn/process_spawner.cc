#include "server/process/spawn/process_spawner.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/posix/raw_clone.h"
#include "server/process/record/contained_instance.h"
#include "server/process/record/leftover_instance.h"
#include "server/process/spawn/file_probe.h"
#include "server/process/spawn/helper_status.h"
#include "server/process/spawn/preflight.h"
#include "server/process/spawn/spawn_failure.h"
#include "server/process/tree/control_group.h"
#include "server/process/tree/instance_mark.h"

namespace hob {
namespace {

// Maximum timeout: a clock cannot add an infinite duration to the current time.
constexpr absl::Duration kLongestExec = absl::Hours(24);

absl::StatusOr<std::string> HelperBesideThisProgram() {
  constexpr char kThisProgram[] = "/proc/self/exe";
  char path[PATH_MAX];
  const ssize_t size = readlink(kThisProgram, path, sizeof(path));
  if (size < 0) {
    const absl::Status status = absl::ErrnoToStatus(errno, kThisProgram);
    if (access("/proc/self", F_OK) == 0) return status;
    return absl::FailedPreconditionError(
        absl::StrCat(status.message(), ": hobd needs /proc: mount -t proc proc /proc"));
  }
  const std::string program(path, size);
  return absl::StrCat(program.substr(0, program.rfind('/')), "/hob-exec");
}

void AddWhyNoMarks(Containment* containment) {
  const std::string why = WhyNoMarks();
  if (why.empty()) return;
  absl::StrAppend(&containment->reason,
                  "; processes bear no mark that tells whose they are: ", why);
}

// Returns the failed step if the descriptors cannot be passed as requested; kNone otherwise.
SpawnStep CheckDescriptors(const std::vector<PassedDescriptor>& descriptors) {
  if (descriptors.size() > kMostPassedDescriptors) {
    return {SpawnStage::kDescriptor, E2BIG, descriptors[kMostPassedDescriptors].number};
  }
  std::set<int> numbers;
  for (const PassedDescriptor& descriptor : descriptors) {
    const bool is_taken =
        descriptor.number <= STDERR_FILENO || !numbers.insert(descriptor.number).second;
    if (is_taken) return {SpawnStage::kDescriptor, EEXIST, descriptor.number};
    if (descriptor.fd < 0) return {SpawnStage::kDescriptor, EBADF, descriptor.number};
  }
  return {};
}

// Returns the server's descriptors that a child gets: those of the request, followed by the status
// pipe of the exec helper unless it is -1.
std::vector<int> DescriptorsOf(const std::vector<PassedDescriptor>& descriptors, int status_write) {
  std::vector<int> files;
  for (const PassedDescriptor& descriptor : descriptors) files.push_back(descriptor.fd);
  if (status_write >= 0) files.push_back(status_write);
  return files;
}

// Returns the failed step for the descriptor at `index` of DescriptorsOf.
SpawnStep StepOfDescriptor(const std::vector<PassedDescriptor>& descriptors, size_t index,
                           int error_number) {
  if (index == descriptors.size()) return {SpawnStage::kClone, error_number};
  return {SpawnStage::kDescriptor, error_number, descriptors[index].number};
}

}  // namespace

// A child that has called execve.
struct ProcessSpawner::ClonedChild {
  pid_t pid = 0;
  UniqueFd pidfd;
};

// Identifies a child to the next server.
struct ProcessSpawner::Registration {
  // Index of its entry in the record.
  int record_entry = 0;
  uint64_t mark = kNoMark;
};

absl::StatusOr<std::unique_ptr<ProcessSpawner>> ProcessSpawner::Create(Options options) {
  if (options.exec_helper.empty()) {
    absl::StatusOr<std::string> helper = HelperBesideThisProgram();
    if (!helper.ok()) return helper.status();
    options.exec_helper = *std::move(helper);
  }
  Containment containment;
  containment.reason = "control groups are switched off";
  if (options.control_groups) containment = ProbeContainment(options.run_dir);
  if (containment.mode == ContainmentMode::kSession) AddWhyNoMarks(&containment);
  absl::StatusOr<std::unique_ptr<InstanceRecord>> record =
      InstanceRecord::Create(options.run_dir, containment.group);
  using Slots = absl::StatusOr<std::unique_ptr<SpawnSlots>>;
  Slots slots = record.ok() ? SpawnSlots::Create((*record)->fd()) : Slots(record.status());
  if (!slots.ok()) {
    if (!containment.group.empty()) RemoveControlGroup(containment.group);
    return slots.status();
  }
  std::unique_ptr<ProcessSpawner> spawner(new ProcessSpawner(
      std::move(options), std::move(containment), *std::move(record), *std::move(slots)));
  MutexLock lock(&spawner->leftovers_mu_);
  for (const Leftover& leftover : spawner->options_.leftovers) {
    absl::StatusOr<std::unique_ptr<Instance>> instance =
        LeftoverInstance::Create(leftover, spawner->record_.get());
    if (!instance.ok()) return instance.status();
    spawner->leftovers_[leftover.daemon] = *std::move(instance);
  }
  return spawner;
}

ProcessSpawner::ProcessSpawner(Options options, Containment containment,
                               std::unique_ptr<InstanceRecord> record,
                               std::unique_ptr<SpawnSlots> slots)
    : options_(std::move(options)),
      child_options_({options_.exec_helper, options_.child_limits}),
      containment_(std::move(containment)),
      record_(std::move(record)),
      slots_(std::move(slots)),
      // With a control group, a mark is not needed to find processes.
      marks_(containment_.mode == ContainmentMode::kSession && WhyNoMarks().empty()),
      watch_(absl::ToChronoNanoseconds(std::min(options_.exec_timeout, kLongestExec))) {}

ProcessSpawner::~ProcessSpawner() {
  if (containment_.mode == ContainmentMode::kControlGroup) RemoveControlGroup(containment_.group);
}

std::unique_ptr<Instance> ProcessSpawner::TakeLeftover(const std::string& name) {
  MutexLock lock(&leftovers_mu_);
  const auto found = leftovers_.find(name);
  if (found == leftovers_.end()) return nullptr;
  std::unique_ptr<Instance> leftover = std::move(found->second);
  leftovers_.erase(found);
  return leftover;
}

void ProcessSpawner::Forget(const std::string& name) {
  if (containment_.mode != ContainmentMode::kControlGroup) return;
  RemoveControlGroup(DaemonGroup(containment_.group, name));
}

SpawnResult ProcessSpawner::Spawn(const SpawnRequest& request) {
  failed_children_.ReapLate();
  RecordedInstance recorded(record_.get());
  const Registration registration = {recorded.entry(), marks_ ? DrawMark() : kNoMark};
  absl::variant<ClonedChild, SpawnFailure> result = request.attributes.credentials != nullptr
                                                        ? CloneWithHelper(request, registration)
                                                        : Clone(request, -1, registration);
  if (auto* failure = absl::get_if<SpawnFailure>(&result)) return std::move(*failure);
  ClonedChild& child = absl::get<ClonedChild>(result);
  if (containment_.mode == ContainmentMode::kControlGroup) {
    return std::make_unique<GroupInstance>(child.pid, std::move(child.pidfd),
                                           DaemonGroup(containment_.group, request.name),
                                           std::move(recorded), options_.strays);
  }
  return std::make_unique<SessionInstance>(child.pid, std::move(child.pidfd), request.name,
                                           registration.mark, std::move(recorded), options_.strays);
}

absl::optional<SpawnFailure> ProcessSpawner::WouldFail(const SpawnRequest& request) {
  failed_children_.ReapLate();
  // A child that blocks on an unresponsive file system can be killed; this thread cannot.
  FileProbe probe;
  probe.directory = request.attributes.directory.c_str();
  probe.program = request.argv[0].c_str();
  int pidfd = -1;
  SpawnWatch::Spawn watched(&watch_, &pidfd);
  const pid_t pid = RawClone(/*cgroup_fd=*/-1, &RunFileProbe, &probe, &pidfd);
  const bool killed = watched.End();
  // If no process can be created, no failure is certain.
  if (pid < 0) return absl::nullopt;
  failed_children_.Reap(UniqueFd(pidfd));
  if (killed && probe.begun == SpawnStage::kNone) return absl::nullopt;
  if (killed) return ExplainSpawnFailure(request, {probe.begun, ETIMEDOUT});
  return ForeseeSpawnFailure(request, options_.exec_helper);
}

absl::variant<UniqueFd, SpawnFailure> ProcessSpawner::OpenGroup(const SpawnRequest& request) const {
  if (containment_.mode != ContainmentMode::kControlGroup) return UniqueFd();
  const std::string path = DaemonGroup(containment_.group, request.name);
  UniqueFd group = OpenControlGroup(path);
  if (group.ok()) return group;
  SpawnFailure failure = ExplainSpawnFailure(request, {SpawnStage::kClone, errno});
  failure.message = absl::StrCat(path, ": ", ErrnoMeaning(failure.error_number));
  return failure;
}

absl::variant<ProcessSpawner::ClonedChild, SpawnFailure> ProcessSpawner::Clone(
    const SpawnRequest& request, int status_write, const Registration& registration) {
  absl::variant<UniqueFd, SpawnFailure> group = OpenGroup(request);
  if (auto* failure = absl::get_if<SpawnFailure>(&group)) return std::move(*failure);
  const SpawnStep refused = CheckDescriptors(request.descriptors);
  if (refused.stage != SpawnStage::kNone) return ExplainSpawnFailure(request, refused);
  const SpawnSlots::Lease lease = slots_->Pass(DescriptorsOf(request.descriptors, status_write));
  if (lease.error() != 0) {
    return ExplainSpawnFailure(
        request, StepOfDescriptor(request.descriptors, lease.places().size(), lease.error()));
  }
  PreparedChild child(request, child_options_, *slots_, lease.places());
  child.plan()->record_offset = InstanceRecord::Offset(registration.record_entry);
  child.plan()->record.mark = registration.mark;
  int pidfd = -1;
  SpawnWatch::Spawn watched(&watch_, &pidfd);
  const pid_t pid = RawClone(absl::get<UniqueFd>(group).get(), &RunChild, child.plan(), &pidfd);
  const bool killed = watched.End();
  if (pid < 0) return ExplainSpawnFailure(request, {SpawnStage::kClone, -pid});
  UniqueFd owned_pidfd(pidfd);
  SpawnStep failure = child.plan()->failure;
  if (killed) failure = {child.plan()->begun, ETIMEDOUT};
  if (failure.stage == SpawnStage::kNone) return ClonedChild{pid, std::move(owned_pidfd)};
  failed_children_.Reap(std::move(owned_pidfd));
  return ExplainClone(request, failure);
}

absl::variant<ProcessSpawner::ClonedChild, SpawnFailure> ProcessSpawner::CloneWithHelper(
    const SpawnRequest& request, const Registration& registration) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return ExplainSpawnFailure(request, {SpawnStage::kClone, errno});
  }
  const UniqueFd status_read(ends[0]);
  UniqueFd status_write(ends[1]);
  fcntl(status_read.get(), F_SETFL, O_NONBLOCK);
  absl::variant<ClonedChild, SpawnFailure> result =
      Clone(request, status_write.get(), registration);
  // Now only the helper's copy keeps the pipe open.
  status_write.Reset();
  ClonedChild* child = absl::get_if<ClonedChild>(&result);
  if (child == nullptr) return result;
  const SpawnStep step = AwaitHelper(status_read.get(), child->pidfd.get(), options_.exec_timeout);
  if (step.stage == SpawnStage::kNone) return result;
  failed_children_.Reap(std::move(child->pidfd));
  return ExplainSpawnFailure(request, step);
}

SpawnFailure ProcessSpawner::ExplainClone(const SpawnRequest& request, SpawnStep step) const {
  if (step.stage != SpawnStage::kExec || request.attributes.credentials == nullptr) {
    return ExplainSpawnFailure(request, step);
  }
  return ExplainHelperFailure(options_.exec_helper, step.error_number);
}

absl::Status ProcessSpawner::CheckExecHelper() const {
  if (access(options_.exec_helper.c_str(), X_OK) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(ExplainHelperFailure(options_.exec_helper, errno).message);
}

}  // namespace hob
