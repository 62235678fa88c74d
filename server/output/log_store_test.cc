#include "server/output/log_store.h"

#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/output/output_pump.h"
#include "server/output/testing/output_test_env.h"

namespace hob {
namespace {

using testing::IsEmpty;
using testing::Key;
using testing::UnorderedElementsAre;

class LogStoreTest : public OutputTest {
 protected:
  // Returns the pump of a daemon "web" that writes what the test tells it to.
  std::unique_ptr<OutputPump> Pump(OutputStream stream) {
    auto pump = std::make_unique<OutputPump>("web", stream, store_, clock_);
    EXPECT_EQ(pump->Open(geteuid(), getegid()), 0);
    return pump;
  }

  void WriteThrough(OutputPump& pump, OutputStream stream, absl::string_view bytes) {
    Write(OpenAsChild(store_.FifoPathOf("web", stream)), bytes);
    pump.Look();
  }
};

TEST_F(LogStoreTest, CountsBytesByStreamAcrossInstances) {
  const std::unique_ptr<OutputPump> out = Pump(OutputStream::kStdout);
  const std::unique_ptr<OutputPump> err = Pump(OutputStream::kStderr);
  WriteThrough(*out, OutputStream::kStdout, "12345\n");
  WriteThrough(*err, OutputStream::kStderr, "1\n");
  out->Release();
  ASSERT_EQ(out->Open(geteuid(), getegid()), 0);
  WriteThrough(*out, OutputStream::kStdout, "123\n");
  EXPECT_EQ(store_.AllWritten()["web"].stdout_bytes, 10);
  EXPECT_EQ(store_.AllWritten()["web"].stderr_bytes, 2);
}

TEST_F(LogStoreTest, NewDaemonOfTheSameNameCountsFromZero) {
  std::unique_ptr<OutputPump> out = Pump(OutputStream::kStdout);
  WriteThrough(*out, OutputStream::kStdout, "12345\n");
  out = nullptr;
  EXPECT_THAT(store_.AllWritten(), IsEmpty());
  out = Pump(OutputStream::kStdout);
  EXPECT_EQ(store_.AllWritten()["web"].stdout_bytes, 0);
}

TEST_F(LogStoreTest, DropsUnusedCounters) {
  const auto kept = store_.CounterOf("kept", OutputStream::kStdout);
  for (int i = 0; i < 1000; ++i) store_.CounterOf("d" + std::to_string(i), OutputStream::kStdout);
  EXPECT_THAT(store_.AllWritten(), UnorderedElementsAre(Key("kept")));
  EXPECT_EQ(store_.CounterOf("kept", OutputStream::kStdout), kept);
}

}  // namespace
}  // namespace hob
