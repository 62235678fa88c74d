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

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/api/handlers.h"
#include "server/capacity.h"
#include "server/daemon/identity.h"
#include "server/metrics/metrics.h"
#include "server/process/record/predecessor.h"
#include "server/rpc/rpc_server.h"
#include "server/service_manager.h"
#include "server/version/version.h"

namespace hob {
namespace {

// The outcome of the shutdown, as a number for an eventfd.
constexpr eventfd_t kAllGone = 1;
constexpr eventfd_t kSomeLeft = 2;

constexpr mode_t kFolderMode = 0755;
constexpr mode_t kLogFolderMode = 0750;
// Children open their FIFOs before they take on another user.
constexpr mode_t kFifoFolderMode = 0700;

// Time that instances of a dead server have to end before they are killed.
constexpr absl::Duration kPredecessorGrace = absl::Seconds(10);
// Times that output which cannot be written is tried, once a second, before it is given up.
constexpr int kLastTries = 5;
// Time for the last answers to leave, once everything is down and every call is answered. A client
// that is connected and makes no call may not notice that it is asked to go.
constexpr std::chrono::milliseconds kFarewell{100};
// Time that the process may take for its own end after that.
constexpr absl::Duration kLongestFarewell = absl::Seconds(10);

// Time that daemons which a second signal kills have to be gone. After it they, or their workers,
// hang in the kernel, and waiting is pointless.
constexpr absl::Duration kLongestKill = absl::Seconds(10);

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

// Returns what the main thread blocks while it waits: what it blocks anyway, but for SIGCHLD. That
// cannot come from the descriptor of signals: a thread that let it in would take it from there, and
// where none does, the kernel looks at every thread at the end of every child. It remembers the one
// that took the last, so that it finds this one at once.
sigset_t AllButChildEnded() {
  struct sigaction action = {};
  action.sa_handler = ChildEnded;
  sigaction(SIGCHLD, &action, nullptr);
  sigset_t set;
  pthread_sigmask(SIG_SETMASK, nullptr, &set);
  sigdelset(&set, SIGCHLD);
  return set;
}

// Ends the process with `code` if it is still there after kLongestFarewell. Called by the main
// thread when nothing is left but to take everything down: the end of gRPC waits for its threads,
// and for ever for one that it could not make when the machine had no room for it.
void EndSoonAnyway(int code) {
  static int exit_code;
  static MonotonicTime end;
  exit_code = code;
  end = Clock::Real().Now().monotonic + kLongestFarewell;
  struct sigaction action = {};
  action.sa_handler = [](int) {
    // Others may send SIGALRM, too.
    if (Clock::Real().Now().monotonic >= end) _exit(exit_code);
  };
  sigaction(SIGALRM, &action, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  alarm(kLongestFarewell / absl::Seconds(1));
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
  if (!signals_.ok()) return absl::ErrnoToStatus(errno, "cannot take signals: signalfd");
  all_down_.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!all_down_.ok()) return absl::ErrnoToStatus(errno, "cannot be told of the end: eventfd");
  return absl::OkStatus();
}

absl::Status Server::TakeRunDir() {
  const ServerSettings& settings = options_.config.server;
  for (const auto& [key, path, mode] :
       {std::make_tuple("run_dir", settings.run_dir, kFolderMode),
        std::make_tuple("log_dir", settings.log_dir, kLogFolderMode),
        std::make_tuple("state_dir", settings.state_dir, kFolderMode),
        std::make_tuple("run_dir", NotifyDir(settings), kFolderMode),
        std::make_tuple("run_dir", FifoDir(settings), kFifoFolderMode)}) {
    if (absl::Status status = MakeFolder(key, path, mode); !status.ok()) return status;
    // Logs that others replace do no harm.
    if (absl::string_view(key) != "run_dir") continue;
    if (absl::Status status = CheckClosed(key, path); !status.ok()) return status;
  }
  absl::StatusOr<ServerLock> lock = ServerLock::Acquire(settings.run_dir, settings.log_dir);
  if (!lock.ok()) return lock.status();
  lock_ = *std::move(lock);
  return absl::OkStatus();
}

absl::Status Server::EndPredecessor() {
  // From now on this process gets orphans: those ended here, and those that daemons will lose.
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
                                "; it is not started before that is gone"));
  }
  leftovers_ = std::move(report.left);
  if (report.problems.empty()) return absl::OkStatus();
  // Going on could make a second instance of something that still runs.
  return absl::FailedPreconditionError(
      absl::StrCat("what an earlier server left running cannot be ended: ",
                   absl::StrJoin(report.problems, "; ")));
}

absl::Status Server::MakeSpawner() {
  ProcessSpawner::Options options;
  options.run_dir = options_.config.server.run_dir;
  options.child_limit_nofile = options_.descriptor_limit;
  options.leftovers = std::move(leftovers_);
  options.strays = &strays_;
  absl::StatusOr<std::unique_ptr<ProcessSpawner>> spawner =
      ProcessSpawner::Create(std::move(options));
  if (!spawner.ok()) return spawner.status();
  spawner_ = *std::move(spawner);
  const Containment& containment = spawner_->containment();
  journal_.Info(absl::StrCat("containment: ", ContainmentModeName(containment.mode),
                             containment.reason.empty() ? "" : ", because ", containment.reason));
  WarnOfUsers();
  return absl::OkStatus();
}

void Server::WarnOfUsers() {
  const Identity& own = context_.child_defaults.identity;
  std::vector<std::string> in_need;
  for (const auto& [name, daemon] : options_.config.daemons) {
    if (daemon->credentials == nullptr || own.Is(*daemon->credentials)) continue;
    in_need.push_back(name);
    const std::string why_not = own.WhyNot(*daemon->credentials);
    if (!why_not.empty()) {
      journal_.Warning(absl::StrCat(name, " cannot be started: ", why_not));
    }
  }
  const absl::Status helper = in_need.empty() ? absl::OkStatus() : spawner_->CheckExecHelper();
  if (helper.ok()) return;
  journal_.Error(absl::StrCat(helper.message(), "; these have a user or group of their own and ",
                              "cannot be started: ", absl::StrJoin(in_need, " ")));
}

absl::Status Server::MakeSupervisor() {
  context_.clock = &Clock::Real();
  context_.spawner = spawner_.get();
  context_.throttle = &throttle_;
  context_.registry = &registry_;
  context_.journal = &journal_;
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
      registry_, notifier_, *supervisor_, *reloader_, *logs_,
      Handlers::Facts{start_time_, std::string(ContainmentModeName(spawner_->containment().mode)),
                      [this] { return strays_.reaped(); }},
      [this] { trimmer_.NoteActivity(); });
  RpcServer::Interceptors interceptors;
  if (metrics_ != nullptr) interceptors.push_back(metrics_->calls().MakeInterceptors());
  rpc_server_ = std::make_unique<RpcServer>(*handlers_, std::move(interceptors));
  const auto hand_over = [this](UniqueFd connection) {
    rpc_server_->TakeConnection(std::move(connection));
  };
  // Handlers tell callers over TCP from others by the address that gRPC reports.
  listener_->Serve(hand_over, hand_over);
  ServeMetrics();
}

int Server::Run() {
  StartServing();
  supervisor_->Boot();
  const int daemons = registry_.All().size();
  journal_.Info(absl::StrCat("hobd ", kVersion, " ", KeepsDaemons(daemons), "; listens on ",
                             absl::StrJoin(listener_->addresses(), " ")));
  NotifyReady(daemons);

  const sigset_t blocked = AllButChildEnded();
  // The boot leaves much behind.
  trimmer_.NoteActivity();
  while (!WaitForEvents(blocked)) {
    signalfd_siginfo info;
    while (read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
      HandleSignal(info.ssi_signo);
    }
    // One SIGCHLD may stand for many ends, so it is not counted.
    strays_.ReapStrays();
  }
  eventfd_t all_gone = kAllGone;
  eventfd_read(all_down_.get(), &all_gone);
  if (all_gone != kAllGone) exit_code_ = 1;
  StopServing();
  // If a process survived KILL, everything is taken down in order, so that its record stays for the
  // next server.
  if (all_gone == kAllGone) EndAtOnce();
  return exit_code_;
}

void Server::EndAtOnce() {
#ifndef HOB_TAKES_ALL_DOWN
  // Every daemon is gone, every call answered. A reload is finished, and so is all that leaves
  // files and groups behind for others to see. Joining a thousand threads, and gRPC's one after the
  // other, unmapping their stacks and freeing ten thousand snapshots took half of the time of an
  // orderly stop, and the kernel does it at once.
  reloader_ = nullptr;
  logs_->archiver().End();
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
  const timespec patience = absl::ToTimespec(std::max(left, absl::ZeroDuration()));
  const bool bounded = due != MonotonicTime::InfiniteFuture();
  const int ready = ppoll(fds, std::size(fds), bounded ? &patience : nullptr, &blocked);
  const MonotonicTime now = Clock::Real().Now().monotonic;
  if (ready == 0 && give_up_at_ <= now) GiveUp();
  if (fds[0].revents != 0) trimmer_.NoteActivity();
  if (fds[2].revents != 0) trimmer_.Look(now);
  trimmer_.TrimIfDue(now);
  return fds[1].revents != 0;
}

void Server::HandleSignal(int signal) {
  switch (signal) {
    case SIGTERM:
    case SIGINT:
    case SIGQUIT:
      return stopping_ ? CutShort() : BeginShutDown();
    case SIGHUP:
      listener_->Restore();
      return reloader_->Request(/*dry_run=*/false, nullptr);
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
  journal_.Info("stops all daemons, then ends; a second signal kills what is left");
  handlers_->BeginShutDown();
  supervisor_->BeginShutDown([this](bool all_gone) {
    logs_->leftovers().Finish(kLastTries, [this, all_gone] {
      eventfd_write(all_down_.get(), all_gone ? kAllGone : kSomeLeft);
    });
  });
}

void Server::CutShort() {
  exit_code_ = 1;
  journal_.Warning("kills what is left");
  supervisor_->KillAll();
  logs_->leftovers().CutShort();
  const MonotonicTime now = Clock::Real().Now().monotonic;
  give_up_at_ = std::min(give_up_at_, now + kLongestKill);
}

void Server::GiveUp() {
  std::vector<std::string> left;
  for (const DaemonSnapshotPtr& daemon : registry_.All()) {
    if (daemon->state != DaemonState::kStopped) left.push_back(daemon->name());
  }
  journal_.Error(absl::StrCat("ends although these do not: ", absl::StrJoin(left, " "),
                              "; the next server ends what is left of them before it starts"));
  journal_.End();
  // Taking the server down in order would wait for the workers.
  _exit(1);
}

void Server::StopServing() {
  if (metrics_ != nullptr) metrics_->StopServing();
  listener_ = nullptr;
  // Those who follow get the last change, or the last line, and then the end.
  notifier_.End();
  handlers_->logs_thread().BeginEnd();
  EndSoonAnyway(exit_code_);
  rpc_server_->ShutDown(kFarewell);
  journal_.Info("ends");
}

}  // namespace hob
