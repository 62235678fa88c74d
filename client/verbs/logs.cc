#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/log_printer.h"
#include "client/name_resolution.h"
#include "client/since.h"
#include "client/verbs/verbs.h"
#include "google/protobuf/util/time_util.h"
#include "server/daemon/daemon_name.h"

namespace hob {
namespace client {
namespace {

class LogsVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"logs", "", "Print what daemons wrote, and follow it", Arguments::kDaemons};
  }

  std::vector<Parameter> Parameters() override {
    return {{"NAME", &patterns_, "Names of daemons and sets, and globs (*, ?, [a-z]) on them", "",
             /*required=*/true},
            {"-f,--follow", &follow_, "Keep printing new output"},
            {"-n,--lines", &lines_,
             "The last N lines of each stream of each daemon; 100, or with --since all", "N"},
            {"-t,--times", &times_, "Print when each line was written"},
            {"--since", &since_,
             "Only output since this time: 10min (ago), 12:30, '2026-01-31 12:30'", "T"},
            {"--stream",
             &stream_,
             "stdout or stderr alone",
             "TEXT",
             /*required=*/false,
             {"stdout", "stderr"}}};
  }

  ExitCode Run(Session& session) override {
    v1::LogsRequest request;
    request.set_follow(follow_);
    if (lines_.has_value()) request.set_lines(*lines_);
    if (stream_ == "stdout") request.set_stream(v1::STDOUT);
    if (stream_ == "stderr") request.set_stream(v1::STDERR);
    if (!since_.empty()) {
      const absl::StatusOr<absl::Time> since =
          ParseSince(since_, session.Now(), session.environment().zone);
      if (!since.ok()) return session.Fail(since.status());
      *request.mutable_since() =
          google::protobuf::util::TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(*since));
    }
    const absl::StatusOr<std::vector<std::string>> names = ResolveNames(session, patterns_);
    if (!names.ok()) return session.Fail(names.status());
    const absl::Status greeted = session.supervisor().Greet();
    if (!greeted.ok()) return session.Fail(greeted);
    // Passes the patterns on unresolved: among daemons whose output is not kept, the server skips
    // those that match a glob, and refuses those named in full.
    for (const std::string& pattern : patterns_) request.add_names(pattern);
    if (stream_.empty() && names->size() == 1) TellIfStdoutIsNotKept(session, names->front());
    return Print(session, request, *names);
  }

 private:
  LogPrinter::Options PrinterOptions(const Session& session,
                                     const std::vector<std::string>& names) const {
    LogPrinter::Options options;
    options.names = names.size() > 1;
    for (const std::string& name : names) {
      options.name_width = std::max(options.name_width, Width(Escape(name)));
    }
    options.times = times_;
    options.zone = session.environment().zone;
    options.terminal = session.terminal();
    return options;
  }

  ExitCode Print(Session& session, const v1::LogsRequest& request,
                 const std::vector<std::string>& names) const {
    LogPrinter printer(PrinterOptions(session, names));
    std::ostream& out = *session.environment().out;
    const absl::Status status =
        session.supervisor().Logs(request, [&](const v1::LogsResponse& piece) {
          if (session.json()) {
            session.PrintJson(piece);
          } else {
            if (piece.missed() > 0) TellMissed(session, piece);
            session.Print(printer.Print(piece));
          }
          out.flush();
          return out.good();
        });
    if (!session.json()) session.Print(printer.End());
    // The caller of Run reports the failed write.
    if (!out.good()) return ExitCode::kFailed;
    return status.ok() ? ExitCode::kDone : session.Fail(status);
  }

  // Tells the user if only the daemon's stderr is kept: it would seem to write nothing to stdout.
  static void TellIfStdoutIsNotKept(Session& session, const std::string& name) {
    const absl::StatusOr<std::vector<v1::StatusResponse>> status =
        session.supervisor().Status({name});
    if (!status.ok()) return;
    const auto& settings = status->front().spec().settings();
    const auto where_stdout = settings.find("stdout");
    const auto where_stderr = settings.find("stderr");
    if (where_stdout == settings.end() || where_stdout->second == "log") return;
    if (where_stderr == settings.end() || where_stderr->second != "log") return;
    session.Tell(absl::StrCat(name, ": its stdout is not kept: stdout = ", where_stdout->second,
                              " in [daemon:", ConfiguredName(name), "]; this is its stderr"));
  }

  static void TellMissed(Session& session, const v1::LogsResponse& piece) {
    session.Tell(absl::StrCat(piece.name(), ": too slow: ", Count(piece.missed(), "byte"),
                              " were rotated away before they were read"));
  }

  std::vector<std::string> patterns_;
  bool follow_ = false;
  bool times_ = false;
  absl::optional<int64_t> lines_;
  std::string since_;
  std::string stream_;
};

}  // namespace

std::unique_ptr<Verb> MakeLogsVerb() { return std::make_unique<LogsVerb>(); }

}  // namespace client
}  // namespace hob
