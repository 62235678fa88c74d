#ifndef HOB_SERVER_DAEMON_CHECK_H_
#define HOB_SERVER_DAEMON_CHECK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace hob {

// The way to ask a daemon whether it works. A plain value.
struct CheckTarget {
  enum class Kind {
    // No way.
    kNone,
    // An HTTP request; 200 to 399 is success.
    kHttp,
    // A connection that is accepted.
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
  // kGrpc: the name of the service that is asked for; empty asks for the whole server.
  std::string service;
  // kExec.
  std::vector<std::string> argv;
};

// When to ask a running daemon whether it works, how, and what follows. A plain value.
struct Check {
  // What follows when a running daemon becomes unhealthy.
  enum class Action {
    // The instance is ended, which is a failure.
    kRestart,
    // It is reported.
    kNone,
  };

  // Null if there is no check. Shared, because most daemons have none, or the same.
  std::shared_ptr<const CheckTarget> target;
  // Between the beginnings of two attempts.
  absl::Duration interval = absl::Seconds(10);
  // Longest time of an attempt.
  absl::Duration timeout = absl::Seconds(3);
  // Before the first attempt.
  absl::Duration delay;
  // Number of attempts in a row that make the daemon unhealthy, and healthy.
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

// What the check says of the present instance.
enum class DaemonHealth {
  // There is no check.
  kUnchecked,
  // There is no verdict yet, or no instance.
  kUnknown,
  kHealthy,
  kUnhealthy,
};

// The verdict of a check, told once when it changes. A plain value.
struct CheckVerdict {
  // The number that Prober::Begin returned.
  int64_t check = 0;
  DaemonHealth health = DaemonHealth::kUnknown;
  // What the last attempt found: "HTTP 503".
  std::string message;
  // Number of attempts in a row that found the same.
  int attempts = 0;
};

// The outcome of an attempt. A plain value.
struct CheckResult {
  // The end of the attempt.
  absl::Time time;
  bool ok = false;
  // What it found: "HTTP 200", "connection refused"; untrusted text of one line.
  std::string message;
  absl::Duration latency;
  // Including this one; one of them is 0.
  int consecutive_failures = 0;
  int consecutive_successes = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_CHECK_H_
