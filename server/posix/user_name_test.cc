#include "server/posix/user_name.h"

#include <cstdio>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace hob {
namespace {

std::string Describe(uid_t uid, const std::string& passwd) {
  const std::string path = testing::TempDir() + "/passwd";
  std::ofstream(path) << passwd;
  return DescribeUser(uid, path.c_str());
}

TEST(UserNameTest, NamesTheUserOfAnEntry) {
  const std::string passwd =
      "root:x:0:0:root:/root:/bin/sh\n\n# a comment\nalice:x:1001:1001::/home/alice:/bin/sh\n";
  EXPECT_EQ(Describe(0, passwd), "root (uid 0)");
  EXPECT_EQ(Describe(1001, passwd), "alice (uid 1001)");
}

TEST(UserNameTest, WithoutAnEntryThereIsTheNumber) {
  EXPECT_EQ(Describe(1002, "alice:x:1001:1001::/home/alice:/bin/sh\n"), "uid 1002");
  EXPECT_EQ(Describe(1002, ""), "uid 1002");
  EXPECT_EQ(DescribeUser(1002, "/nonexistent/passwd"), "uid 1002");
}

TEST(UserNameTest, ALineThatIsTooLongEndsTheSearch) {
  EXPECT_EQ(Describe(7, "long:x:6:6:" + std::string(10'000, 'x') + ":/:/bin/sh\nbob:x:7:7::/:/\n"),
            "uid 7");
}

}  // namespace
}  // namespace hob
