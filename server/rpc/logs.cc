#include "server/rpc/logs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/errors/errors.h"
#include "server/rpc/name_globs.h"
#include "server/rpc/status.h"

namespace hob {
namespace {

constexpr int64_t kDefaultLines = 100;

absl::Status Check(const v1::LogsRequest& request) {
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

// NotKept unless what `stream` means is kept of the daemon, at least in part.
absl::Status CheckKept(const DaemonSpec& spec, v1::LogStream stream) {
  const bool keeps_stdout = spec.stdout_mode == OutputMode::kLog;
  const bool keeps_stderr = spec.stderr_mode == OutputMode::kLog;
  const std::string section = absl::StrCat(" in [daemon:", spec.name, "]");
  if (stream == v1::STDERR && spec.stderr_mode == OutputMode::kStdout) {
    return NotKept(spec.name, absl::StrCat("its stderr is joined to its stdout (stderr = stdout",
                                           section, "); ask for stdout"));
  }
  if (stream == v1::STDOUT && !keeps_stdout) {
    return NotKept(spec.name, absl::StrCat("stdout = ", ValueOf(spec.stdout_mode), section,
                                           "; stdout = log keeps one"));
  }
  if (stream == v1::STDERR && !keeps_stderr) {
    return NotKept(spec.name, absl::StrCat("stderr = ", ValueOf(spec.stderr_mode), section,
                                           "; stderr = log keeps one"));
  }
  if (keeps_stdout || keeps_stderr) return absl::OkStatus();
  return NotKept(spec.name, absl::StrCat("stdout = ", ValueOf(spec.stdout_mode),
                                         " and stderr = ", ValueOf(spec.stderr_mode), section,
                                         "; stdout = log keeps one"));
}

// A call that has failed before it has begun.
class FailedLogs : public grpc::ServerWriteReactor<v1::LogsResponse> {
 public:
  explicit FailedLogs(const absl::Status& status) { Finish(ToGrpcStatus(status)); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerWriteReactor<v1::LogsResponse>* Logs::Answer(const v1::LogsRequest& request) {
  absl::StatusOr<LogsFeed::Options> options = Read(request);
  if (!options.ok()) return new FailedLogs(options.status());
  return thread_.Answer(store_, *std::move(options));
}

absl::StatusOr<LogsFeed::Options> Logs::Read(const v1::LogsRequest& request) const {
  if (absl::Status status = Check(request); !status.ok()) return status;
  absl::StatusOr<std::vector<std::string>> names = Resolve(request.names());
  if (!names.ok()) return names.status();
  if (absl::Status status = KeepOnlyKept(request, *names); !status.ok()) return status;
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

absl::Status Logs::KeepOnlyKept(const v1::LogsRequest& request,
                                std::vector<std::string>& names) const {
  std::vector<std::string> kept;
  absl::Status first_not_kept;
  for (std::string& name : names) {
    const DaemonSnapshotPtr daemon = registry_.Find(name);
    // One that was removed just now has no output to come, and a log perhaps.
    const absl::Status status =
        daemon == nullptr ? absl::OkStatus() : CheckKept(*daemon->spec, request.stream());
    if (status.ok()) {
      kept.push_back(std::move(name));
      continue;
    }
    const auto& patterns = request.names();
    if (std::find(patterns.begin(), patterns.end(), name) != patterns.end()) return status;
    if (first_not_kept.ok()) first_not_kept = status;
  }
  if (kept.empty()) return first_not_kept;
  names = std::move(kept);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Logs::Resolve(
    const google::protobuf::RepeatedPtrField<std::string>& patterns) const {
  const std::vector<DaemonSnapshotPtr> daemons = registry_.All();
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
    if (!matched) return supervisor_.WhyNotFound(pattern);
  }
  return names;
}

}  // namespace hob
