#ifndef HOB_SERVER_DAEMON_ENDED_RUNS_H_
#define HOB_SERVER_DAEMON_ENDED_RUNS_H_

#include <sys/types.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/daemon/exit_report.h"

namespace hob {

// Describes one ended instance of a daemon.
struct EndedRun {
  // 0 if the instance could not be spawned.
  pid_t pid = 0;
  absl::Time start_time;
  absl::optional<absl::Time> ready_time;
  ExitReport exit;
  // The last line of stderr, printable, if the run failed and stderr is kept; if stderr is joined
  // to stdout, the last line of both.
  std::string last_stderr_line;
  // The generation of its configuration.
  int64_t config_generation = 0;
};

// Number of ended runs kept for each daemon.
inline constexpr int kMaxEndedRuns = 10;

// Holds the last runs of a daemon, the latest first. Immutable.
class EndedRuns {
 public:
  using Runs = std::vector<EndedRun>;
  using Iterator = Runs::const_iterator;

  EndedRuns() = default;
  // Makes a list of `latest` and as many of `earlier` as fit.
  EndedRuns(EndedRun latest, const EndedRuns& earlier) {
    const size_t kept = std::min<size_t>(earlier.size(), kMaxEndedRuns - 1);
    runs_.reserve(kept + 1);
    runs_.push_back(std::move(latest));
    runs_.insert(runs_.end(), earlier.runs_.begin(), earlier.runs_.begin() + kept);
  }

  // Returns the same runs with `latest` in place of the latest. Precondition: !empty().
  EndedRuns WithLatest(EndedRun latest) const {
    EndedRuns other = *this;
    other.runs_.front() = std::move(latest);
    return other;
  }

  bool empty() const { return runs_.empty(); }
  size_t size() const { return runs_.size(); }
  // Returns the latest run. Precondition: !empty().
  const EndedRun& front() const { return runs_.front(); }
  // Precondition: i < size().
  const EndedRun& operator[](size_t i) const { return runs_[i]; }
  Iterator begin() const { return runs_.begin(); }
  Iterator end() const { return runs_.end(); }

 private:
  Runs runs_;
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_ENDED_RUNS_H_
