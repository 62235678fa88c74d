#include "server/supervisor/child_request.h"

#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;
using Target = StdioTarget::Kind;

DaemonSpec Web() {
  DaemonSpec spec;
  spec.name = "web";
  spec.argv = {"/bin/web", "--port", "80"};
  return spec;
}

ChildDefaults Defaults() {
  ChildDefaults defaults;
  defaults.environment = {"PATH=/bin", "LANG=C"};
  defaults.fifo_dir = "/run/hob/output";
  // An identity that may take on any user.
  defaults.identity = {{0}, {0}, {0}, ~uint64_t{0}, "root"};
  return defaults;
}

// Returns the request with all variables in `environment`.
SpawnRequest Request(const DaemonSpec& spec) {
  const ChildDefaults defaults = Defaults();
  SpawnRequest request = absl::get<SpawnRequest>(MakeSpawnRequest(spec, defaults));
  if (request.shared_environment == nullptr) return request;
  for (const std::string& variable : *request.shared_environment) {
    request.environment.push_back(variable);
  }
  request.shared_environment = nullptr;
  return request;
}

TEST(InheritedEnvironmentTest, WhatIsMeantForTheServerAloneIsLeftOut) {
  EXPECT_THAT(InheritedEnvironment({"PATH=/bin", "NOTIFY_SOCKET=@x", "LISTEN_FDS=1", "LISTEN_PID=2",
                                    "WATCHDOG_USEC=3", "HOB_ADDRESS=unix:/x", "GRPC_TRACE=all",
                                    "GLOG_v=9", "NOTIFY_SOCKETS=1", "MY_HOB_=2", "EMPTY="}),
              ElementsAre("PATH=/bin", "NOTIFY_SOCKETS=1", "MY_HOB_=2", "EMPTY="));
}

TEST(ChildRequestTest, TheDefaultsAreThoseOfTheContract) {
  const SpawnRequest request = Request(Web());
  EXPECT_EQ(request.name, "web");
  EXPECT_THAT(request.argv, ElementsAre("/bin/web", "--port", "80"));
  EXPECT_THAT(request.environment, UnorderedElementsAre("PATH=/bin", "LANG=C", "HOB_DAEMON=web"));
  EXPECT_EQ(request.attributes.directory, "/");
  EXPECT_EQ(request.attributes.umask, 022);
  EXPECT_EQ(request.stdin_target.kind, Target::kHold);
  EXPECT_EQ(request.stdout_target.kind, Target::kFifo);
  EXPECT_EQ(request.stdout_target.path, "/run/hob/output/web.out");
  EXPECT_EQ(request.stderr_target.kind, Target::kFifo);
  EXPECT_EQ(request.stderr_target.path, "/run/hob/output/web.err");
  EXPECT_EQ(request.attributes.credentials, nullptr);
  EXPECT_THAT(request.descriptors, testing::IsEmpty());
}

TEST(ChildRequestTest, EveryKindOfInputAndOutputHasItsTarget) {
  DaemonSpec spec = Web();
  spec.stdin_mode = StdinMode::kNull;
  spec.stdout_mode = OutputMode::kInherit;
  spec.stderr_mode = OutputMode::kStdout;
  EXPECT_EQ(Request(spec).stdin_target.kind, Target::kNull);
  EXPECT_EQ(Request(spec).stdout_target.kind, Target::kInherit);
  EXPECT_EQ(Request(spec).stderr_target.kind, Target::kStdout);
  spec.stdout_mode = OutputMode::kNull;
  EXPECT_EQ(Request(spec).stdout_target.kind, Target::kNull);
}

TEST(ChildRequestTest, WhatIsConfiguredIsAskedFor) {
  DaemonSpec spec = Web();
  spec.attributes.directory = "/srv";
  spec.attributes.umask = 077;
  spec.attributes.nice = 5;
  spec.attributes.oom_score_adj = -3;
  spec.attributes.limits[RLIMIT_NOFILE] = ResourceLimit{1, 2};
  spec.attributes.limits[RLIMIT_CORE] = ResourceLimit{3, 4};
  spec.attributes.limits[RLIMIT_NPROC] = ResourceLimit{5, 6};
  spec.attributes.limits[RLIMIT_MEMLOCK] = ResourceLimit{7, 8};
  spec.attributes.no_new_privileges = true;
  const SpawnRequest request = Request(spec);
  EXPECT_EQ(request.attributes.directory, "/srv");
  EXPECT_EQ(request.attributes.umask, 077);
  EXPECT_EQ(request.attributes.nice, 5);
  EXPECT_EQ(request.attributes.oom_score_adj, -3);
  EXPECT_EQ(request.attributes.limits.at(RLIMIT_NOFILE), (ResourceLimit{1, 2}));
  EXPECT_EQ(request.attributes.limits.at(RLIMIT_CORE), (ResourceLimit{3, 4}));
  EXPECT_EQ(request.attributes.limits.at(RLIMIT_NPROC), (ResourceLimit{5, 6}));
  EXPECT_EQ(request.attributes.limits.at(RLIMIT_MEMLOCK), (ResourceLimit{7, 8}));
  EXPECT_EQ(request.attributes.no_new_privileges, true);
}

TEST(ChildRequestTest, EnvironmentOfTheServerIsSharedUnlessItIsChanged) {
  const ChildDefaults defaults = Defaults();
  DaemonSpec spec = Web();
  spec.environment = {{"A", "1"}};
  const SpawnRequest same = absl::get<SpawnRequest>(MakeSpawnRequest(spec, defaults));
  EXPECT_EQ(same.shared_environment, &defaults.environment);
  EXPECT_THAT(same.environment, UnorderedElementsAre("A=1", "HOB_DAEMON=web"));
  spec.environment = {{"LANG", "de"}};
  const SpawnRequest changed = absl::get<SpawnRequest>(MakeSpawnRequest(spec, defaults));
  EXPECT_EQ(changed.shared_environment, nullptr);
  EXPECT_THAT(changed.environment, UnorderedElementsAre("PATH=/bin", "LANG=de", "HOB_DAEMON=web"));
}

TEST(ChildRequestTest, AClearedEnvironmentHasWhatIsConfiguredAndTheName) {
  DaemonSpec spec = Web();
  spec.clear_environment = true;
  spec.environment = {{"A", "1"}};
  EXPECT_THAT(Request(spec).environment, UnorderedElementsAre("A=1", "HOB_DAEMON=web"));
}

TEST(ChildRequestTest, TheConfiguredEnvironmentWinsOverTheFileAndThatOverTheServers) {
  const std::string path = testing::TempDir() + "/child_env";
  std::ofstream(path) << "PATH=/file A=file B=file HOB_DAEMON=file\n";
  DaemonSpec spec = Web();
  spec.env_file = path;
  spec.environment = {{"A", "config"}};
  EXPECT_THAT(Request(spec).environment,
              UnorderedElementsAre("PATH=/file", "LANG=C", "A=config", "B=file", "HOB_DAEMON=web"));
  unlink(path.c_str());
}

TEST(ChildRequestTest, AUserBringsItsVariablesWhichTheConfigurationMayChange) {
  DaemonSpec spec = Web();
  const Credentials www = {33, 33, {}, "www", "/var/www", "/bin/sh"};
  spec.attributes.credentials = std::make_shared<const Credentials>(www);
  spec.environment = {{"HOME", "/elsewhere"}};
  const SpawnRequest request = Request(spec);
  EXPECT_THAT(request.environment,
              UnorderedElementsAre("PATH=/bin", "LANG=C", "USER=www", "LOGNAME=www",
                                   "HOME=/elsewhere", "SHELL=/bin/sh", "HOB_DAEMON=web"));
  ASSERT_NE(request.attributes.credentials, nullptr);
  EXPECT_EQ(*request.attributes.credentials, www);
}

TEST(ChildRequestTest, TheServersOwnUserTakesNoChangeOfCredentials) {
  ChildDefaults defaults = Defaults();
  defaults.identity = {{65534}, {65534}, {}, 0, "nobody (uid 65534)"};
  DaemonSpec spec = Web();
  spec.attributes.credentials = std::make_shared<const Credentials>(
      Credentials{65534, 65534, {65534}, "nobody", "/", "/bin/sh"});
  const auto request = absl::get<SpawnRequest>(MakeSpawnRequest(spec, defaults));
  EXPECT_EQ(request.attributes.credentials, nullptr);
  EXPECT_THAT(request.environment, testing::Contains("USER=nobody"));
}

TEST(ChildRequestTest, AUserThatTheServerCannotBecomeIsAFailureThatSaysWhy) {
  ChildDefaults defaults = Defaults();
  defaults.identity = {{1000}, {1000}, {1000}, 0, "joe (uid 1000)"};
  DaemonSpec spec = Web();
  spec.attributes.credentials =
      std::make_shared<const Credentials>(Credentials{33, 33, {33}, "www", "/var/www", "/bin/sh"});
  const auto failure = absl::get<SpawnFailure>(MakeSpawnRequest(spec, defaults));
  EXPECT_EQ(failure.stage, "user");
  EXPECT_EQ(failure.error_number, EPERM);
  EXPECT_THAT(failure.message, testing::HasSubstr("runs as joe (uid 1000) and lacks CAP_SETUID"));
}

TEST(ChildRequestTest, AGroupAloneBringsNoVariables) {
  DaemonSpec spec = Web();
  spec.attributes.credentials =
      std::make_shared<const Credentials>(Credentials{0, 33, {}, "", "", ""});
  EXPECT_THAT(Request(spec).environment,
              UnorderedElementsAre("PATH=/bin", "LANG=C", "HOB_DAEMON=web"));
}

TEST(ChildRequestTest, AMissingEnvironmentFileIsAFailureToSpawn) {
  DaemonSpec spec = Web();
  spec.env_file = "/nonexistent/env";
  const absl::variant<SpawnRequest, SpawnFailure> made = MakeSpawnRequest(spec, Defaults());
  ASSERT_TRUE(absl::holds_alternative<SpawnFailure>(made));
  EXPECT_EQ(absl::get<SpawnFailure>(made).stage, "env_file");
  EXPECT_EQ(absl::get<SpawnFailure>(made).error_number, ENOENT);
}

}  // namespace
}  // namespace hob
