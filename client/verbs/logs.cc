#include "client/verbs/logs.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/interrupt.h"
#include "client/log_printer.h"
#include "client/name_resolution.h"
#include "client/rpc_status.h"
#include "client/since.h"
#include "client/verbs/daemon_statuses.h"
#include "google/protobuf/util/time_util.h"

namespace hob {
namespace client {
namespace {

class LogsVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"logs", "", "Print what daemons wrote, and follow it", Arguments::kDaemons};
  }

  void Define(CLI::App& command) override {
    DefineList(command, "NAME", "Names of daemons, and globs (*, ?, [a-z]) on them", true,
               patterns_);
    command.add_flag("-f,--follow", follow_, "Go on with what is written from now on");
    lines_option_ = command
                        .add_option("-n,--lines", lines_,
                                    "The last N lines of each stream of each daemon; 100, or with "
                                    "--since all")
                        ->type_name("N")
                        ->check(CLI::NonNegativeNumber);
    command.add_flag("-t,--times", times_, "Print when each line was written");
    command
        .add_option("--since", since_,
                    "Only what was written since then: 10min (ago), 12:30, '2026-01-31 12:30'")
        ->type_name("T");
    command.add_option("--stream", stream_, "stdout or stderr alone")
        ->check(CLI::IsMember({"stdout", "stderr"}));
  }

  ExitCode Run(Session& session) override {
    v1::LogsRequest request;
    request.set_follow(follow_);
    if (lines_option_->count() > 0) request.set_lines(lines_);
    if (stream_ == "stdout") request.set_stream(v1::STDOUT);
    if (stream_ == "stderr") request.set_stream(v1::STDERR);
    if (!since_.empty()) {
      const absl::StatusOr<absl::Time> since =
          ParseSince(since_, session.Now(), session.environment().zone);
      if (!since.ok()) return session.Fail(since.status());
      *request.mutable_since() =
          google::protobuf::util::TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(*since));
    }
    const absl::StatusOr<std::vector<std::string>> names = ResolveNamesForCalls(session, patterns_);
    if (!names.ok()) return session.Fail(names.status());
    const absl::StatusOr<v1::Supervisor::Stub*> server = session.Server();
    if (!server.ok()) return session.Fail(server.status());
    // As they were written: the server leaves out daemons of a glob of which nothing is kept, and
    // refuses those that are named.
    for (const std::string& pattern : patterns_) request.add_names(pattern);
    if (stream_.empty() && names->size() == 1) TellIfStdoutIsNotKept(session, names->front());
    return Print(session, **server, request, *names);
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

  ExitCode Print(Session& session, v1::Supervisor::Stub& server, const v1::LogsRequest& request,
                 const std::vector<std::string>& names) const {
    grpc::ClientContext context;
    const Interrupt interrupt([&context] { context.TryCancel(); });
    const std::unique_ptr<grpc::ClientReader<v1::LogsResponse>> reader =
        server.Logs(&context, request);
    LogPrinter printer(PrinterOptions(session, names));
    std::ostream& out = *session.environment().out;
    v1::LogsResponse piece;
    while (out.good() && reader->Read(&piece)) {
      if (session.json()) {
        session.PrintJson(piece);
      } else {
        if (piece.missed() > 0) TellMissed(session, piece);
        session.Print(printer.Print(piece));
      }
      out.flush();
    }
    if (!session.json()) session.Print(printer.End());
    if (!out.good()) context.TryCancel();
    const grpc::Status status = reader->Finish();
    if (interrupt.came() || status.ok()) return ExitCode::kDone;
    // Whoever runs the verb tells that its output could not be written.
    return out.good() ? session.Fail(ToStatus(status)) : ExitCode::kFailed;
  }

  // A daemon whose stderr alone is kept looks like one that writes nothing.
  static void TellIfStdoutIsNotKept(Session& session, const std::string& name) {
    const absl::StatusOr<std::vector<v1::StatusResponse>> status = FetchStatuses(session, {name});
    if (!status.ok()) return;
    const auto& settings = status->front().spec().settings();
    const auto where_stdout = settings.find("stdout");
    const auto where_stderr = settings.find("stderr");
    if (where_stdout == settings.end() || where_stdout->second == "log") return;
    if (where_stderr == settings.end() || where_stderr->second != "log") return;
    session.Tell(absl::StrCat(name, ": its stdout is not kept: stdout = ", where_stdout->second,
                              " in [daemon:", name, "]; this is its stderr"));
  }

  static void TellMissed(Session& session, const v1::LogsResponse& piece) {
    session.Tell(absl::StrCat(piece.name(), ": too slow: ", Count(piece.missed(), "byte"),
                              " were rotated away before they were read"));
  }

  std::vector<std::string> patterns_;
  bool follow_ = false;
  bool times_ = false;
  int64_t lines_ = 0;
  CLI::Option* lines_option_ = nullptr;
  std::string since_;
  std::string stream_;
};

}  // namespace

std::unique_ptr<Verb> MakeLogsVerb() { return std::make_unique<LogsVerb>(); }

}  // namespace client
}  // namespace hob
