// Runs the whole client against a FakeSupervisor, and provides daemons for it. With
// HOB_UPDATE_GOLDEN=$PWD/client/testdata, bazel run //client:run_test, //client:hold_test and
// //client:roll_test rewrite the files in testdata/.
#ifndef HOB_CLIENT_RUN_TEST_ENV_H_
#define HOB_CLIENT_RUN_TEST_ENV_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/environment.h"
#include "client/exit_code.h"
#include "client/fake_supervisor.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "hob/v1/supervisor.pb.h"

namespace hob {
namespace client {

// The time of every run: 2026-01-01 12:00:00 UTC, in seconds since the epoch.
inline constexpr int64_t kNowSeconds = 1767268800;

inline const Terminal kPipe;
inline const Terminal kTerminal{true, 80, false};
inline const Terminal kColourTerminal{true, 100, true};

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// Returns the field with a timestamp before kNowSeconds, as text for Parse.
std::string Ago(const std::string& field, int64_t seconds, int millis = 0);

// `web`, RUNNING.
v1::StatusResponse Web();
// `api`, HALTED.
v1::StatusResponse Halted();
// `worker-1`, in BACKOFF for another four seconds.
v1::StatusResponse Waiting();

// Returns a response of Watch about a daemon; `fields` are further fields.
v1::WatchResponse WatchedDaemon(int sequence, const std::string& daemon,
                                const std::string& fields = "");

// The output of a run.
struct Result {
  ExitCode code = ExitCode::kDone;
  std::string out;
  std::string err;
};

class RunTest : public ::testing::Test {
 protected:
  RunTest();
  ~RunTest() override;

  // The address of the server.
  std::string Socket() const { return "unix:" + directory_ + "/hob.sock"; }

  // Puts Web, Halted and Waiting.
  void PutAll();

  // Runs the command. In the result the path of the directory is DIRECTORY.
  Result Hob(const std::vector<std::string>& arguments, const Terminal& terminal = kPipe);

  // Runs the command and compares its output and exit code with testdata/NAME.txt.
  void ExpectGolden(const std::string& name, const std::vector<std::string>& arguments,
                    const Terminal& terminal = kPipe);

  std::string directory_;
  std::map<std::string, std::string> variables_;
  FakeSupervisor server_;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_RUN_TEST_ENV_H_
