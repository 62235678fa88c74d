#include "client/address.h"

#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Variables = std::map<std::string, std::string>;

std::vector<std::string> Tried(const absl::optional<std::string>& flag, const Variables& set) {
  const absl::StatusOr<std::vector<Address>> addresses =
      AddressesToTry(flag, [&](const std::string& name) -> absl::optional<std::string> {
        const auto found = set.find(name);
        if (found == set.end()) return absl::nullopt;
        return found->second;
      });
  if (!addresses.ok()) return {std::string(addresses.status().message())};
  std::vector<std::string> texts;
  for (const Address& address : *addresses) texts.push_back(address.ToString());
  return texts;
}

std::string ParseErrorOf(absl::string_view text) {
  const absl::StatusOr<Address> address = ParseAddress(text);
  return address.ok() ? "no error" : std::string(address.status().message());
}

TEST(AddressTest, BothFormsRoundTrip) {
  for (const char* text :
       {"unix:/run/hob/hob.sock", "127.0.0.1:7000", "localhost:1", "[::1]:65535"}) {
    const absl::StatusOr<Address> address = ParseAddress(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->ToString(), text);
  }
  EXPECT_EQ(ParseAddress("[::1]:7000")->host, "::1");
  EXPECT_EQ(ParseAddress("unix:/x")->path, "/x");
}

TEST(AddressTest, MalformedAddressesAreRejectedWithTheRightForm) {
  EXPECT_THAT(ParseErrorOf("unix:hob.sock"), HasSubstr("must be absolute"));
  EXPECT_THAT(ParseErrorOf("unix:"), HasSubstr("must be absolute"));
  EXPECT_THAT(ParseErrorOf("/run/hob/hob.sock"),
              HasSubstr("did you mean 'unix:/run/hob/hob.sock'?"));
  EXPECT_THAT(ParseErrorOf(""), HasSubstr("unix:/ABSOLUTE/PATH or HOST:PORT"));
  EXPECT_THAT(ParseErrorOf("localhost"), HasSubstr("unix:/ABSOLUTE/PATH or HOST:PORT"));
  EXPECT_THAT(ParseErrorOf(":7000"), HasSubstr("host is missing"));
  EXPECT_THAT(ParseErrorOf("::1:7000"), HasSubstr("needs brackets"));
  EXPECT_THAT(ParseErrorOf("http://localhost:80"), HasSubstr("needs brackets"));
  EXPECT_THAT(ParseErrorOf("a/b:80"), HasSubstr("unix:/ABSOLUTE/PATH or HOST:PORT"));
  for (const char* text : {"localhost:", "localhost:0", "localhost:65536", "localhost:+1", "h:x"}) {
    EXPECT_THAT(ParseErrorOf(text), HasSubstr("1 to 65535")) << text;
  }
  EXPECT_THAT(ParseErrorOf("unix:/" + std::string(107, 'x')), HasSubstr("at most 107 bytes"));
  EXPECT_EQ(ParseErrorOf("unix:/" + std::string(106, 'x')), "no error");
}

TEST(AddressTest, TheFlagWinsOverTheVariableOverTheDefaults) {
  const Variables both = {{"HOB_ADDRESS", "unix:/b"}, {"XDG_RUNTIME_DIR", "/run/user/7"}};
  EXPECT_THAT(Tried("unix:/a", both), ElementsAre("unix:/a"));
  EXPECT_THAT(Tried(absl::nullopt, both), ElementsAre("unix:/b"));
  EXPECT_THAT(Tried(absl::nullopt, {{"XDG_RUNTIME_DIR", "/run/user/7"}}),
              ElementsAre("unix:/run/user/7/hob/hob.sock", "unix:/run/hob/hob.sock"));
  EXPECT_THAT(Tried(absl::nullopt, {}), ElementsAre("unix:/run/hob/hob.sock"));
}

TEST(AddressTest, AnEmptyVariableCountsAsAbsent) {
  EXPECT_THAT(Tried(absl::nullopt, {{"HOB_ADDRESS", ""}, {"XDG_RUNTIME_DIR", ""}}),
              ElementsAre("unix:/run/hob/hob.sock"));
}

TEST(AddressTest, AMalformedAddressNamesItsSource) {
  EXPECT_THAT(Tried("x", {}), ElementsAre(HasSubstr("--address: 'x' is not an address")));
  EXPECT_THAT(Tried(absl::nullopt, {{"HOB_ADDRESS", "x"}}),
              ElementsAre(HasSubstr("HOB_ADDRESS: 'x' is not an address")));
}

}  // namespace
}  // namespace client
}  // namespace hob
