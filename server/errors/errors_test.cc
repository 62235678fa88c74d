#include "server/errors/errors.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using Code = absl::StatusCode;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(ErrorsTest, EachFailureHasItsCodeAndReason) {
  const std::vector<std::pair<absl::Status, Code>> errors = {
      {DaemonNotFound("web", {}), Code::kNotFound},
      {InvalidRequest("name", "is empty"), Code::kInvalidArgument},
      {MalformedRequest(), Code::kInvalidArgument},
      {UnknownMethod("/hob.v1.Supervisor/Foo", "1.2.3"), Code::kUnimplemented},
      {InvalidSignal("FOO"), Code::kInvalidArgument},
      {InvalidConfig({"a.ini:1: wrong"}), Code::kInvalidArgument},
      {NotRunning("web", "STOPPED"), Code::kFailedPrecondition},
      {NotKept("web", "stdout = null"), Code::kFailedPrecondition},
      {StartFailed("web", "exit code 1"), Code::kFailedPrecondition},
      {Overtaken("web", "start", "stop"), Code::kAborted},
      {TimedOut("web", "stop", "STOPPING"), Code::kDeadlineExceeded},
      {ReadOnlyAddress("Stop"), Code::kPermissionDenied},
      {NoRoom("no thread"), Code::kResourceExhausted},
      {InvalidResumeToken("x"), Code::kInvalidArgument},
      {ResumeTokenTooOld("too much has changed"), Code::kOutOfRange},
      {ShuttingDown(), Code::kUnavailable},
  };
  std::set<std::string> reasons;
  for (const auto& [status, code] : errors) {
    EXPECT_EQ(status.code(), code) << status;
    const std::string reason = GetErrorReason(status).reason;
    EXPECT_THAT(reason, testing::MatchesRegex("[A-Z][A-Z_]+[A-Z]"));
    EXPECT_TRUE(reasons.insert(reason).second) << reason << " is used twice";
    EXPECT_THAT(Message(status), Not(IsEmpty()));
  }
}

TEST(ErrorsTest, NotRestartedIsAStartFailureThatStillRuns) {
  for (const absl::Status& status : {NotRestarted("web", "no"), NotReplaced("web", "no")}) {
    EXPECT_EQ(status.code(), Code::kFailedPrecondition);
    EXPECT_EQ(GetErrorReason(status).reason, "START_FAILED");
    EXPECT_EQ(GetErrorReason(status).metadata.at("still_running"), "true");
    EXPECT_THAT(Message(status), HasSubstr("'web' was not restarted: no; it is still running"));
  }
}

TEST(ErrorsTest, MetadataHoldsTheVariableParts) {
  EXPECT_THAT(GetErrorReason(Overtaken("web", "start", "stop")).metadata,
              ElementsAre(Pair("command", "start"), Pair("daemon", "web"), Pair("later", "stop")));
  EXPECT_THAT(GetErrorReason(NotRunning("web", "HALTED")).metadata,
              ElementsAre(Pair("daemon", "web"), Pair("state", "HALTED")));
  EXPECT_THAT(GetErrorReason(ReadOnlyAddress("Stop")).metadata,
              ElementsAre(Pair("method", "Stop")));
}

TEST(ErrorsTest, ForeignStatusHasNoReason) {
  EXPECT_EQ(GetErrorReason(absl::InternalError("boom")).reason, "");
  EXPECT_EQ(GetErrorReason(absl::OkStatus()).reason, "");
}

TEST(ErrorsTest, NamesUnknownDaemonAndSuggestions) {
  EXPECT_EQ(Message(DaemonNotFound("wev", {})), "there is no daemon 'wev'");
  EXPECT_EQ(Message(DaemonNotFound("wev", {"web", "dev"})),
            "there is no daemon 'wev'; did you mean web or dev?");
  EXPECT_EQ(GetErrorReason(DaemonNotFound("wev", {"web", "dev"})).metadata.at("near"), "web dev");
}

TEST(ErrorsTest, EscapesAndTruncatesForeignText) {
  const std::string hostile = std::string("\x1b[31m\0\n", 7) + std::string(10000, 'x');
  for (const absl::Status& status :
       {DaemonNotFound(hostile, {}), InvalidSignal(hostile), UnknownMethod(hostile, "1.2.3")}) {
    EXPECT_LT(Message(status).size(), 300);
    EXPECT_THAT(Message(status), Not(HasSubstr("\x1b")));
    for (const auto& [key, value] : GetErrorReason(status).metadata) {
      EXPECT_LT(value.size(), 200);
      EXPECT_THAT(value, Not(HasSubstr("\n")));
    }
  }
}

TEST(ErrorsTest, CountsConfigurationErrorsAndListsTheFirst) {
  EXPECT_EQ(Message(InvalidConfig({"a.ini:1: wrong"})),
            "the configuration has 1 error; the current one stays in force\na.ini:1: wrong");
  std::vector<std::string> many;
  for (int i = 1; i <= 5000; ++i) many.push_back("a.ini:" + std::to_string(i) + ": wrong");
  const absl::Status status = InvalidConfig(many);
  EXPECT_THAT(Message(status), HasSubstr("has 5000 errors"));
  EXPECT_THAT(Message(status), HasSubstr("\na.ini:10: wrong\n"));
  EXPECT_THAT(Message(status), Not(HasSubstr("a.ini:11:")));
  EXPECT_THAT(Message(status), EndsWith("... and 4990 more: `hob reload --dry-run` shows all"));
  EXPECT_EQ(GetErrorReason(status).metadata.at("errors"), "5000");
}

TEST(ErrorsTest, LongConfigurationErrorsLeaveRoomForTheCount) {
  const absl::Status status = InvalidConfig(std::vector<std::string>(50, std::string(4000, 'x')));
  EXPECT_LT(Message(status).size(), 2000);
  EXPECT_THAT(Message(status), HasSubstr("has 50 errors"));
  EXPECT_THAT(Message(status), EndsWith(" more: `hob reload --dry-run` shows all"));
}

TEST(ErrorsTest, TruncatedTextIsStillUtf8) {
  // Two bytes per letter, so that a cut at an even or odd place splits one of these.
  for (const std::string& error : {std::string(), std::string("x")}) {
    std::string text = error;
    for (int i = 0; i < 1000; ++i) text += "\xc3\xa9";
    const std::string message = Message(InvalidConfig({text}));
    const std::string tail = message.substr(message.find("\n"));
    EXPECT_NE(tail.back(), '\xc3');
    EXPECT_THAT(tail, HasSubstr("\xc3\xa9\xc3\xa9"));
  }
}

}  // namespace
}  // namespace hob
