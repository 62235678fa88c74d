// The two kinds of Instance, one for each kind of containment.
#ifndef HOB_SERVER_PROCESS_RECORD_CONTAINED_INSTANCE_H_
#define HOB_SERVER_PROCESS_RECORD_CONTAINED_INSTANCE_H_

#include <memory>
#include <string>
#include <utility>

#include "server/posix/unique_fd.h"
#include "server/process/process.h"
#include "server/process/record/instance_record.h"
#include "server/process/tree/adopted_main.h"
#include "server/process/tree/main_process.h"
#include "server/process/tree/session_tree.h"
#include "server/process/tree/stray_reaper.h"

namespace hob {

// Owns an entry in the instance record and releases it on destruction. Movable.
class RecordedInstance {
 public:
  // `record` must outlive the object.
  explicit RecordedInstance(InstanceRecord* record) : record_(record), entry_(record->Acquire()) {}
  RecordedInstance(RecordedInstance&& other) noexcept
      : record_(std::exchange(other.record_, nullptr)), entry_(other.entry_) {}
  RecordedInstance& operator=(RecordedInstance&&) = delete;
  ~RecordedInstance() {
    if (record_ != nullptr) record_->Release(entry_);
  }

  int entry() const { return entry_; }

  // Leaves the entry in the file for the next server. Called if part of the instance is still
  // alive.
  void Abandon() {
    if (record_ != nullptr) record_->LeaveBehind();
    record_ = nullptr;
  }

 private:
  InstanceRecord* record_;
  int entry_;
};

// An instance in its own control group.
class GroupInstance : public Instance {
 public:
  // `group` is the directory of the group that the process was created in; the instance does not
  // remove it. `strays` is as in AdoptedMain.
  GroupInstance(pid_t pid, UniqueFd pidfd, std::string group, RecordedInstance recorded,
                StrayReaper* strays)
      : main_(pid, std::move(pidfd)),
        group_(std::move(group)),
        recorded_(std::move(recorded)),
        strays_(strays) {}
  ~GroupInstance() override;

  pid_t pid() const override { return adopted_ != nullptr ? adopted_->pid() : main_.pid(); }
  int exit_fd() const override { return adopted_ != nullptr ? adopted_->pidfd() : main_.pidfd(); }
  absl::optional<ReapedProcess> TryReap() override;
  absl::Status SetMain(pid_t process) override;
  int former_exit_fd() const override { return adopted_ != nullptr ? main_.pidfd() : -1; }
  absl::Status SignalMain(int signal) override {
    return adopted_ != nullptr ? adopted_->Signal(signal) : main_.Signal(signal);
  }
  absl::Status SignalTree(int signal) override;
  absl::Status SignalTreeAndContinue(int signal) override;
  bool Contains(pid_t process) override;
  int CountAlive() override;
  bool IsGone() override;
  int tree_fd() override { return events_.get(); }

 private:
  bool IsEmpty() const;
  absl::Status KillTree();
  // `signals` must not contain SIGKILL.
  absl::Status SendToTree(absl::Span<const int> signals);

  MainProcess main_;
  const std::string group_;
  // True if the group was killed as a whole. Linux 6.18 then permanently kills every process cloned
  // into it, so the next instance needs a new group.
  bool group_was_killed_ = false;
  // cgroup.events; open only while the tree outlives the main process.
  UniqueFd events_;
  bool gone_ = false;
  RecordedInstance recorded_;
  StrayReaper* const strays_;
  // The main process if SetMain has replaced the spawned one; null otherwise.
  std::unique_ptr<AdoptedMain> adopted_;
};

// An instance that leads its own session. The spawned process stays a zombie while anything in its
// tree is alive, even after SetMain has named another main process. This reserves its process group
// number, so the group can be signalled safely.
class SessionInstance : public Instance {
 public:
  // `mark` is the mark that every process of the instance carries, or kNoMark; `strays` is as in
  // AdoptedMain.
  SessionInstance(pid_t pid, UniqueFd pidfd, std::string name, uint64_t mark,
                  RecordedInstance recorded, StrayReaper* strays)
      : main_(pid, std::move(pidfd)),
        tree_(&main_, std::move(name), mark),
        recorded_(std::move(recorded)),
        strays_(strays) {}
  ~SessionInstance() override;

  pid_t pid() const override { return adopted_ != nullptr ? adopted_->pid() : main_.pid(); }
  int exit_fd() const override {
    if (reported_) return -1;
    return adopted_ != nullptr ? adopted_->pidfd() : main_.pidfd();
  }
  absl::optional<ReapedProcess> TryReap() override;
  absl::Status SetMain(pid_t process) override;
  absl::Status SignalMain(int signal) override {
    return adopted_ != nullptr ? adopted_->Signal(signal) : main_.Signal(signal);
  }
  absl::Status SignalTree(int signal) override;
  bool Contains(pid_t process) override;
  int CountAlive() override;
  bool IsGone() override;
  int tree_fd() override { return -1; }

 private:
  MainProcess main_;
  SessionTree tree_;
  // True if TryReap has returned the end.
  bool reported_ = false;
  RecordedInstance recorded_;
  StrayReaper* const strays_;
  // As in GroupInstance.
  std::unique_ptr<AdoptedMain> adopted_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_RECORD_CONTAINED_INSTANCE_H_
