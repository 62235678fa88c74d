#ifndef HOB_SERVER_CHECKS_PROBER_H_
#define HOB_SERVER_CHECKS_PROBER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/types/optional.h"
#include "absl/types/variant.h"
#include "server/daemon/check.h"
#include "server/daemon/exit_report.h"
#include "server/process/process.h"

namespace hob {

// Checks daemons, each from Begin to End, and reports their health. Thread-safe.
class Prober {
 public:
  // Describes a check of one instance.
  struct Target {
    std::string daemon;
    Check check;
    // True if the daemon comes up only once the check succeeds.
    bool is_starting = false;
    // For CheckTarget::Kind::kExec: spawns the program, or says why it cannot be spawned.
    absl::variant<SpawnRequest, SpawnFailure> program;
  };

  // Receives a verdict when it changes, on a thread of the prober. Must not block.
  using Report = std::function<void(const std::string& daemon, const CheckVerdict& verdict)>;

  virtual ~Prober() = default;

  // Sets the receiver of all verdicts. Call it before all other methods, and with null after them.
  // Once it returns, the former receiver is no longer called.
  virtual void SetReport(Report report) = 0;

  // Begins to check. Returns the number of the check, above 0 and never used before.
  virtual int64_t Begin(Target target) = 0;

  // Ends the check with this number and its attempt; blocks until its program is gone, five seconds
  // at most. A verdict may still arrive.
  virtual void End(int64_t check) = 0;

  // Returns the outcome of the latest attempt on the current instance; absent before the first.
  virtual absl::optional<CheckResult> Latest(const std::string& daemon) const = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_CHECKS_PROBER_H_
