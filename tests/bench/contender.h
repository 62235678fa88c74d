#ifndef HOB_TESTS_BENCH_CONTENDER_H_
#define HOB_TESTS_BENCH_CONTENDER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/posix/unique_fd.h"
#include "tests/bench/ledger.h"

namespace hob {
namespace bench {

// A supervisor that is measured, from its launch to its end: hobd, or a bare one. Its daemons are
// all the same child, which notes its starts in the ledger. Everything that it writes lies in a
// folder of its own, which goes with it.
//
// Not thread-safe. Launched by the thread that lives longest: a supervisor whose launcher is gone
// is told to end.
class Contender {
 public:
  enum class Kind { kBareLoop, kBareThreads, kHobd };

  // Absolute paths of the programs.
  struct Programs {
    std::string hobd;
    std::string hob;
    std::string bare_loop;
    std::string bare_threads;
    std::string child;
    // Does nothing.
    std::string empty;
  };

  struct Options {
    Programs programs;
    Kind kind = Kind::kHobd;
    int daemons = 1;
    // Where its folder is made.
    std::string folder;
    // The children end at once, and hobd has the throttle of its defaults. Else they stay, and its
    // window is so wide that it never gives one up.
    bool crash_loop = false;
    // True if it leads a session of its own, as a server does.
    bool own_session = true;
    // Whether to hide the control groups, which leaves hobd with sessions to contain daemons.
    bool hide_control_groups = false;
  };

  // Launches it and returns at once. The errors tell what the machine refuses.
  static absl::StatusOr<std::unique_ptr<Contender>> Launch(const Options& options);
  // Ends it, however long it takes.
  ~Contender();

  Contender(const Contender&) = delete;
  Contender& operator=(const Contender&) = delete;

  Kind kind() const { return options_.kind; }
  int daemons() const { return options_.daemons; }
  pid_t pid() const { return pid_; }
  Ledger& ledger() { return *ledger_; }
  // CLOCK_MONOTONIC, nanoseconds, just before it was launched.
  int64_t launched_at() const { return launched_at_; }

  // Of hobd: where it listens, and what the daemon number `index` is called.
  std::string address() const { return "unix:" + folder_ + "/hob.sock"; }
  static std::string DaemonName(int index);

  // Waits until the first instance of every daemon has started. With the supervisor's own words
  // when it has ended instead.
  absl::Status WaitForBoot();

  // Sends TERM and waits for its end. Returns how long that took, nanoseconds.
  absl::StatusOr<int64_t> Stop();

 private:
  explicit Contender(const Options& options) : options_(options) {}

  absl::Status MakeFolder();
  absl::Status WriteConfiguration() const;
  std::vector<std::string> Command() const;
  absl::Status Start();
  [[noreturn]] void Become(char* const* argv, const char* stderr_path) const;
  // What it has written to stderr, the end of it.
  std::string LastWords() const;

  const Options options_;
  std::string folder_;
  std::unique_ptr<Ledger> ledger_;
  int64_t launched_at_ = 0;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
};

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_CONTENDER_H_
