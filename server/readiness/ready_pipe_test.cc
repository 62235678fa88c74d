#include "server/readiness/ready_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace hob {
namespace {

ReadyPipe Open() { return absl::get<ReadyPipe>(ReadyPipe::Open()); }

void Write(const ReadyPipe& pipe, const std::string& text) {
  ASSERT_EQ(write(pipe.write_end(), text.data(), text.size()), text.size());
}

TEST(ReadyPipeTest, NewlineMeansReady) {
  ReadyPipe pipe = Open();
  EXPECT_EQ(pipe.Read(), ReadyPipe::Result::kNothingYet);
  Write(pipe, "\n");
  EXPECT_EQ(pipe.Read(), ReadyPipe::Result::kReady);
}

TEST(ReadyPipeTest, IgnoresTextBeforeTheNewline) {
  ReadyPipe pipe = Open();
  Write(pipe, std::string(1000, 'x'));
  EXPECT_EQ(pipe.Read(), ReadyPipe::Result::kNothingYet);
  Write(pipe, "listening on 80\nand more");
  EXPECT_EQ(pipe.Read(), ReadyPipe::Result::kReady);
}

TEST(ReadyPipeTest, ReportsCloseWithoutANewline) {
  ReadyPipe pipe = Open();
  Write(pipe, "almost");
  pipe.CloseWriteEnd();
  EXPECT_EQ(pipe.Read(), ReadyPipe::Result::kClosed);
}

TEST(ReadyPipeTest, OnlyTheServersEndIsNonBlockingAndNeitherIsInherited) {
  const ReadyPipe pipe = Open();
  EXPECT_NE(fcntl(pipe.fd(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(fcntl(pipe.write_end(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(pipe.fd(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(fcntl(pipe.write_end(), F_GETFD) & FD_CLOEXEC, 0);
}

}  // namespace
}  // namespace hob
