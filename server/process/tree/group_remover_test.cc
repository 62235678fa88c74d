#include "server/process/tree/group_remover.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

// Plain folders stand in for groups: both are removed the same way.
std::string MakeGroup(const std::string& path) {
  EXPECT_EQ(mkdir(path.c_str(), 0700), 0) << path;
  return path;
}

std::string InTestFolder(const std::string& name) {
  return absl::StrCat(testing::TempDir(), "/", name, ".", getpid());
}

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

TEST(GroupRemoverTest, GroupsGoWhileTheRemoverLives) {
  const std::string group = MakeGroup(InTestFolder("one"));
  MakeGroup(group + "/below");
  GroupRemover remover;
  remover.RemoveSoon(group);
  while (Exists(group)) std::this_thread::yield();
  const std::string later = MakeGroup(InTestFolder("later"));
  remover.RemoveSoon(later);
  while (Exists(later)) std::this_thread::yield();
}

TEST(GroupRemoverTest, WhateverWasToBeRemovedByManyThreadsIsGoneAtTheEnd) {
  std::vector<std::string> groups;
  for (int i = 0; i < 200; ++i) groups.push_back(MakeGroup(InTestFolder(absl::StrCat("g", i))));
  {
    GroupRemover remover;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (size_t i = t; i < groups.size(); i += 4) remover.RemoveSoon(groups[i]);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  for (const std::string& group : groups) EXPECT_FALSE(Exists(group)) << group;
}

TEST(GroupRemoverTest, WhatIsPopulatedStays) {
  const std::string group = MakeGroup(InTestFolder("populated"));
  const std::string process = group + "/process";
  close(open(process.c_str(), O_CREAT | O_WRONLY, 0600));
  GroupRemover().RemoveSoon(group);
  EXPECT_TRUE(Exists(process));
  unlink(process.c_str());
  rmdir(group.c_str());
}

}  // namespace
}  // namespace hob
