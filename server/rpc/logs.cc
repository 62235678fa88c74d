#include "server/rpc/logs.h"

#include <algorithm>
#include <utility>

#include "server/errors/errors.h"
#include "server/rpc/name_globs.h"
#include "server/rpc/status.h"

namespace hob {
namespace {

constexpr int64_t kDefaultLines = 100;

absl::Status Check(const v1::LogsRequest& request) {
  if (request.names().empty()) return InvalidRequest("names", "is empty: name a daemon");
  if (!v1::LogStream_IsValid(request.stream())) {
    return InvalidRequest("stream", "has a value that is no stream");
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
