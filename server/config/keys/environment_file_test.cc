#include "server/config/keys/environment_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class EnvironmentFileTest : public testing::Test {
 protected:
  EnvironmentFileTest() { unlink(path_.c_str()); }
  ~EnvironmentFileTest() override { unlink(path_.c_str()); }

  void Write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }

  Environment Read(const std::string& text) {
    Write(text);
    const absl::variant<Environment, SpawnFailure> read = ReadEnvironmentFile(path_);
    if (const auto* failure = absl::get_if<SpawnFailure>(&read)) {
      ADD_FAILURE() << failure->message;
      return {};
    }
    return absl::get<Environment>(read);
  }

  SpawnFailure Fail() { return Fail(path_); }
  SpawnFailure Fail(const std::string& env_file) {
    const absl::variant<Environment, SpawnFailure> read = ReadEnvironmentFile(env_file);
    if (absl::holds_alternative<Environment>(read)) {
      ADD_FAILURE() << "was read";
      return {};
    }
    return absl::get<SpawnFailure>(read);
  }

  const std::string path_ = testing::TempDir() + "/env";
};

TEST_F(EnvironmentFileTest, LinesOfWordsAreReadInTheirOrder) {
  EXPECT_THAT(Read("B=2\nA=1 C=3\n"), ElementsAre(Pair("B", "2"), Pair("A", "1"), Pair("C", "3")));
}

TEST_F(EnvironmentFileTest, QuotesWorkAsInACommand) {
  EXPECT_THAT(Read("A=\"a b\" B='c  d' C=e\\ f D=\n"),
              ElementsAre(Pair("A", "a b"), Pair("B", "c  d"), Pair("C", "e f"), Pair("D", "")));
}

TEST_F(EnvironmentFileTest, TheFirstEqualsSignSplits) {
  EXPECT_THAT(Read("A=b=c"), ElementsAre(Pair("A", "b=c")));
}

TEST_F(EnvironmentFileTest, CommentsEmptyLinesAndCarriageReturnsAreLeftOut) {
  EXPECT_THAT(Read("# one\n; two\n\n   \nA=1\r\n  B=2"),
              ElementsAre(Pair("A", "1"), Pair("B", "2")));
}

TEST_F(EnvironmentFileTest, AnEmptyFileHasNoVariables) { EXPECT_THAT(Read(""), IsEmpty()); }

TEST_F(EnvironmentFileTest, AMissingFileIsASpawnFailureWithItsErrno) {
  const SpawnFailure failure = Fail();
  EXPECT_EQ(failure.stage, "env_file");
  EXPECT_EQ(failure.error_number, ENOENT);
  EXPECT_EQ(failure.message, path_ +
                                 ": No such file or directory: create it, or write env_file = -" +
                                 path_ + " if it need not exist");
}

TEST_F(EnvironmentFileTest, AFileBehindADashNeedNotExist) {
  const auto read = ReadEnvironmentFile("-" + path_);
  ASSERT_TRUE(absl::holds_alternative<Environment>(read));
  EXPECT_THAT(absl::get<Environment>(read), IsEmpty());
  EXPECT_TRUE(absl::holds_alternative<Environment>(ReadEnvironmentFile("-/dev/null/env")));
  Write("A=1\n");
  EXPECT_THAT(absl::get<Environment>(ReadEnvironmentFile("-" + path_)),
              ElementsAre(Pair("A", "1")));
}

TEST_F(EnvironmentFileTest, AFileBehindADashIsReadAsAnyOther) {
  Write("A\n");
  EXPECT_THAT(Fail("-" + path_).message, HasSubstr(path_ + ":1: 'A' sets no variable"));
  EXPECT_THAT(Fail("-/dev/null").message, HasSubstr("is not a regular file"));
}

TEST_F(EnvironmentFileTest, AWordWithoutEqualsSignSaysWhichLine) {
  Write("A=1\nB=some words\n");
  EXPECT_THAT(Fail().message, HasSubstr(path_ + ":2: 'words' sets no variable"));
}

TEST_F(EnvironmentFileTest, AWordWithoutNameIsNoVariable) {
  Write("=1\n");
  EXPECT_THAT(Fail().message, HasSubstr("'=1' sets no variable"));
}

TEST_F(EnvironmentFileTest, OpenQuotesNameTheirLine) {
  Write("\n\nA=\"1\n");
  EXPECT_THAT(Fail().message, HasSubstr(path_ + ":3: "));
}

TEST_F(EnvironmentFileTest, ANulByteIsNoPartOfAVariable) {
  Write(std::string("A=1\0002", 5));
  EXPECT_THAT(Fail().message, HasSubstr("NUL byte"));
}

TEST_F(EnvironmentFileTest, OtherKindsOfFilesAreRefusedWithoutWaiting) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(Fail().message, HasSubstr("is not a regular file"));
  unlink(path_.c_str());
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  EXPECT_THAT(Fail().message, HasSubstr("is not a regular file"));
  rmdir(path_.c_str());
}

TEST_F(EnvironmentFileTest, AMebibyteIsTheMost) {
  const std::string comment = ";" + std::string((1 << 20) - 1, 'x');
  EXPECT_THAT(Read(comment), IsEmpty());
  Write(comment + "x");
  const SpawnFailure failure = Fail();
  EXPECT_EQ(failure.error_number, EFBIG);
  EXPECT_FALSE(failure.IsShortage());
}

}  // namespace
}  // namespace hob
