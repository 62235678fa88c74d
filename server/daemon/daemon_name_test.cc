#include "server/daemon/daemon_name.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::TestWithParam;
using ::testing::Values;

std::string Times(int count, absl::string_view text) {
  std::string repeated;
  for (int i = 0; i < count; ++i) absl::StrAppend(&repeated, text);
  return repeated;
}

class ValidNameTest : public TestWithParam<std::string> {};

TEST_P(ValidNameTest, IsAccepted) { EXPECT_TRUE(IsValidDaemonName(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Valid, ValidNameTest,
                         Values("a", "Z", "0", "_", "web", "a.b-c_d", "a..b", "a--", "a.",
                                "9-lives", "grpc", "grpc-web", "GRPC.x", "hob.v1",
                                "hob.v1.supervisor", "hob.v1.Supervisor2", std::string(64, 'x')));

class InvalidNameTest : public TestWithParam<std::string> {};

TEST_P(InvalidNameTest, IsRefused) { EXPECT_FALSE(IsValidDaemonName(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Invalid, InvalidNameTest,
                         Values("", ".", "..", "-", ".a", "-a", "../x", "a/b", "/", "a b", " a",
                                "a ", "a\n", "a\t", "a:b", "a=b", "a@b", "a*", "[a]", "%s",
                                "\x1b[31m", "w\xc3\xa4rter", std::string("a\0b", 3),
                                std::string(65, 'x'), "hob.v1.Supervisor", "grpc.",
                                "grpc.health.v1.Health"));

TEST(DaemonNameTest, OfAllBytesExactlyLettersDigitsAndThreeMoreAreAllowed) {
  const std::string first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool may_be_first = first.find(c) != std::string::npos;
    EXPECT_EQ(IsValidDaemonName(std::string(1, c)), may_be_first) << byte;
    EXPECT_EQ(IsValidDaemonName(absl::StrCat("a", std::string(1, c), "b")),
              may_be_first || c == '.' || c == '-')
        << byte;
  }
}

struct Complaint {
  std::string name;
  std::string message;
};

class WhyInvalidTest : public TestWithParam<Complaint> {};

TEST_P(WhyInvalidTest, SaysWhatIsWrongAndWhatIsNearest) {
  EXPECT_EQ(WhyInvalidDaemonName(GetParam().name), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Names, WhyInvalidTest,
    Values(
        Complaint{"", "a daemon's name is empty: give it 1 to 64 letters, digits, '_', '.' or '-'"},
        Complaint{"a/b",
                  "'a/b' is not a valid daemon name: only letters, digits, '_', '.' and '-' are "
                  "allowed; did you mean 'a-b'?"},
        Complaint{
            "-a",
            "'-a' is not a valid daemon name: the first must be a letter, a digit or '_'; did "
            "you mean 'a'?"},
        Complaint{"..",
                  "'..' is not a valid daemon name: the first must be a letter, a digit or '_'"},
        Complaint{"///",
                  "'///' is not a valid daemon name: only letters, digits, '_', '.' and '-' are "
                  "allowed"},
        Complaint{
            "  my  web\tserver ",
            "'  my  web\\x09server ' is not a valid daemon name: only letters, digits, '_', '.' "
            "and '-' are allowed; did you mean 'my-web-server'?"},
        Complaint{"a-/b",
                  "'a-/b' is not a valid daemon name: only letters, digits, '_', '.' and '-' are "
                  "allowed; did you mean 'a-b'?"},
        Complaint{
            "hob.v1.Supervisor",
            "'hob.v1.Supervisor' is not a valid daemon name: it is the name of a gRPC service; "
            "choose another"},
        Complaint{
            "grpc.\n",
            "'grpc.\\x0a' is not a valid daemon name: it is the name of a gRPC service; choose "
            "another"},
        Complaint{
            "/grpc.x",
            "'/grpc.x' is not a valid daemon name: only letters, digits, '_', '.' and '-' are "
            "allowed"},
        Complaint{std::string(65, 'x'),
                  absl::StrCat("'", std::string(65, 'x'),
                               "' is not a valid daemon name: it has 65 characters, at most 64 are "
                               "allowed; did you mean '",
                               std::string(64, 'x'), "'?")}));

TEST(DaemonNameTest, NamesOfInstancesHaveASetAndANumber) {
  const absl::optional<InstanceName> parsed = ParseInstanceName("web.1@1000");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->set, "web.1");
  EXPECT_EQ(parsed->number, 1000);
  for (const char* name : {"web", "web@", "web@0", "web@01", "web@+1", "web@1001", "web@1@2", "@1",
                           "web@x", "web@1 ", "grpc.x@1", "web@99999999999"}) {
    EXPECT_FALSE(ParseInstanceName(name).has_value()) << name;
  }
  EXPECT_TRUE(IsNameOfDaemon("web@1"));
  EXPECT_TRUE(IsNameOfDaemon("web"));
  EXPECT_FALSE(IsValidDaemonName("web@1"));
  EXPECT_TRUE(IsNameOfDaemon(std::string(64, 'x') + "@1"));
  EXPECT_THAT(WhyInvalidDaemonName("web@1"),
              EndsWith("configure all instances together in [daemon:web]"));
}

TEST(DaemonNameTest, NumbersOfInstancesSortAsNumbers) {
  const std::vector<std::string> sorted = {"a",   "a@1", "a@2", "a@10", "a@100",
                                           "a-b", "a.b", "a0",  "ab",   "b@1"};
  for (size_t i = 0; i < sorted.size(); ++i) {
    for (size_t j = 0; j < sorted.size(); ++j) {
      EXPECT_EQ(NameLess()(sorted[i], sorted[j]), i < j) << sorted[i] << " " << sorted[j];
    }
  }
}

TEST(DaemonNameTest, NearestNameDoesNotEndWithADashWhereItIsCut) {
  const std::string head(63, 'x');
  EXPECT_THAT(WhyInvalidDaemonName(head + "/y"),
              EndsWith(absl::StrCat("; did you mean '", head, "'?")));
}

TEST(DaemonNameTest, CharactersThatAreNotAllowedAreNotCountedAsBytes) {
  // 40 characters in 80 bytes.
  EXPECT_THAT(WhyInvalidDaemonName(Times(40, "\xc3\xa4")),
              EndsWith("only letters, digits, '_', '.' and '-' are allowed"));
}

TEST(DaemonNameTest, ComplaintsOfHostileNamesAreShortAndHarmless) {
  const std::string complaint = WhyInvalidDaemonName(Times(5000, "\x1b[2J"));
  EXPECT_LT(complaint.size(), 1000);
  EXPECT_THAT(complaint, Not(HasSubstr("\x1b")));
  EXPECT_THAT(complaint, HasSubstr("\\x1b[2J"));
}

}  // namespace
}  // namespace hob
