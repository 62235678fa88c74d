// The two kinds of Instance, by how they keep their trees together.
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

// An entry in the record of live instances, given back when it is destroyed. Movable.
class RecordedInstance {
 public:
  // `record` outlives it.
  explicit RecordedInstance(InstanceRecord* record) : record_(record), entry_(record->Acquire()) {}
  RecordedInstance(RecordedInstance&& other) noexcept
      : record_(std::exchange(other.record_, nullptr)), entry_(other.entry_) {}
  RecordedInstance& operator=(RecordedInstance&&) = delete;
  ~RecordedInstance() {
    if (record_ != nullptr) record_->Release(entry_);
  }

  int entry() const { return entry_; }

  // Leaves the entry in the file for a successor: something of the instance is still alive.
  void Abandon() {
    if (record_ != nullptr) record_->LeaveBehind();
    record_ = nullptr;
  }

 private:
  InstanceRecord* record_;
  int entry_;
};

// An instance in a control group of its own.
class GroupInstance : public Instance {
 public:
  // `group` is the folder of the group that the process was born in; it is not removed. `strays` as
  // in AdoptedMain.
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
  bool IsSignalledAtOnce() const override { return true; }
  int tree_fd() override { return events_.get(); }

 private:
  bool IsEmpty() const;
  absl::Status KillTree();
  // None of `signals` is KILL.
  absl::Status SendToTree(absl::Span<const int> signals);

  MainProcess main_;
  const std::string group_;
  // Whether the group was killed as a whole. Linux 6.18 then kills whatever is cloned into it, for
  // good: the next life takes a new group.
  bool group_was_killed_ = false;
  // cgroup.events; open only while the tree outlives the main process.
  UniqueFd events_;
  bool gone_ = false;
  RecordedInstance recorded_;
  StrayReaper* const strays_;
  // The main process, where it is another than the one that was spawned.
  std::unique_ptr<AdoptedMain> adopted_;
};

// An instance that leads a session of its own. While anything of the tree is alive the process that
// was spawned stays a zombie when it ends, even where SetMain has named another main process: the
// number of its group is its own that long, and can be signalled.
class SessionInstance : public Instance {
 public:
  // `mark` is what everything of it bears, or kNoMark; `strays` as in AdoptedMain.
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
  bool IsSignalledAtOnce() const override { return false; }
  int tree_fd() override { return -1; }

 private:
  MainProcess main_;
  SessionTree tree_;
  // Whether TryReap has told the end.
  bool reported_ = false;
  RecordedInstance recorded_;
  StrayReaper* const strays_;
  // As in GroupInstance.
  std::unique_ptr<AdoptedMain> adopted_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_RECORD_CONTAINED_INSTANCE_H_
