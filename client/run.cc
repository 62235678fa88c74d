#include "client/run.h"

#include <errno.h>
#include <string.h>

#include "client/command_line.h"
#include "client/escape.h"
#include "client/session.h"
#include "client/verbs/verbs.h"

namespace hob {
namespace client {
namespace {

// Returns `code`, or kFailed if output was lost.
ExitCode Finish(const Environment& environment, ExitCode code) {
  environment.out->flush();
  if (environment.out->good()) return code;
  const int error = environment.out_error();
  // A reader that closes the pipe (`hob list | head -1`) needs no message.
  if (error != EPIPE) {
    *environment.err << "hob: cannot write the output"
                     << ": " << strerror(error) << "\n"
                     << std::flush;
  }
  return ExitCode::kFailed;
}

}  // namespace

ExitCode Run(const std::vector<std::string>& arguments, const Environment& environment) {
  CommandLine command_line(AllVerbs());
  const ParsedCommandLine parsed = command_line.Parse(arguments);
  if (parsed.verb == nullptr) {
    *(parsed.code == ExitCode::kDone ? environment.out : environment.err) << parsed.text;
    return Finish(environment, parsed.code);
  }
  Session session(environment, parsed.options, command_line.description());
  const ExitCode code = Finish(environment, parsed.verb->Run(session));
  if (environment.exit) environment.exit(code);
  return code;
}

}  // namespace client
}  // namespace hob
