#ifndef HOB_SERVER_DAEMON_CHECK_H_
#define HOB_SERVER_DAEMON_CHECK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace hob {

// Describes how to check a daemon. A plain value.
struct CheckTarget {
  enum class Kind {
    // No check.
    kNone,
    // An HTTP request; 200 to 399 is success.
    kHttp,
    // A connection; acceptance is success.
    kConnect,
    // grpc.health.v1.Health/Check; SERVING is success.
    kGrpc,
    // A program; exit code 0 is success.
    kExec,
  };

  Kind kind = Kind::kNone;
  // As configured.
  std::string text;
  // kHttp: the URL. kConnect and kGrpc: HOST:PORT; empty for a Unix socket.
  std::string address;
  // kHttp and kConnect: the path of a Unix socket; empty for TCP.
  std::string socket;
  // kGrpc: the service; empty for the whole server.
  std::string service;
  // kExec.
  std::vector<std::string> argv;
};

// The check of a daemon: target, schedule and reaction. A plain value.
struct Check {
  // The reaction when the daemon becomes unhealthy.
  enum class Action {
    // Ends the instance, which counts as a failure.
    kRestart,
    // Only reports it.
    kNone,
  };

  // Null without a check. Shared, because many daemons have the same.
  std::shared_ptr<const CheckTarget> target;
  // Time between the starts of two attempts.
  absl::Duration interval = absl::Seconds(10);
  // Time limit of an attempt.
  absl::Duration timeout = absl::Seconds(3);
  // Delay before the first attempt.
  absl::Duration delay;
  // Failures in a row that make it unhealthy, and successes that make it healthy.
  int failures = 3;
  int successes = 1;
  Action action = Action::kRestart;

  CheckTarget::Kind kind() const {
    return target == nullptr ? CheckTarget::Kind::kNone : target->kind;
  }
  // Returns the check as configured; empty if there is none.
  std::string text() const { return target == nullptr ? "" : target->text; }
};

inline bool operator==(const Check& a, const Check& b) {
  return a.text() == b.text() && a.interval == b.interval && a.timeout == b.timeout &&
         a.delay == b.delay && a.failures == b.failures && a.successes == b.successes &&
         a.action == b.action;
}

// The health of the current instance by its check.
enum class DaemonHealth {
  // There is no check.
  kUnchecked,
  // There is no verdict yet, or no instance.
  kUnknown,
  kHealthy,
  kUnhealthy,
};

// The verdict of a check, reported once, when it changes. A plain value.
struct CheckVerdict {
  // The number that Prober::Begin returned.
  int64_t check = 0;
  DaemonHealth health = DaemonHealth::kUnknown;
  // The last finding: "HTTP 503".
  std::string message;
  // Number of attempts in a row with this outcome.
  int attempts = 0;
};

// The outcome of an attempt. A plain value.
struct CheckResult {
  // The end of the attempt.
  absl::Time time;
  bool ok = false;
  // The finding: "HTTP 200", "connection refused"; untrusted text of one line.
  std::string message;
  absl::Duration latency;
  // Counts include this attempt unless hobd could not make it; at least one is 0.
  int consecutive_failures = 0;
  int consecutive_successes = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_CHECK_H_
