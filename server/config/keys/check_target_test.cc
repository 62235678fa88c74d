#include "server/config/keys/check_target.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using Kind = CheckTarget::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

CheckTarget Parse(const std::string& text) {
  const absl::StatusOr<CheckTarget> check = ParseCheck(text);
  EXPECT_TRUE(check.ok()) << check.status();
  return check.ok() ? *check : CheckTarget();
}

std::string Refusal(const std::string& text) {
  return std::string(ParseCheck(text).status().message());
}

TEST(ParseCheckTest, Http) {
  for (const std::string url :
       {"http://localhost:80/", "http://127.0.0.1:8080", "https://[::1]:443/health?deep=1"}) {
    const CheckTarget check = Parse(url);
    EXPECT_EQ(check.kind, Kind::kHttp);
    EXPECT_EQ(check.address, url);
    EXPECT_EQ(check.text, url);
  }
  EXPECT_EQ(Parse("\"http://localhost:80/a#b\"").address, "http://localhost:80/a#b");
}

TEST(ParseCheckTest, HttpOverAUnixSocket) {
  const CheckTarget check = Parse("http+unix:/run/app:1.sock:/health");
  EXPECT_EQ(check.kind, Kind::kHttp);
  EXPECT_EQ(check.socket, "/run/app:1.sock");
  EXPECT_EQ(check.address, "http://localhost/health");
  EXPECT_EQ(Parse("http+unix:/run/app.sock").address, "http://localhost/");
}

TEST(ParseCheckTest, Connections) {
  EXPECT_EQ(Parse("tcp:localhost:5432").kind, Kind::kConnect);
  EXPECT_EQ(Parse("tcp:localhost:5432").address, "localhost:5432");
  EXPECT_EQ(Parse("unix:/run/app.sock").kind, Kind::kConnect);
  EXPECT_EQ(Parse("unix:/run/app.sock").socket, "/run/app.sock");
}

TEST(ParseCheckTest, Grpc) {
  const CheckTarget check = Parse("grpc:localhost:50051/shop.v1.Orders");
  EXPECT_EQ(check.kind, Kind::kGrpc);
  EXPECT_EQ(check.address, "localhost:50051");
  EXPECT_EQ(check.service, "shop.v1.Orders");
  EXPECT_EQ(Parse("grpc:localhost:50051").service, "");
}

TEST(ParseCheckTest, AProgramHasArguments) {
  const CheckTarget check = Parse("exec:/usr/bin/pg_isready -h '/run/a b'");
  EXPECT_EQ(check.kind, Kind::kExec);
  EXPECT_THAT(check.argv, ElementsAre("/usr/bin/pg_isready", "-h", "/run/a b"));
  EXPECT_EQ(check.text, "exec:/usr/bin/pg_isready -h '/run/a b'");
}

TEST(ParseCheckTest, EmptyTextMeansNoCheck) { EXPECT_EQ(Parse("").kind, Kind::kNone); }

TEST(ParseCheckTest, AnErrorSaysHowToCorrectIt) {
  EXPECT_THAT(Refusal("localhost:80"),
              HasSubstr("'localhost:80' is not a check: write http://HOST"));
  EXPECT_THAT(Refusal("http://localhost/"), HasSubstr("has no port: write HOST:PORT"));
  EXPECT_THAT(Refusal("http://localhost:0/"), HasSubstr("has an invalid port: use 1 to 65535"));
  EXPECT_THAT(Refusal("tcp:localhost:http"), HasSubstr("has an invalid port: use 1 to 65535"));
  EXPECT_THAT(Refusal("tcp:::1:80"), HasSubstr("write [ADDRESS]:PORT"));
  EXPECT_THAT(Refusal("grpc:[::1]"), HasSubstr("has no port"));
  EXPECT_THAT(Refusal("http://me:secret@localhost:80/"), HasSubstr("has a user"));
  EXPECT_THAT(Refusal("tcp://127.0.0.1:80"), HasSubstr("has a // too many"));
  EXPECT_THAT(Refusal("grpc://127.0.0.1:80"), HasSubstr("has a // too many"));
  EXPECT_THAT(Refusal("tcp:127.0.0.1/x:80"), HasSubstr("has a path where a host"));
  EXPECT_THAT(Refusal("\"exec:/bin/probe -x\""), HasSubstr("is quoted as a whole"));
  EXPECT_THAT(Refusal("unix:run/app.sock"), HasSubstr("needs an absolute socket path"));
  EXPECT_THAT(Refusal(absl::StrCat("unix:/", std::string(107, 'x'))),
              HasSubstr("a socket path longer than 107 bytes"));
  EXPECT_THAT(Refusal("http://localhost:80/a b"), HasSubstr("contains a blank: only exec:"));
  EXPECT_THAT(Refusal("exec:pg_isready"), HasSubstr("pg_isready"));
  EXPECT_THAT(Refusal("exec:"), HasSubstr("empty"));
}

}  // namespace
}  // namespace hob
