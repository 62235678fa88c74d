#include "server/rpc/status.h"

#include <google/protobuf/any.pb.h>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "google/rpc/error_info.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "server/errors/errors.h"

namespace hob {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

google::rpc::Status Details(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

// Returns the size of a status on the wire: the message in percent encoding, the details in base64
// (the gRPC protocol over HTTP/2).
size_t SizeOnTheWire(const grpc::Status& status) {
  size_t size = 0;
  for (const char c : status.error_message()) size += c >= ' ' && c <= '~' && c != '%' ? 1 : 3;
  return size + absl::Base64Escape(status.error_details()).size();
}

TEST(StatusTest, OkStaysOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_EQ(ToGrpcStatus(absl::OkStatus()).error_details(), "");
}

TEST(StatusTest, KeepsEveryCode) {
  for (int code = 1; code <= 16; ++code) {
    const grpc::Status status =
        ToGrpcStatus(absl::Status(static_cast<absl::StatusCode>(code), "why"));
    EXPECT_EQ(status.error_code(), code);
    EXPECT_EQ(status.error_message(), "why");
    EXPECT_EQ(status.error_details(), "") << "there is only the message";
  }
}

TEST(StatusTest, ReasonBecomesAnErrorInfo) {
  const grpc::Status status = ToGrpcStatus(Overtaken("web", "start", "stop"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  const google::rpc::Status details = Details(status);
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message()) << "otherwise clients reject the details";
  ASSERT_EQ(details.details_size(), 1);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "OVERTAKEN");
  EXPECT_EQ(info.domain(), "hob");
  EXPECT_THAT(info.metadata(), UnorderedElementsAre(Pair("daemon", "web"), Pair("command", "start"),
                                                    Pair("later", "stop")));
}

TEST(StatusTest, LongestMessagesFitIntoAGrpcStatus) {
  constexpr size_t kMaxStatusBytes = 8 << 10;
  // Reserved for the header names and other data that gRPC sends with a status.
  constexpr size_t kOthers = 512;
  std::string letters;
  for (int i = 0; i < 5000; ++i) letters += "\xc3\xa9";
  for (const std::string& text : {std::string(10000, 'x'), letters}) {
    for (const absl::Status& status :
         {InvalidConfig(std::vector<std::string>(100, text)), StartFailed("web", text),
          DaemonNotFound(text, {}), NoRoom(text)}) {
      EXPECT_LT(SizeOnTheWire(ToGrpcStatus(status)), kMaxStatusBytes - kOthers) << status.code();
      EXPECT_EQ(Details(ToGrpcStatus(status)).message(), status.message());
    }
  }
}

}  // namespace
}  // namespace hob
