#include "tests/bench/contender.h"

#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace hob {
namespace bench {
namespace {

// Time-out for everything; only a broken contender takes this long.
constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr int kPatienceMillis = 120'000;
constexpr size_t kStderrTail = 2000;

// Enters a mount namespace of its own and unmounts the hierarchy that hobd looks for. Called
// between fork and execve of a single-threaded process.
void HideControlGroups() {
  if (unshare(CLONE_NEWNS) != 0 || mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    _exit(126);
  }
  std::vector<std::string> hidden;
  FILE* const mounts = setmntent("/proc/self/mounts", "r");
  if (mounts == nullptr) _exit(126);
  while (const mntent* entry = getmntent(mounts)) {
    if (absl::string_view(entry->mnt_type) == "cgroup2") hidden.push_back(entry->mnt_dir);
  }
  endmntent(mounts);
  for (const std::string& path : hidden) {
    if (umount2(path.c_str(), MNT_DETACH) != 0) _exit(126);
  }
}

const char* NameOf(Contender::Kind kind) {
  switch (kind) {
    case Contender::Kind::kBareLoop:
      return "bare_loop";
    case Contender::Kind::kBareThreads:
      return "bare_threads";
    case Contender::Kind::kHobd:
      break;
  }
  return "hobd";
}

}  // namespace

std::string Contender::DaemonName(int index) { return absl::StrFormat("d%05d", index); }

absl::StatusOr<std::unique_ptr<Contender>> Contender::Launch(const Options& options) {
  std::unique_ptr<Contender> contender(new Contender(options));
  for (auto step : {&Contender::MakeDirectory, &Contender::Start}) {
    if (absl::Status status = (contender.get()->*step)(); !status.ok()) return status;
  }
  return contender;
}

Contender::~Contender() {
  if (pidfd_.ok()) Stop().IgnoreError();
  ledger_ = nullptr;
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

absl::Status Contender::MakeDirectory() {
  directory_ = options_.directory + "/hob-bench-XXXXXX";
  if (mkdtemp(&directory_[0]) == nullptr) {
    const int error = errno;
    return absl::ErrnoToStatus(error, std::exchange(directory_, ""));
  }
  absl::StatusOr<std::unique_ptr<Ledger>> ledger =
      Ledger::Create(directory_ + "/ledger", options_.daemons);
  if (!ledger.ok()) return ledger.status();
  ledger_ = *std::move(ledger);
  return options_.kind == Kind::kHobd ? WriteConfiguration() : absl::OkStatus();
}

absl::Status Contender::WriteConfiguration() const {
  std::ofstream file(directory_ + "/hob.ini");
  file << "[hob]\nlisten = " << address() << "\nrun_dir = " << directory_
       << "/run\nlog_dir = " << directory_ << "/log\nstate_dir = " << directory_ << "/state\n";
  file << "[os_daemon_settings]\ncheck = " << options_.check << "\n";
  if (!options_.crash_loop) file << "max_retries = 1000000\nretry_time = 1s\n";
  file << "[os_daemons]\n";
  for (int i = 0; i < options_.daemons; ++i) {
    file << DaemonName(i) << " = " << options_.programs.child << " " << ledger_->path() << " " << i
         << (options_.crash_loop ? " crash\n" : "\n");
  }
  for (int i = 1; i < options_.daemons && options_.shape != Shape::kFlat; ++i) {
    const int other = options_.shape == Shape::kChain ? i - 1 : 0;
    file << "[daemon:" << DaemonName(i) << "]\ndepends_on = " << DaemonName(other) << "\n";
  }
  file.close();
  return file ? absl::OkStatus() : absl::InternalError(directory_ + "/hob.ini cannot be written");
}

std::vector<std::string> Contender::Command() const {
  if (options_.kind == Kind::kHobd) {
    return {options_.programs.hobd, "--config", directory_ + "/hob.ini"};
  }
  const Programs& programs = options_.programs;
  return {options_.kind == Kind::kBareLoop ? programs.bare_loop : programs.bare_threads, directory_,
          absl::StrCat(options_.daemons), programs.child, ledger_->path()};
}

absl::Status Contender::Start() {
  std::vector<std::string> words = Command();
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(&word[0]);
  argv.push_back(nullptr);
  const std::string stderr_path = directory_ + "/stderr";
  launched_at_ = MonotonicNanos();
  pid_ = fork();
  if (pid_ < 0) return absl::ErrnoToStatus(errno, "fork");
  if (pid_ == 0) Become(argv.data(), stderr_path.c_str());
  pidfd_.Reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  return pidfd_.ok() ? absl::OkStatus() : absl::ErrnoToStatus(errno, "pidfd_open");
}

void Contender::Become(char* const* argv, const char* stderr_path) const {
  // The kernel may divide processors among sessions.
  if (options_.own_session) setsid();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int log = open(stderr_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (log < 0 || null < 0) _exit(126);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  if (options_.hide_control_groups) HideControlGroups();
  execv(argv[0], argv);
  _exit(127);
}

absl::Status Contender::WaitForBoot() {
  // Wait in short turns, to notice a supervisor that has ended.
  for (absl::Duration left = kPatience; left > absl::ZeroDuration(); left -= absl::Seconds(1)) {
    const absl::Status started = ledger_->WaitForStarts(options_.daemons, absl::Seconds(1));
    if (started.ok()) return started;
    pollfd end = {pidfd_.get(), POLLIN, 0};
    if (poll(&end, 1, 0) > 0) break;
  }
  return absl::UnavailableError(absl::StrCat(NameOf(options_.kind), " did not boot (",
                                             ledger_->starts(), " of ", options_.daemons,
                                             " daemons):\n", StderrTail()));
}

absl::StatusOr<int64_t> Contender::Stop() {
  const int64_t begin = MonotonicNanos();
  syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGTERM, nullptr, 0);
  pollfd end = {pidfd_.get(), POLLIN, 0};
  const bool ended = poll(&end, 1, kPatienceMillis) == 1;
  const int64_t took = MonotonicNanos() - begin;
  if (!ended) syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  siginfo_t info = {};
  waitid(P_PIDFD, pidfd_.get(), &info, WEXITED);
  pidfd_.Reset();
  if (ended && info.si_code == CLD_EXITED && info.si_status == 0) return took;
  return absl::InternalError(absl::StrCat("did not end well:\n", StderrTail()));
}

std::string Contender::StderrTail() const {
  std::ifstream file(directory_ + "/stderr");
  std::stringstream text;
  text << file.rdbuf();
  const std::string words = text.str();
  return words.substr(words.size() - std::min(words.size(), kStderrTail));
}

}  // namespace bench
}  // namespace hob
