// The client `hob`.
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "client/environment.h"
#include "client/output_buffer.h"
#include "client/run.h"

namespace {

absl::optional<std::string> Variable(const std::string& name) {
  const char* const value = getenv(name.c_str());
  if (value == nullptr) return absl::nullopt;
  return std::string(value);
}

// Returns the capabilities of the stream on `descriptor` (https://no-color.org for NO_COLOR).
hob::client::Terminal TerminalOn(int descriptor) {
  hob::client::Terminal terminal;
  terminal.is_terminal = isatty(descriptor) == 1;
  if (!terminal.is_terminal) return terminal;
  winsize size = {};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0) terminal.width = size.ws_col;
  terminal.colour =
      Variable("NO_COLOR").value_or("").empty() && Variable("TERM").value_or("dumb") != "dumb";
  return terminal;
}

}  // namespace

int main(int argc, char** argv) {
  // A write to a closed pipe fails with EPIPE instead of ending the process.
  signal(SIGPIPE, SIG_IGN);
  // Silence gRPC's own log; the client reports failures itself.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  hob::client::OutputBuffer buffer(STDOUT_FILENO);
  std::ostream out(&buffer);
  hob::client::Environment environment;
  environment.out = &out;
  environment.out_error = [&buffer] { return buffer.error(); };
  environment.err = &std::cerr;
  environment.out_terminal = TerminalOn(STDOUT_FILENO);
  environment.err_terminal = TerminalOn(STDERR_FILENO);
  environment.variable = Variable;
  environment.now = absl::Now;
  environment.zone = absl::LocalTimeZone();
  environment.exit = [](hob::client::ExitCode code) { _exit(static_cast<int>(code)); };
  return static_cast<int>(
      hob::client::Run(std::vector<std::string>(argv + 1, argv + argc), environment));
}
