// hobd: keeps the daemons of one machine running.

#include <google/protobuf/stubs/logging.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/capacity.h"
#include "server/config/config.h"
#include "server/config/keys/default_paths.h"
#include "server/journal/journal.h"
#include "server/process/spawn/descriptors.h"
#include "server/server.h"
#include "server/version/version.h"

namespace {

constexpr int kFailed = 1;
constexpr int kUsageOrConfiguration = 2;

// Sets the disposition of every signal, whatever the caller had ignored (nohup(1), a shell's `&`):
//
//   HUP INT QUIT TERM USR2        the main thread reads them from a descriptor
//   CHLD URG                      wake threads that wait for them
//   ABRT BUS FPE ILL SEGV SYS TRAP, KILL
//                                 end the server, with a core where the machine keeps one
//   STOP CONT                     as for any process
//   all others                    are ignored, so that none ends the server or is left pending
//
// Every thread inherits the mask, which blocks all signals except the fatal ones.
void SetUpSignals() {
  constexpr int kLastSignal = 64;
  constexpr size_t kKernelSignalSetBytes = 8;
  const std::set<int> fatal = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
  const std::set<int> awaited = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR2, SIGCHLD, SIGURG};
  sigset_t blocked;
  sigfillset(&blocked);
  for (int signal = 1; signal <= kLastSignal; ++signal) {
    const bool is_default = fatal.count(signal) != 0 || awaited.count(signal) != 0;
    // The kernel's own layout: the C library cannot set the two signals that it reserves, and hobd
    // uses neither of their purposes (cancelling threads, changing all threads' user).
    const struct {
      void (*handler)(int);
      unsigned long flags;
      void (*restorer)();
      uint64_t mask;
    } action = {is_default ? SIG_DFL : SIG_IGN, 0, nullptr, 0};
    syscall(SYS_rt_sigaction, signal, &action, nullptr, kKernelSignalSetBytes);
    if (fatal.count(signal) != 0) sigdelset(&blocked, signal);
  }
  pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

// Removes variables of the caller that affect hobd's libraries: GRPC_TRACE can print messages,
// GRPC_ENABLE_FORK_SUPPORT slows every spawn, GLOG_* redirects the log. Returns the original
// environment.
std::vector<std::string> CleanEnvironment() {
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    environment.push_back(*variable);
  }
  for (const std::string& variable : environment) {
    if (absl::StartsWith(variable, "GRPC_") || absl::StartsWith(variable, "GLOG_")) {
      unsetenv(variable.substr(0, variable.find('=')).c_str());
    }
  }
  return environment;
}

int Fail(int code, const absl::Status& status) {
  std::cerr << "hobd: " << status.message() << "\n";
  return code;
}

int Serve(const std::vector<std::string>& config_paths, const hob::ResourceLimit& descriptor_limit,
          std::vector<std::string> environment) {
  hob::LoadedConfig loaded = hob::LoadConfigThatFits(config_paths, hob::Capacity::OfMachine());
  if (!loaded.ok()) {
    for (const hob::ConfigProblem& error : loaded.errors) std::cerr << error.ToString() << "\n";
    std::cerr << "hobd: the configuration has " << loaded.errors.size()
              << (loaded.errors.size() == 1 ? " error" : " errors") << "; nothing was started\n";
    return kUsageOrConfiguration;
  }
  hob::Server::Options options;
  options.config_paths = config_paths;
  options.config = std::move(loaded.config);
  options.environment = std::move(environment);
  options.descriptor_limit = descriptor_limit;
  try {
    absl::StatusOr<std::unique_ptr<hob::Server>> server = hob::Server::Create(std::move(options));
    if (!server.ok()) return Fail(kFailed, server.status());
    return (*server)->Run();
  } catch (const std::system_error& error) {
    // The standard library reports a failure to create a thread only by this exception. These
    // threads are created before the first daemon starts; workers are created without exceptions.
    return Fail(kFailed, absl::ResourceExhaustedError(
                             absl::StrCat("cannot start a thread: ", error.code().message())));
  }
}

// Logs only protobuf's reason for an abort. Its default handler writes a line to stderr for each
// request text that is not UTF-8, and blocks if nothing reads stderr; the sender of the request
// gets an error anyway.
void LogProtobuf(google::protobuf::LogLevel level, const char* file, int line,
                 const std::string& message) {
  if (level == google::protobuf::LOGLEVEL_FATAL) {
    std::cerr << "hobd: protobuf: " << file << ":" << line << ": " << message << "\n";
  }
}

// Turns off the deadlock detection of Debian's Abseil. It keeps a graph of all mutexes behind one
// lock, with 1.8 KiB per daemon. Test builds keep it on.
void DisableDeadlockDetection() {
#ifdef NDEBUG
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
}

// Makes the C library return large blocks (an answer to List, the queue of a journal) to the
// kernel. By default it comes to keep every block as large as one that was freed once.
void ReturnLargeBlocks() {
  constexpr int kLarge = 128 << 10;
  mallopt(M_MMAP_THRESHOLD, kLarge);
}

}  // namespace

int main(int argc, char** argv) {
  const absl::Status sanitized = hob::SanitizeInheritedDescriptors();
  if (!sanitized.ok()) return Fail(kFailed, sanitized);
  SetUpSignals();
  DisableDeadlockDetection();
  ReturnLargeBlocks();

  CLI::App app("hobd keeps the daemons of one machine running. It is controlled with hob.", "hobd");
  std::vector<std::string> config_paths;
  app.add_option(
      "--config", config_paths,
      "INI file, or directory whose *.ini files are read in name order; may be given more "
      "than once: a later one overrides an earlier one key by key");
  app.set_version_flag("--version", absl::StrCat("hobd ", hob::kVersion));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageOrConfiguration;
  }
  if (config_paths.empty()) config_paths = hob::DefaultConfigPaths();

  const absl::StatusOr<hob::ResourceLimit> limit = hob::RaiseDescriptorLimit();
  if (!limit.ok()) return Fail(kFailed, limit.status());
  std::vector<std::string> environment = CleanEnvironment();
  hob::Journal::InitLog(argv[0]);
  google::protobuf::SetLogHandler(LogProtobuf);
  return Serve(config_paths, *limit, std::move(environment));
}
