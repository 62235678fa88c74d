#include "server/process/record/instance_record.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::IsEmpty;

class InstanceRecordTest : public testing::Test {
 protected:
  InstanceRecordTest() : run_dir_(testing::TempDir() + "/runXXXXXX") {
    EXPECT_NE(mkdtemp(&run_dir_[0]), nullptr);
    record_ = *InstanceRecord::Create(run_dir_, "/sys/fs/cgroup/hob-1");
  }

  // Writes an entry as a child does before its execve.
  void Write(int entry, pid_t pid, const char* name) {
    InstanceRecordEntry line;
    line.pid = pid;
    line.boot_time_nanos = 5;
    strcpy(line.name, name);
    ASSERT_EQ(pwrite(record_->fd(), &line, sizeof(line), InstanceRecord::Offset(entry)),
              static_cast<ssize_t>(sizeof(line)));
  }

  std::string run_dir_;
  std::unique_ptr<InstanceRecord> record_;
};

TEST_F(InstanceRecordTest, WhatChildrenWroteIsReadBack) {
  const int first = record_->Acquire();
  const int second = record_->Acquire();
  Write(first, 100, "web");
  Write(second, 200, "db");
  const auto contents = InstanceRecord::Read(run_dir_);
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(contents->group, "/sys/fs/cgroup/hob-1");
  ASSERT_EQ(contents->entries.size(), 2u);
  EXPECT_EQ(contents->entries[1].pid, 200);
  EXPECT_STREQ(contents->entries[1].name, "db");
}

TEST_F(InstanceRecordTest, EntryThatWasGivenBackIsEmptyAndUsedAgain) {
  const int entry = record_->Acquire();
  Write(entry, 100, "web");
  record_->Release(entry);
  EXPECT_THAT(InstanceRecord::Read(run_dir_)->entries, IsEmpty());
  EXPECT_EQ(record_->Acquire(), entry);
}

TEST_F(InstanceRecordTest, FileIsForThisUserAlone) {
  struct stat file = {};
  ASSERT_EQ(fstat(record_->fd(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0600u);
}

TEST_F(InstanceRecordTest, PlantedLinkIsReplacedNotFollowed) {
  record_.reset();
  const std::string victim = run_dir_ + "/victim";
  std::ofstream(victim) << "untouched";
  ASSERT_EQ(symlink(victim.c_str(), (run_dir_ + "/instances").c_str()), 0);
  record_ = *InstanceRecord::Create(run_dir_, "");
  struct stat file = {};
  ASSERT_EQ(stat(victim.c_str(), &file), 0);
  EXPECT_EQ(file.st_size, 9);
}

TEST_F(InstanceRecordTest, RecordOfAnotherBootSaysNothing) {
  Write(record_->Acquire(), 100, "web");
  InstanceRecordHeader header;
  ASSERT_EQ(pread(record_->fd(), &header, sizeof(header), 0), static_cast<ssize_t>(sizeof(header)));
  header.boot_id[0] = header.boot_id[0] == 'x' ? 'y' : 'x';
  ASSERT_EQ(pwrite(record_->fd(), &header, sizeof(header), 0),
            static_cast<ssize_t>(sizeof(header)));
  EXPECT_THAT(InstanceRecord::Read(run_dir_)->entries, IsEmpty());
}

TEST_F(InstanceRecordTest, CutOrForeignFileSaysNothing) {
  Write(record_->Acquire(), 100, "web");
  ASSERT_EQ(ftruncate(record_->fd(), InstanceRecord::Offset(1) - 1), 0);
  EXPECT_THAT(InstanceRecord::Read(run_dir_)->entries, IsEmpty());
  ASSERT_EQ(ftruncate(record_->fd(), 3), 0);
  EXPECT_THAT(InstanceRecord::Read(run_dir_)->entries, IsEmpty());
}

TEST_F(InstanceRecordTest, HugeFileIsNotTrusted) {
  ASSERT_EQ(ftruncate(record_->fd(), off_t{1} << 30), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(InstanceRecord::Read(run_dir_).status()));
}

TEST_F(InstanceRecordTest, EntryOfPidOneOrLessIsIgnored) {
  Write(record_->Acquire(), 1, "init");
  Write(record_->Acquire(), -1, "all");
  EXPECT_THAT(InstanceRecord::Read(run_dir_)->entries, IsEmpty());
}

}  // namespace
}  // namespace hob
