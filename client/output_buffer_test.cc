#include "client/output_buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <ostream>
#include <string>

#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

TEST(OutputBufferTest, EverythingArrivesInOrder) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  OutputBuffer buffer(ends[1]);
  std::ostream out(&buffer);
  out << "one " << 2 << std::flush << " three";
  out.flush();
  close(ends[1]);
  char bytes[64];
  const ssize_t length = read(ends[0], bytes, sizeof(bytes));
  close(ends[0]);
  EXPECT_EQ(std::string(bytes, static_cast<size_t>(length)), "one 2 three");
  EXPECT_EQ(buffer.error(), 0);
}

TEST(OutputBufferTest, MoreThanTheBufferIsWrittenEarly) {
  const int file = open("/dev/null", O_WRONLY);
  OutputBuffer buffer(file);
  std::ostream out(&buffer);
  out << std::string(1000000, 'x') << std::flush;
  EXPECT_TRUE(out.good());
  close(file);
}

TEST(OutputBufferTest, AClosedPipeIsRemembered) {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  OutputBuffer buffer(ends[1]);
  std::ostream out(&buffer);
  out << "lost" << std::flush;
  EXPECT_FALSE(out.good());
  EXPECT_EQ(buffer.error(), EPIPE);
  close(ends[1]);
}

TEST(OutputBufferTest, AFullDiskIsRemembered) {
  const int full = open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  OutputBuffer buffer(full);
  std::ostream out(&buffer);
  out << "lost" << std::flush;
  out << "more" << std::flush;
  EXPECT_EQ(buffer.error(), ENOSPC);
  close(full);
}

}  // namespace
}  // namespace client
}  // namespace hob
