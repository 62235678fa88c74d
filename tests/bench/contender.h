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

// A measured supervisor from its launch to its end: hobd or a bare one. All its daemons run the
// same child, which records its starts in the ledger. All files are in a directory of its own,
// which the destructor removes.
//
// Not thread-safe. Launch it on the thread that lives longest: when the launching thread ends, the
// kernel sends the supervisor a TERM.
class Contender {
 public:
  enum class Kind { kBareLoop, kBareThreads, kHobd };

  // The dependencies between the daemons of hobd: none, each on the one before it, or all on the
  // first.
  enum class Shape { kFlat, kChain, kBehindFirst };

  // The absolute paths of the programs.
  struct Programs {
    std::string hobd;
    std::string hob;
    std::string bare_loop;
    std::string bare_threads;
    std::string child;
    // A program that does nothing.
    std::string empty;
  };

  struct Options {
    Programs programs;
    Kind kind = Kind::kHobd;
    int daemons = 1;
    Shape shape = Shape::kFlat;
    // The check of every daemon of hobd; empty for none.
    std::string check;
    // The parent of its directory.
    std::string directory;
    // True if the children end at once, and hobd's throttle has its defaults. Otherwise they stay
    // up, and the throttle's window is set so that hobd never gives one up.
    bool crash_loop = false;
    // True if the supervisor leads a session of its own, as a server does.
    bool own_session = true;
    // True to hide the control groups, so that hobd contains daemons by sessions.
    bool hide_control_groups = false;
  };

  // Launches a supervisor and returns at once. Errors name the failed operation.
  static absl::StatusOr<std::unique_ptr<Contender>> Launch(const Options& options);
  // Ends the supervisor; blocks until it has ended.
  ~Contender();

  Contender(const Contender&) = delete;
  Contender& operator=(const Contender&) = delete;

  Kind kind() const { return options_.kind; }
  int daemons() const { return options_.daemons; }
  pid_t pid() const { return pid_; }
  Ledger& ledger() { return *ledger_; }
  // The time just before the launch; CLOCK_MONOTONIC, nanoseconds.
  int64_t launched_at() const { return launched_at_; }

  // Only hobd: its address, and the name of daemon number `index`.
  std::string address() const { return "unix:" + directory_ + "/hob.sock"; }
  static std::string DaemonName(int index);

  // Blocks until the first instance of every daemon has started. Unavailable, with the end of the
  // supervisor's stderr, if it ends first.
  absl::Status WaitForBoot();

  // Sends TERM and blocks until the supervisor has ended. Returns the time taken, nanoseconds.
  absl::StatusOr<int64_t> Stop();

 private:
  explicit Contender(const Options& options) : options_(options) {}

  absl::Status MakeDirectory();
  absl::Status WriteConfiguration() const;
  std::vector<std::string> Command() const;
  absl::Status Start();
  [[noreturn]] void Become(char* const* argv, const char* stderr_path) const;
  // Returns the end of its stderr.
  std::string StderrTail() const;

  const Options options_;
  std::string directory_;
  std::unique_ptr<Ledger> ledger_;
  int64_t launched_at_ = 0;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
};

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_CONTENDER_H_
