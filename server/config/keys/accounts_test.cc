#include "server/config/keys/accounts.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A user and a group that no database has.
constexpr uid_t kNoEntry = 1000000;

// `daemon` is in every passwd and group file of Debian, with an id other than root's.
TEST(AccountsTest, FindsUsersByNameAndNumber) {
  Accounts accounts;
  const auto by_name = accounts.FindUser("daemon");
  ASSERT_TRUE(by_name.ok()) << by_name.status();
  EXPECT_EQ(by_name->name, "daemon");
  EXPECT_NE(by_name->uid, 0);
  EXPECT_EQ(by_name->home, getpwnam("daemon")->pw_dir);
  EXPECT_EQ(by_name->shell, getpwnam("daemon")->pw_shell);
  const auto by_number = accounts.FindUser(absl::StrCat(by_name->uid));
  ASSERT_TRUE(by_number.ok()) << by_number.status();
  EXPECT_EQ(by_number->name, "daemon");
}

TEST(AccountsTest, FindsGroupsByNameAndNumber) {
  Accounts accounts;
  const auto by_name = accounts.FindGroup("daemon");
  ASSERT_TRUE(by_name.ok()) << by_name.status();
  EXPECT_EQ(*by_name, getgrnam("daemon")->gr_gid);
  EXPECT_EQ(accounts.FindGroup(absl::StrCat(*by_name)).value(), *by_name);
}

TEST(AccountsTest, UnknownNamesAndMalformedNumbersAreErrorsAndNeverRoot) {
  Accounts accounts;
  for (const char* name : {"no-such-user", "0day", "00", "4294967295", "99999999999", "-1", "+0",
                           "0x0", " 0", "root "}) {
    EXPECT_THAT(accounts.FindUser(name).status().message(), HasSubstr("there is no user '"))
        << name;
    EXPECT_THAT(accounts.FindGroup(name).status().message(), HasSubstr("there is no group '"))
        << name;
  }
}

TEST(AccountsTest, NumbersNeedNoEntry) {
  Accounts accounts;
  ASSERT_EQ(getpwuid(kNoEntry), nullptr);
  const auto user = accounts.FindUser(absl::StrCat(kNoEntry));
  ASSERT_TRUE(user.ok()) << user.status();
  EXPECT_EQ(user->uid, kNoEntry);
  EXPECT_EQ(user->gid, kNoEntry);
  EXPECT_THAT(user->name, IsEmpty());
  EXPECT_THAT(user->home, IsEmpty());
  EXPECT_EQ(accounts.FindGroup(absl::StrCat(kNoEntry)).value(), kNoEntry);
  EXPECT_EQ(accounts.FindUser("4294967294")->uid, 4294967294u);
}

TEST(AccountsTest, AnswersAreRemembered) {
  Accounts accounts;
  EXPECT_EQ(accounts.FindUser("daemon")->uid, accounts.FindUser("daemon")->uid);
  EXPECT_EQ(accounts.FindUser("no-such-user").status(), accounts.FindUser("no-such-user").status());
}

TEST(ResolveTest, NothingConfiguredIsTheServers) {
  Accounts accounts;
  EXPECT_FALSE(accounts.Resolve("", "", {})->has_value());
}

TEST(ResolveTest, UserBringsPrimaryGroupAndLoginGroups) {
  Accounts accounts;
  const auto credentials = accounts.Resolve("daemon", "", {});
  ASSERT_TRUE(credentials.ok() && credentials->has_value()) << credentials.status();
  const passwd entry = *getpwnam("daemon");
  EXPECT_EQ((*credentials)->uid, entry.pw_uid);
  EXPECT_EQ((*credentials)->gid, entry.pw_gid);
  EXPECT_THAT((*credentials)->groups, Contains(entry.pw_gid));
  EXPECT_THAT((*credentials)->groups, Not(Contains(0)));
  EXPECT_EQ((*credentials)->user_name, "daemon");
}

TEST(ResolveTest, NumberWithoutAnEntryBringsTheGroupOfTheSameNumberAlone) {
  Accounts accounts;
  const auto credentials = accounts.Resolve(absl::StrCat(kNoEntry), "", {});
  ASSERT_TRUE(credentials.ok() && credentials->has_value()) << credentials.status();
  const Credentials expected = {kNoEntry, kNoEntry, {kNoEntry}, "1000000", "/", "/bin/sh"};
  EXPECT_EQ(**credentials, expected);
  const auto with_group = accounts.Resolve(absl::StrCat(kNoEntry), "daemon", {});
  ASSERT_TRUE(with_group.ok() && with_group->has_value()) << with_group.status();
  const gid_t daemon = getgrnam("daemon")->gr_gid;
  EXPECT_EQ((*with_group)->gid, daemon);
  EXPECT_THAT((*with_group)->groups, ElementsAre(daemon));
}

TEST(ResolveTest, GroupAndGroupsReplaceThose) {
  Accounts accounts;
  const gid_t sys = getgrnam("sys")->gr_gid;
  const gid_t bin = getgrnam("bin")->gr_gid;
  const auto credentials = accounts.Resolve("daemon", "sys", {"sys", "bin", "sys"});
  ASSERT_TRUE(credentials.ok() && credentials->has_value()) << credentials.status();
  EXPECT_EQ((*credentials)->gid, sys);
  EXPECT_THAT((*credentials)->groups, ElementsAre(std::min(sys, bin), std::max(sys, bin)));
}

TEST(ResolveTest, WithoutUserTheServersIdsStay) {
  Accounts accounts;
  const auto credentials = accounts.Resolve("", "daemon", {});
  ASSERT_TRUE(credentials.ok() && credentials->has_value()) << credentials.status();
  EXPECT_EQ((*credentials)->uid, geteuid());
  EXPECT_EQ((*credentials)->gid, getgrnam("daemon")->gr_gid);
  EXPECT_THAT((*credentials)->user_name, IsEmpty());
  const auto only_groups = accounts.Resolve("", "", {"daemon"});
  EXPECT_EQ((*only_groups)->gid, getegid());
  EXPECT_THAT((*only_groups)->groups, ElementsAre(getgrnam("daemon")->gr_gid));
}

TEST(ResolveTest, AnyUnknownNameIsAnError) {
  Accounts accounts;
  EXPECT_THAT(accounts.Resolve("no-such", "", {}).status().message(),
              HasSubstr("there is no user 'no-such' on this machine"));
  EXPECT_THAT(accounts.Resolve("daemon", "no-such", {}).status().message(),
              HasSubstr("there is no group 'no-such' on this machine"));
  EXPECT_FALSE(accounts.Resolve("daemon", "daemon", {"daemon", "no-such"}).ok());
}

}  // namespace
}  // namespace hob
