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

// Returns the bytes that a status takes on the wire: a message in percent encoding, details in
// base64 (the gRPC protocol over HTTP/2).
size_t SizeOnTheWire(const grpc::Status& status) {
  size_t size = 0;
  for (const char c : status.error_message()) size += c >= ' ' && c <= '~' && c != '%' ? 1 : 3;
  return size + absl::Base64Escape(status.error_details()).size();
}

TEST(StatusTest, OKIsOK) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_EQ(ToGrpcStatus(absl::OkStatus()).error_details(), "");
}

TEST(StatusTest, EveryCodeStaysWhatItIs) {
  for (int code = 1; code <= 16; ++code) {
    const grpc::Status status =
        ToGrpcStatus(absl::Status(static_cast<absl::StatusCode>(code), "why"));
    EXPECT_EQ(status.error_code(), code);
    EXPECT_EQ(status.error_message(), "why");
    EXPECT_EQ(status.error_details(), "") << "nothing is known beyond the message";
  }
}

TEST(StatusTest, AReasonBecomesAnErrorInfo) {
  const grpc::Status status = ToGrpcStatus(Overtaken("web", "start", "stop"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  const google::rpc::Status details = Details(status);
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message()) << "or clients refuse the details";
  ASSERT_EQ(details.details_size(), 1);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "OVERTAKEN");
  EXPECT_EQ(info.domain(), "hob");
  EXPECT_THAT(info.metadata(), UnorderedElementsAre(Pair("daemon", "web"), Pair("command", "start"),
                                                    Pair("later", "stop")));
}

TEST(StatusTest, TheLongestMessagesFitIntoWhatGrpcCarries) {
  constexpr size_t kMost = 8 << 10;
  // Room for the names of the headers and what else gRPC sends with a status.
  constexpr size_t kOthers = 512;
  std::string letters;
  for (int i = 0; i < 5000; ++i) letters += "\xc3\xa9";
  for (const std::string& text : {std::string(10000, 'x'), letters}) {
    for (const absl::Status& status :
         {InvalidConfig(std::vector<std::string>(100, text)), StartFailed("web", text),
          DaemonNotFound(text, {}), NoRoom(text)}) {
      EXPECT_LT(SizeOnTheWire(ToGrpcStatus(status)), kMost - kOthers) << status.code();
      EXPECT_EQ(Details(ToGrpcStatus(status)).message(), status.message());
    }
  }
}

}  // namespace
}  // namespace hob
