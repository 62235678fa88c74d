#include "server/daemon/identity.h"

#include <linux/capability.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr uint64_t kSetUid = uint64_t{1} << CAP_SETUID;
constexpr uint64_t kSetGid = uint64_t{1} << CAP_SETGID;

const Credentials kWww = {33, 33, {33}, "www", "/var/www", "/bin/sh"};

Identity Root(uint64_t capabilities) { return {{0}, {0}, {0}, capabilities, "root"}; }
Identity Joe() { return {{1000}, {1000}, {27, 1000}, 0, "joe (uid 1000)"}; }

TEST(IdentityTest, OwnIdsAreThoseOfTheProcess) {
  const Identity own = Identity::OfThisProcess();
  EXPECT_EQ(own.uids.count(geteuid()), 1u);
  EXPECT_EQ(own.gids.count(getegid()), 1u);
  EXPECT_THAT(own.name, HasSubstr(geteuid() == 0 ? "root" : absl::StrCat("uid ", geteuid())));
  Credentials same;
  same.uid = geteuid();
  same.gid = getegid();
  same.groups.assign(own.groups.begin(), own.groups.end());
  EXPECT_TRUE(own.Is(same));
  EXPECT_THAT(own.WhyNot(same), IsEmpty());
}

TEST(IdentityTest, WithBothCapabilitiesEverythingCanBeTakenOn) {
  EXPECT_FALSE(Root(kSetUid | kSetGid).Is(kWww));
  EXPECT_THAT(Root(kSetUid | kSetGid).WhyNot(kWww), IsEmpty());
}

TEST(IdentityTest, RootIsToldWhichCapabilityItLacks) {
  EXPECT_THAT(Root(kSetUid).WhyNot(kWww),
              AllOf(HasSubstr("as root and lacks CAP_SETGID cannot change to www, gid 33"),
                    HasSubstr("CapabilityBoundingSet="), Not(HasSubstr("run hobd as root"))));
  EXPECT_THAT(Root(kSetGid).WhyNot(kWww), HasSubstr("lacks CAP_SETUID cannot"));
  EXPECT_THAT(Root(0).WhyNot(kWww), HasSubstr("lacks CAP_SETUID and CAP_SETGID"));
}

TEST(IdentityTest, OrdinaryServerIsToldWhomItRunsAsAndWhatToDo) {
  EXPECT_THAT(Joe().WhyNot(kWww),
              AllOf(HasSubstr("a server that runs as joe (uid 1000) and lacks CAP_SETUID and "
                              "CAP_SETGID cannot change to www"),
                    HasSubstr("run hobd as root, or remove user, group and groups")));
}

TEST(IdentityTest, WhatChangesNothingNeedsNoRight) {
  const Credentials joe = {1000, 1000, {27, 1000}, "joe", "", ""};
  EXPECT_TRUE(Joe().Is(joe));
  EXPECT_THAT(Joe().WhyNot(joe), IsEmpty());
  // In a container, the process may lack the primary group among its supplementary groups, whereas
  // the database of groups adds it.
  const Credentials nobody = {65534, 65534, {65534}, "nobody", "", ""};
  const Identity container = {{65534}, {65534}, {}, 0, "nobody (uid 65534)"};
  EXPECT_TRUE(container.Is(nobody));
  EXPECT_THAT(container.WhyNot(nobody), IsEmpty());
}

TEST(IdentityTest, AnotherGroupIsAChangeAndSoIsASavedId) {
  const Credentials fewer = {1000, 1000, {1000}, "joe", "", ""};
  EXPECT_FALSE(Joe().Is(fewer));
  EXPECT_THAT(Joe().WhyNot(fewer), HasSubstr("lacks CAP_SETGID cannot"));
  Identity saved = Joe();
  saved.uids.insert(0);
  EXPECT_FALSE(saved.Is({1000, 1000, {27, 1000}, "joe", "", ""}));
  // Group 6 would change from a supplementary group to the primary one.
  const Identity swapped = {{1000}, {5, 6}, {6}, 0, "joe (uid 1000)"};
  EXPECT_THAT(swapped.WhyNot({1000, 6, {5}, "joe", "", ""}), HasSubstr("lacks CAP_SETGID"));
}

}  // namespace
}  // namespace hob
