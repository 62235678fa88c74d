#include "client/run_test_env.h"

#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "client/run.h"

namespace hob {
namespace client {

std::string Ago(const std::string& field, int64_t seconds, int millis) {
  return absl::StrCat(field, " { seconds: ", kNowSeconds - seconds, " nanos: ", millis * 1000000,
                      " }");
}

v1::StatusResponse Web() {
  return Parse<v1::StatusResponse>(absl::StrCat(
      "daemon { name: 'web' state: RUNNING wanted: true ready: true pid: 812 ",
      Ago("start_time", 303), Ago("ready_time", 302), " reason: 'up and ready' ",
      "status_text: 'serving 12 clients' restart_count: 1 ", "exit_count: 1 last_exit { signal: 9 ",
      Ago("time", 304), " } } ",
      "spec { command: '/usr/bin/web --port 80' argv: '/usr/bin/web' argv: '--port' argv: '80' ",
      "origin: '/etc/hob/hob.ini:3' settings { key: 'restart' value: 'always' } } ",
      "runs { pid: 812 ", Ago("start_time", 303), Ago("ready_time", 302), " } runs { pid: 700 ",
      Ago("start_time", 7200), " exit { signal: 9 ", Ago("time", 304), " } }"));
}

v1::StatusResponse Halted() {
  const std::string failure = absl::StrCat("failures { ", Ago("time", 60, 120),
                                           " exit { exit_code: 1 ", Ago("time", 60, 120), " } } ");
  return Parse<v1::StatusResponse>(absl::StrCat(
      "daemon { name: 'api' state: HALTED wanted: true ", Ago("start_time", 60, 100),
      " reason: 'given up: 3 failures within 5s' restart_count: 2 exit_count: 3 ",
      "last_exit { exit_code: 1 ", Ago("time", 60, 120), " } throttle { rule: WINDOW_FULL ",
      "explanation: '3 failures within 5s, of which 2 are allowed' ", failure, failure, failure,
      "max_retries: 3 retry_time { seconds: 5 } ",
      "cleared_by: 'hob start api, hob restart api or a changed command' } } ",
      "spec { command: '/opt/api' origin: '/etc/hob/hob.d/api.ini:1' ",
      "settings { key: 'stderr' value: 'log' } } ", "runs { pid: 901 ", Ago("start_time", 60, 100),
      " exit { exit_code: 1 ", Ago("time", 60, 120), " } ",
      "verdict: 'not ready within 20ms' last_stderr_line: 'no \\033[1mconfig' }"));
}

v1::StatusResponse Waiting() {
  return Parse<v1::StatusResponse>(absl::StrCat(
      "daemon { name: 'worker-1' state: BACKOFF wanted: true ",
      " reason: 'exec: /opt/worker: No such file or directory (errno 2); next start in 4s' ",
      "restart_count: 5 exit_count: 6 last_exit { spawn_error { stage: 'exec' ",
      "message: '/opt/worker: No such file or directory' } ", Ago("time", 1), " } ",
      Ago("next_start_time", -4), " throttle { rule: BACKOFF_DELAY ",
      "explanation: '1 failure within 5s: start again after 4s' max_retries: 3 retry_time { "
      "seconds: 5 } ",
      Ago("next_attempt_time", -4), " } } ",
      "spec { command: '/opt/worker' origin: '/etc/hob/hob.ini:9' }"));
}

v1::WatchResponse WatchedDaemon(int sequence, const std::string& daemon,
                                const std::string& fields) {
  return Parse<v1::WatchResponse>(absl::StrCat("sequence: ", sequence, " resume_token: 'b-",
                                               sequence, "' daemon { ", daemon, " } ", fields));
}

RunTest::RunTest() {
  char name[] = "/tmp/hob_run_test.XXXXXX";
  directory_ = mkdtemp(name);
  variables_["HOB_ADDRESS"] = Socket();
  EXPECT_TRUE(server_.Serve(directory_ + "/hob.sock"));
}

RunTest::~RunTest() {
  unlink((directory_ + "/hob.sock").c_str());
  rmdir(directory_.c_str());
}

void RunTest::PutAll() {
  for (const v1::StatusResponse& daemon : {Web(), Halted(), Waiting()}) server_.Put(daemon);
}

Result RunTest::Hob(const std::vector<std::string>& arguments, const Terminal& terminal) {
  std::ostringstream out;
  std::ostringstream err;
  Environment environment;
  environment.out = &out;
  environment.out_error = [] { return 0; };
  environment.err = &err;
  environment.out_terminal = terminal;
  environment.err_terminal = terminal;
  environment.variable = [this](const std::string& name) -> absl::optional<std::string> {
    const auto found = variables_.find(name);
    if (found == variables_.end()) return absl::nullopt;
    return found->second;
  };
  environment.now = [] { return absl::FromUnixSeconds(kNowSeconds); };
  environment.zone = absl::UTCTimeZone();
  Result result;
  result.code = client::Run(arguments, environment);
  result.out = absl::StrReplaceAll(out.str(), {{directory_, "DIRECTORY"}});
  result.err = absl::StrReplaceAll(err.str(), {{directory_, "DIRECTORY"}});
  return result;
}

void RunTest::ExpectGolden(const std::string& name, const std::vector<std::string>& arguments,
                           const Terminal& terminal) {
  const Result result = Hob(arguments, terminal);
  const std::string seen = absl::StrCat(
      "$ hob ", absl::StrReplaceAll(absl::StrJoin(arguments, " "), {{directory_, "DIRECTORY"}}),
      "\n--- stdout\n", result.out, "--- stderr\n", result.err, "--- exit ",
      static_cast<int>(result.code), "\n");
  if (const char* const update = getenv("HOB_UPDATE_GOLDEN")) {
    std::ofstream(absl::StrCat(update, "/", name, ".txt")) << seen;
    return;
  }
  std::ifstream file(absl::StrCat("client/testdata/", name, ".txt"));
  ASSERT_TRUE(file.good()) << name;
  std::stringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(seen, expected.str());
}

}  // namespace client
}  // namespace hob
