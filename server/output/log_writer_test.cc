// Uses real FIFOs and files, and a simulated clock.
#include "server/output/log_writer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/output/log_reader.h"
#include "server/output/testing/output_test_env.h"

namespace hob {
namespace {

class LogWriterTest : public OutputTest {
 protected:
  LogWriterTest() {
    const std::string path = fifo_directory_.path() + "/web.out";
    EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
    fifo_ = OpenAsChild(path);
  }

  // Writes lines of random length, up to `longest`, until the FIFO is full.
  void FillFifo(int longest) {
    size_t taken = 0;
    std::string line;
    for (; taken == line.size(); ++lines_) {
      line = absl::StrCat(lines_, " ");
      line.append(std::uniform_int_distribution<int>(0, longest)(random_), '.');
      line += '\n';
      taken = WriteSome(fifo_, line);
      written_.append(line, 0, taken);
    }
  }

  // Returns everything in the log, backups included.
  std::string ReadAll() {
    LogReader reader(files_);
    reader.StartAt({files_->Oldest(), 0});
    std::string all;
    while (const auto piece = reader.Next(10'000)) all += piece->data;
    return all;
  }

  UniqueFd fifo_;
  std::shared_ptr<LogFiles> files_ = store_.Find("web", OutputStream::kStdout);
  LogWriter writer_{files_, store_, clock_};
  std::mt19937 random_{4711};
  std::string written_;
  int lines_ = 0;
};

// A rotation leaves the start of the next lines in memory, often more bytes than Move may still
// move.
TEST_F(LogWriterTest, MovesEveryByteWithAnyLimits) {
  for (const int64_t max : {1, 100, 5'000, 1 << 20}) {
    for (const int64_t max_bytes : {500, 10'000}) {
      writer_.SetLimits({max_bytes, /*backups=*/100'000, /*compress=*/false});
      FillFifo(/*longest=*/200);
      LogWriter::Result result = LogWriter::Result::kMore;
      for (int moves = 0; result == LogWriter::Result::kMore; ++moves) {
        ASSERT_LT(moves, 100'000);
        result = writer_.Move(fifo_.get(), max);
      }
      ASSERT_EQ(result, LogWriter::Result::kEmpty) << writer_.problem();
    }
  }
  EXPECT_EQ(writer_.moved(), written_.size());
  EXPECT_EQ(ReadAll(), written_);
}

TEST_F(LogWriterTest, BusyWriterAndChangingLimitsLoseNothing) {
  for (int round = 0; round < 300; ++round) {
    std::uniform_int_distribution<int64_t> any(1, 20'000);
    writer_.SetLimits({any(random_), /*backups=*/100'000, /*compress=*/false});
    FillFifo(/*longest=*/round % 10 == 0 ? 30'000 : 100);
    ASSERT_NE(writer_.Move(fifo_.get(), any(random_)), LogWriter::Result::kStalled)
        << writer_.problem();
  }
  while (writer_.Move(fifo_.get(), 1 << 20) == LogWriter::Result::kMore) continue;
  EXPECT_EQ(ReadAll(), written_);
}

TEST_F(LogWriterTest, ExceedsTheMaximumByAtMostOnePiece) {
  writer_.SetLimits({500, /*backups=*/100'000, /*compress=*/false});
  FillFifo(/*longest=*/100);
  EXPECT_EQ(writer_.Move(fifo_.get(), 1'000), LogWriter::Result::kMore);
  // The excess covers the end of a line and the bytes that a rotation read after it.
  EXPECT_LE(writer_.moved(), 1'000 + 4'096 + 100);
}

}  // namespace
}  // namespace hob
