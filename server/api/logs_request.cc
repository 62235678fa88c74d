#include "server/api/logs_request.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/api/name_globs.h"
#include "server/daemon/daemon_name.h"
#include "server/errors/errors.h"

namespace hob {
namespace {

constexpr int64_t kDefaultLines = 100;

absl::Status CheckRequest(const v1::LogsRequest& request) {
  if (request.names().empty()) return InvalidRequest("names", "is empty: name a daemon");
  if (!v1::LogStream_IsValid(request.stream())) {
    return InvalidRequest("stream", "has a value that is not a stream");
  }
  if (request.lines() < 0) return InvalidRequest("lines", "is negative");
  if (request.bytes() < 0) return InvalidRequest("bytes", "is negative");
  return absl::OkStatus();
}

std::vector<OutputStream> StreamsOf(v1::LogStream stream) {
  if (stream == v1::STDOUT) return {OutputStream::kStdout};
  if (stream == v1::STDERR) return {OutputStream::kStderr};
  return {OutputStream::kStdout, OutputStream::kStderr};
}

absl::string_view ValueOf(OutputMode mode) {
  switch (mode) {
    case OutputMode::kLog:
      return "log";
    case OutputMode::kStdout:
      return "stdout";
    case OutputMode::kInherit:
      return "inherit";
    case OutputMode::kNull:
      return "null";
  }
  return "";
}

// Returns NotKept unless at least one of the requested streams is logged.
absl::Status CheckLogged(const DaemonSpec& spec, v1::LogStream stream) {
  const bool keeps_stdout = spec.stdout_mode == OutputMode::kLog;
  const bool keeps_stderr = spec.stderr_mode == OutputMode::kLog;
  const std::string section = absl::StrCat(" in [daemon:", ConfiguredName(spec.name), "]");
  if (stream == v1::STDERR && spec.stderr_mode == OutputMode::kStdout) {
    return NotKept(spec.name, absl::StrCat("its stderr is joined to its stdout (stderr = stdout",
                                           section, "); ask for stdout"));
  }
  if (stream == v1::STDOUT && !keeps_stdout) {
    return NotKept(spec.name, absl::StrCat("stdout = ", ValueOf(spec.stdout_mode), section,
                                           "; set stdout = log to keep one"));
  }
  if (stream == v1::STDERR && !keeps_stderr) {
    return NotKept(spec.name, absl::StrCat("stderr = ", ValueOf(spec.stderr_mode), section,
                                           "; set stderr = log to keep one"));
  }
  if (keeps_stdout || keeps_stderr) return absl::OkStatus();
  return NotKept(spec.name, absl::StrCat("stdout = ", ValueOf(spec.stdout_mode),
                                         " and stderr = ", ValueOf(spec.stderr_mode), section,
                                         "; set stdout = log to keep one"));
}

// Removes from `names`, the result of Resolve, the daemons that do not log what `request` asks for.
// Returns NotKept if `request` names one of them, or if none is left.
absl::Status RemoveUnlogged(const v1::LogsRequest& request, const Registry& registry,
                            std::vector<std::string>& names) {
  std::vector<std::string> kept;
  absl::Status first_error;
  for (std::string& name : names) {
    const DaemonSnapshotPtr daemon = registry.Find(name);
    // A daemon that was just removed may still have a log.
    const absl::Status status =
        daemon == nullptr ? absl::OkStatus() : CheckLogged(*daemon->spec, request.stream());
    if (status.ok()) {
      kept.push_back(std::move(name));
      continue;
    }
    const auto& patterns = request.names();
    if (std::find(patterns.begin(), patterns.end(), name) != patterns.end()) return status;
    if (first_error.ok()) first_error = status;
  }
  if (kept.empty()) return first_error;
  names = std::move(kept);
  return absl::OkStatus();
}

// Returns the names of the daemons that `patterns` match, each once, in the order of the patterns.
absl::StatusOr<std::vector<std::string>> Resolve(
    const google::protobuf::RepeatedPtrField<std::string>& patterns, const Registry& registry,
    const Supervisor& supervisor) {
  const std::vector<DaemonSnapshotPtr> daemons = registry.All();
  std::vector<std::string> names;
  for (const std::string& pattern : patterns) {
    bool matched = false;
    for (const DaemonSnapshotPtr& daemon : daemons) {
      if (!MatchesGlob(pattern, daemon->name())) continue;
      matched = true;
      if (std::find(names.begin(), names.end(), daemon->name()) == names.end()) {
        names.push_back(daemon->name());
      }
    }
    if (!matched) return supervisor.WhyNotFound(pattern);
  }
  return names;
}

}  // namespace

absl::StatusOr<LogsFeed::Options> ReadLogsRequest(const v1::LogsRequest& request,
                                                  const Registry& registry,
                                                  const Supervisor& supervisor) {
  if (absl::Status status = CheckRequest(request); !status.ok()) return status;
  absl::StatusOr<std::vector<std::string>> names = Resolve(request.names(), registry, supervisor);
  if (!names.ok()) return names.status();
  if (absl::Status status = RemoveUnlogged(request, registry, *names); !status.ok()) return status;
  LogsFeed::Options options;
  options.names = *std::move(names);
  options.streams = StreamsOf(request.stream());
  options.follow = request.follow();
  if (request.bytes() > 0) options.bytes = request.bytes();
  if (request.has_since()) {
    options.since = absl::FromUnixSeconds(request.since().seconds()) +
                    absl::Nanoseconds(request.since().nanos());
  }
  if (request.has_lines()) {
    options.lines = request.lines();
  } else if (!request.has_since() && request.bytes() == 0) {
    options.lines = kDefaultLines;
  }
  return options;
}

}  // namespace hob
