#ifndef HOB_SERVER_SERVER_H_
#define HOB_SERVER_SERVER_H_

#include <signal.h>
#include <sys/signalfd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "server/checks/thread_prober.h"
#include "server/config/config.h"
#include "server/journal/journal.h"
#include "server/memory_trimmer.h"
#include "server/net/listener.h"
#include "server/output/log_store.h"
#include "server/process/spawn/process_spawner.h"
#include "server/process/tree/stray_reaper.h"
#include "server/registry/change_notifier.h"
#include "server/registry/registry.h"
#include "server/run_dir.h"
#include "server/supervisor/hold_store.h"
#include "server/supervisor/reloader.h"
#include "server/supervisor/supervisor.h"
#include "server/throttle/restart_throttle.h"

namespace hob {

class Handlers;
class Metrics;
class RpcServer;
struct ServerFacts;

// The composition root: creates everything in order of dependency, runs until a signal stops it,
// and then ends the process. If that is impossible, destroys everything in reverse order.
//
// Create and Run are called by the main thread, which has every signal blocked and never creates a
// daemon's process.
class Server {
 public:
  struct Options {
    // The files that `config` was loaded from, for reloads.
    std::vector<std::string> config_paths;
    Config config;
    // The environment that children may inherit, as "KEY=VALUE".
    std::vector<std::string> environment;
    // The limit on open files that children get.
    ResourceLimit descriptor_limit;
  };

  // Takes the run_dir, ends the processes of a dead predecessor as far as possible, listens, and
  // registers every daemon without starting it. Errors state the problem and the remedy.
  static absl::StatusOr<std::unique_ptr<Server>> Create(Options options);

  ~Server();

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Starts the daemons and serves until TERM or INT has stopped them all. The exit code is 0, or 1
  // if a second signal cut the shutdown short or a process survived KILL. Usually ends the process
  // with that code; returns it if everything must be destroyed in order.
  int Run();

 private:
  explicit Server(Options options);

  absl::Status OpenSignals();
  absl::Status TakeRunDir();
  absl::Status EndPredecessor();
  absl::Status MakeSpawner();
  // Logs which daemons cannot be started as their users, before their starts fail.
  void WarnAboutUsers();
  // Reads the holds that an earlier server kept.
  void LoadHolds();
  absl::Status MakeSupervisor();
  absl::Status Listen();
  // Listens for scrapes of metrics, if they are configured (server_metrics.cc).
  absl::Status OpenMetrics();
  ServerFacts Facts() const;
  void ServeMetrics();
  void StartServing();
  // Waits for signals, timers and the end of the shutdown, with the signals `blocked`; returns true
  // if the shutdown has ended.
  bool WaitForEvents(const sigset_t& blocked);
  void HandleSignal(const signalfd_siginfo& signal);
  void BeginShutDown();
  // Handles a second signal: kills all remaining processes.
  void KillRemaining();
  // Ends the process at once, because some process survived even that.
  [[noreturn]] void GiveUp();
  void StopServing();
  // Ends the process and leaves its memory to the kernel. Returns in builds that check for leaks or
  // write coverage at their end: those destroy everything in order.
  void EndAtOnce();

  Options options_;
  const absl::Time start_time_;
  int exit_code_ = 0;
  bool stopping_ = false;
  MonotonicTime give_up_at_ = MonotonicTime::InfiniteFuture();

  MemoryTrimmer trimmer_;

  // In order of construction; destroyed in reverse order.
  Journal journal_;
  absl::optional<ServerLock> lock_;
  StrayReaper strays_;
  // Instances of a dead predecessor that could not be ended; moved to the spawner.
  std::vector<Leftover> leftovers_;
  std::unique_ptr<ProcessSpawner> spawner_;
  std::unique_ptr<LogStore> logs_;
  RestartThrottle throttle_;
  Registry registry_;
  ChangeNotifier notifier_{registry_};
  ChangeWaits waits_;
  std::unique_ptr<ThreadProber> prober_;
  std::unique_ptr<HoldStore> holds_;
  DaemonRunner::Context context_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<Reloader> reloader_;
  // Null if not configured.
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Handlers> handlers_;
  std::unique_ptr<RpcServer> rpc_server_;
  std::unique_ptr<Listener> listener_;
  // Deliver signals, and the end of the shutdown.
  UniqueFd signals_;
  UniqueFd all_down_;
};

}  // namespace hob

#endif  // HOB_SERVER_SERVER_H_
