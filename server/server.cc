#include "server/server.h"

#include <glog/logging.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/api/handlers.h"
#include "server/capacity.h"
#include "server/daemon/caller.h"
#include "server/daemon/identity.h"
#include "server/metrics/metrics.h"
#include "server/posix/proc_files.h"
#include "server/posix/user_name.h"
#include "server/process/record/predecessor.h"
#include "server/rpc/rpc_server.h"
#include "server/service_manager.h"
#include "server/version/version.h"

namespace hob {
namespace {

// Outcome of the shutdown, as the value of an eventfd.
constexpr eventfd_t kAllGone = 1;
constexpr eventfd_t kSomeLeft = 2;

constexpr mode_t kDirectoryMode = 0755;
constexpr mode_t kLogDirectoryMode = 0750;
// Children open their FIFOs before they switch users, so others need no access.
constexpr mode_t kFifoDirectoryMode = 0700;

// Time that instances of a dead server get to end before they are killed.
constexpr absl::Duration kPredecessorGrace = absl::Seconds(10);
// Number of attempts, one per second, to write stalled output before it is dropped.
constexpr int kLastTries = 5;
// Time for the last answers to leave, once everything is down and every call is answered. A
// connected client without calls may not notice the request to disconnect.
constexpr std::chrono::milliseconds kShutdownGrace{100};
// Time limit for the end of the process after that.
constexpr absl::Duration kMaxExitTime = absl::Seconds(10);

// Time limit for daemons killed by a second signal. After it, they or their workers hang in the
// kernel, and waiting is pointless.
constexpr absl::Duration kMaxKillTime = absl::Seconds(10);

// The sockets of daemons with `ready = notify`.
std::string NotifyDir(const ServerSettings& settings) { return settings.run_dir + "/notify"; }

// The FIFOs that daemons write to.
std::string FifoDir(const ServerSettings& settings) { return settings.run_dir + "/output"; }

sigset_t HandledSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR2}) sigaddset(&set, signal);
  return set;
}

void ChildEnded(int) {}

// Returns the mask for the main thread's wait: its usual mask without SIGCHLD. SIGCHLD must not
// come through signalfd: another thread that unblocked it would consume it, and if no thread
// unblocks it, the kernel examines every thread at each child's end. The kernel remembers the
// thread that took the last signal, and so finds this one at once.
sigset_t WaitMask() {
  struct sigaction action = {};
  action.sa_handler = ChildEnded;
  sigaction(SIGCHLD, &action, nullptr);
  sigset_t set;
  pthread_sigmask(SIG_SETMASK, nullptr, &set);
  sigdelset(&set, SIGCHLD);
  return set;
}

// Ends the process with `code` if it still exists after kMaxExitTime. Called by the main thread
// when only destruction is left: gRPC's shutdown waits for its threads, and forever for one that
// could not be created for lack of resources.
void ForceExitLater(int code) {
  static int exit_code;
  static MonotonicTime end;
  exit_code = code;
  end = Clock::Real().Now().monotonic + kMaxExitTime;
  struct sigaction action = {};
  action.sa_handler = [](int) {
    // Other processes may send SIGALRM too.
    if (Clock::Real().Now().monotonic >= end) _exit(exit_code);
  };
  sigaction(SIGALRM, &action, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  alarm(kMaxExitTime / absl::Seconds(1));
}

int64_t MonotonicMicroseconds() {
  return Clock::Real().Now().monotonic.since_origin() / absl::Microseconds(1);
}

void NotifyReloading() {
  NotifyServiceManager(absl::StrCat("RELOADING=1\nMONOTONIC_USEC=", MonotonicMicroseconds()));
}

std::string KeepsDaemons(int daemons) {
  return absl::StrCat("keeps ", daemons, daemons == 1 ? " daemon" : " daemons");
}

// Returns the user who sent the signal.
Caller SenderOf(const signalfd_siginfo& signal) {
  const bool is_kernel = signal.ssi_code == SI_KERNEL;
  return {Caller::Kind::kUser, is_kernel ? "the kernel" : DescribeUser(signal.ssi_uid), "HUP"};
}

void NotifyReady(int daemons) {
  NotifyServiceManager(absl::StrCat("READY=1\nSTATUS=", KeepsDaemons(daemons)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Create(Options options) {
  std::unique_ptr<Server> server(new Server(std::move(options)));
  for (auto step :
       {&Server::OpenSignals, &Server::TakeRunDir, &Server::EndPredecessor, &Server::MakeSpawner,
        &Server::MakeSupervisor, &Server::Listen, &Server::OpenMetrics}) {
    if (absl::Status status = (server.get()->*step)(); !status.ok()) return status;
  }
  return server;
}

Server::~Server() = default;

Server::Server(Options options)
    : options_(std::move(options)),
      start_time_(Clock::Real().Now().wall),
      throttle_({options_.config.server.start_rate, options_.config.server.start_burst}) {}

absl::Status Server::OpenSignals() {
  const sigset_t handled = HandledSignals();
  signals_.Reset(signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_.ok()) return absl::ErrnoToStatus(errno, "cannot receive signals: signalfd");
  all_down_.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!all_down_.ok()) return absl::ErrnoToStatus(errno, "cannot wait for the shutdown: eventfd");
  return absl::OkStatus();
}

absl::Status Server::TakeRunDir() {
  const ServerSettings& settings = options_.config.server;
  for (const auto& [key, path, mode] :
       {std::make_tuple("run_dir", settings.run_dir, kDirectoryMode),
        std::make_tuple("log_dir", settings.log_dir, kLogDirectoryMode),
        std::make_tuple("state_dir", settings.state_dir, kDirectoryMode),
        std::make_tuple("run_dir", NotifyDir(settings), kDirectoryMode),
        std::make_tuple("run_dir", FifoDir(settings), kFifoDirectoryMode)}) {
    if (absl::Status status = MakeDirectory(key, path, mode); !status.ok()) return status;
    // Files that others replace in log_dir do no harm.
    if (absl::string_view(key) == "log_dir") continue;
    if (absl::Status status = CheckClosed(key, path); !status.ok()) return status;
  }
  absl::StatusOr<ServerLock> lock =
      ServerLock::Acquire(settings.run_dir, settings.log_dir, settings.state_dir);
  if (!lock.ok()) return lock.status();
  lock_ = *std::move(lock);
  return absl::OkStatus();
}

absl::Status Server::EndPredecessor() {
  // From here on this process inherits orphans: of the processes ended here, and of daemons.
  if (absl::Status status = StrayReaper::BecomeSubreaper(); !status.ok()) return status;
  PredecessorReport report =
      ::hob::EndPredecessor(options_.config.server.run_dir, kPredecessorGrace);
  for (const PredecessorReport::Ended& ended : report.ended) {
    journal_.Warning(absl::StrCat(ended.daemon, "[", ended.pid,
                                  "] was left running by a server that is dead: ended"));
  }
  for (const Leftover& leftover : report.left) {
    journal_.Error(absl::StrCat(leftover.daemon, " was left running by a server that is dead: ",
                                absl::StrJoin(leftover.problems, "; "),
                                "; it will not be started until that is gone"));
  }
  leftovers_ = std::move(report.left);
  if (report.problems.empty()) return absl::OkStatus();
  // Continuing could start a second instance of a running daemon.
  return absl::FailedPreconditionError(
      absl::StrCat("processes left running by an earlier server cannot be ended: ",
                   absl::StrJoin(report.problems, "; ")));
}

absl::Status Server::MakeSpawner() {
  ProcessSpawner::Options options;
  options.run_dir = options_.config.server.run_dir;
  options.child_limits[RLIMIT_NOFILE] = options_.descriptor_limit;
  options.leftovers = std::move(leftovers_);
  options.strays = &strays_;
  absl::StatusOr<std::unique_ptr<ProcessSpawner>> spawner =
      ProcessSpawner::Create(std::move(options));
  if (!spawner.ok()) return spawner.status();
  spawner_ = *std::move(spawner);
  const Containment& containment = spawner_->containment();
  journal_.Info(absl::StrCat("containment: ", ContainmentModeName(containment.mode),
                             containment.reason.empty() ? "" : ", because ", containment.reason));
  WarnAboutUsers();
  return absl::OkStatus();
}

void Server::WarnAboutUsers() {
  const Identity& own = context_.child_defaults.identity;
  std::vector<std::string> affected;
  for (const auto& [name, daemon] : options_.config.daemons) {
    const Credentials* const credentials = daemon->attributes.credentials.get();
    if (credentials == nullptr || own.Is(*credentials)) continue;
    affected.push_back(name);
    const std::string why_not = own.WhyNot(*credentials);
    if (!why_not.empty()) {
      journal_.Warning(absl::StrCat(name, " cannot be started: ", why_not));
    }
  }
  const absl::Status helper = affected.empty() ? absl::OkStatus() : spawner_->CheckExecHelper();
  if (helper.ok()) return;
  journal_.Error(absl::StrCat(helper.message(), "; these daemons set a user or group and ",
                              "cannot be started: ", absl::StrJoin(affected, " ")));
}

void Server::LoadHolds() {
  const std::string boot_id = ReadSmallFile("/proc/sys/kernel/random/boot_id").value_or("");
  holds_ =
      std::make_unique<HoldStore>(options_.config.server.state_dir + "/holds",
                                  std::string(absl::StripAsciiWhitespace(boot_id)), Clock::Real());
  const absl::Status loaded = holds_->Load();
  if (!loaded.ok()) journal_.Error(std::string(loaded.message()));
  context_.holds = holds_.get();
}

absl::Status Server::MakeSupervisor() {
  LoadHolds();
  context_.clock = &Clock::Real();
  context_.spawner = spawner_.get();
  context_.throttle = &throttle_;
  context_.registry = &registry_;
  context_.journal = &journal_;
  context_.waits = &waits_;
  prober_ = std::make_unique<ThreadProber>(FifoDir(options_.config.server), *spawner_);
  context_.prober = prober_.get();
  context_.child_defaults.environment = InheritedEnvironment(options_.environment);
  context_.child_defaults.notify_dir = NotifyDir(options_.config.server);
  context_.child_defaults.fifo_dir = FifoDir(options_.config.server);
  LogStore::Options logs;
  logs.log_dir = options_.config.server.log_dir;
  logs.fifo_dir = FifoDir(options_.config.server);
  logs.warn = [this](const std::string& line) { journal_.Warning(line); };
  logs_ = std::make_unique<LogStore>(std::move(logs));
  context_.logs = logs_.get();
  supervisor_ = std::make_unique<Supervisor>(context_, options_.config);
  if (absl::Status status = supervisor_->Populate(); !status.ok()) return status;

  Reloader::Options reload;
  reload.load = [paths = options_.config_paths, capacity = Capacity::OfMachine()] {
    return LoadConfigThatFits(paths, capacity);
  };
  reload.begins = NotifyReloading;
  reload.ends = [this] { NotifyReady(registry_.All().size()); };
  reloader_ = std::make_unique<Reloader>(std::move(reload), *supervisor_, journal_);
  reloader_->Start();
  return absl::OkStatus();
}

absl::Status Server::Listen() {
  const ServerSettings& settings = options_.config.server;
  listener_ = std::make_unique<Listener>(
      Listener::Options{settings.socket_mode, settings.socket_group}, journal_);
  for (const std::string& address : settings.listen) {
    if (absl::Status status = listener_->Open(address); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void Server::StartServing() {
  handlers_ = std::make_unique<Handlers>(
      registry_, notifier_, *supervisor_, *reloader_, *prober_, *logs_, journal_,
      Handlers::Facts{start_time_, std::string(ContainmentModeName(spawner_->containment().mode)),
                      [this] { return strays_.reaped(); }},
      [this] { trimmer_.NoteActivity(); });
  rpc_server_ = std::make_unique<RpcServer>(*handlers_, [this] {
    RpcServer::Interceptors interceptors;
    if (metrics_ != nullptr) interceptors.push_back(metrics_->calls().MakeInterceptors());
    return interceptors;
  });
  listener_->Serve(
      [this](UniqueFd connection) { rpc_server_->TakeConnection(std::move(connection)); });
  ServeMetrics();
}

int Server::Run() {
  StartServing();
  supervisor_->Boot();
  const int daemons = registry_.All().size();
  journal_.Info(absl::StrCat("hobd ", kVersion, " ", KeepsDaemons(daemons), "; listens on ",
                             absl::StrJoin(listener_->addresses(), " ")));
  NotifyReady(daemons);

  const sigset_t blocked = WaitMask();
  // The boot leaves much memory free.
  trimmer_.NoteActivity();
  while (!WaitForEvents(blocked)) {
    signalfd_siginfo info;
    while (read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
      HandleSignal(info);
    }
    // One SIGCHLD may stand for several children, so it is not counted.
    strays_.ReapStrays();
  }
  eventfd_t all_gone = kAllGone;
  eventfd_read(all_down_.get(), &all_gone);
  if (all_gone != kAllGone) exit_code_ = 1;
  StopServing();
  // If a process survived KILL, tear down in order so that its record stays for the next server.
  if (all_gone == kAllGone) EndAtOnce();
  return exit_code_;
}

void Server::EndAtOnce() {
#ifndef HOB_TAKES_ALL_DOWN
  // Every daemon is gone and every call answered. Only objects that leave visible files and groups
  // behind are ended in order, after a reload in progress. Joining a thousand threads, and gRPC's
  // one by one, unmapping their stacks and freeing ten thousand snapshots took half the time of an
  // orderly stop; the kernel does it at once.
  reloader_ = nullptr;
  logs_->archiver().End();
  prober_ = nullptr;
  spawner_ = nullptr;
  journal_.End();
  _exit(exit_code_);
#endif
}

bool Server::WaitForEvents(const sigset_t& blocked) {
  pollfd fds[] = {
      {signals_.get(), POLLIN, 0}, {all_down_.get(), POLLIN, 0}, {trimmer_.fd(), POLLIN, 0}};
  const MonotonicTime due = std::min(give_up_at_, trimmer_.due());
  const absl::Duration left = due - Clock::Real().Now().monotonic;
  const timespec timeout = absl::ToTimespec(std::max(left, absl::ZeroDuration()));
  const bool bounded = due != MonotonicTime::InfiniteFuture();
  const int ready = ppoll(fds, std::size(fds), bounded ? &timeout : nullptr, &blocked);
  const MonotonicTime now = Clock::Real().Now().monotonic;
  if (ready == 0 && give_up_at_ <= now) GiveUp();
  if (fds[0].revents != 0) trimmer_.NoteActivity();
  if (fds[2].revents != 0) trimmer_.Look(now);
  trimmer_.TrimIfDue(now);
  return fds[1].revents != 0;
}

void Server::HandleSignal(const signalfd_siginfo& signal) {
  switch (signal.ssi_signo) {
    case SIGTERM:
    case SIGINT:
    case SIGQUIT:
      return stopping_ ? KillRemaining() : BeginShutDown();
    case SIGHUP:
      listener_->Restore();
      return reloader_->Request(/*dry_run=*/false, nullptr, SenderOf(signal));
    case SIGUSR2:
      journal_.Info("reopens all logs");
      return supervisor_->ReopenLogs();
    default:
      return;
  }
}

void Server::BeginShutDown() {
  stopping_ = true;
  NotifyServiceManager("STOPPING=1\nSTATUS=stops all daemons");
  journal_.Info("stops all daemons, then ends; a second signal kills all remaining processes");
  handlers_->BeginShutDown();
  supervisor_->BeginShutDown([this](bool all_gone) {
    logs_->leftovers().Finish(kLastTries, [this, all_gone] {
      eventfd_write(all_down_.get(), all_gone ? kAllGone : kSomeLeft);
    });
  });
}

void Server::KillRemaining() {
  exit_code_ = 1;
  journal_.Warning("kills all remaining processes");
  supervisor_->KillAll();
  logs_->leftovers().SkipRetries();
  const MonotonicTime now = Clock::Real().Now().monotonic;
  give_up_at_ = std::min(give_up_at_, now + kMaxKillTime);
}

void Server::GiveUp() {
  std::vector<std::string> left;
  for (const DaemonSnapshotPtr& daemon : registry_.All()) {
    if (daemon->state != DaemonState::kStopped) left.push_back(daemon->name());
  }
  journal_.Error(
      absl::StrCat("ends although these daemons have not ended: ", absl::StrJoin(left, " "),
                   "; the next server ends their processes before it starts"));
  journal_.End();
  // Orderly destruction would wait for the workers.
  _exit(1);
}

void Server::StopServing() {
  if (metrics_ != nullptr) metrics_->StopServing();
  listener_ = nullptr;
  // Followers get the last change or line, and then the end.
  notifier_.End();
  handlers_->logs_thread().BeginEnd();
  ForceExitLater(exit_code_);
  rpc_server_->ShutDown(kShutdownGrace);
  journal_.Info("ends");
}

}  // namespace hob
