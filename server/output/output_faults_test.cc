// Makes every system call between a daemon and its log fail, at every position, once and
// permanently. Once the fault is gone, the log must hold all output, complete and in order.
#include <zstd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/output/daemon_output.h"
#include "server/output/log_source.h"
#include "server/output/testing/output_test_env.h"
#include "server/testing/failing_calls.h"

namespace hob {
namespace {

constexpr int kLines = 11;
// Small enough for two rotations.
constexpr int kLogBytes = 30;
// Exceeds the number of rotations, so that no rotation removes a byte.
constexpr int kBackups = 100;
// The system calls made between a daemon and its log.
constexpr const char* kCalls[] = {"open",  "fstat",  "lstat",  "splice", "pwrite", "pread",
                                  "write", "rename", "unlink", "fsync",  "mkfifo", "fchown"};

class OutputFaultsTest : public OutputTest, public testing::WithParamInterface<const char*> {
 protected:
  // Simulates a daemon that writes lines.
  class Life {
   public:
    Life(const std::string& name, LogStore& store, SimulatedClock& clock,
         const std::string& fifo_dir)
        : clock_(clock),
          fifo_(absl::StrCat(fifo_dir, "/", name, ".out")),
          output_(name, &store, clock) {
      spec_.name = name;
      spec_.stderr_mode = OutputMode::kNull;
      spec_.log_max_bytes = kLogBytes;
      spec_.log_backups = kBackups;
    }

    absl::optional<SpawnFailure> Start() { return output_.Prepare(spec_); }
    // Opens the FIFO as the child; its calls never fail, because it is not under test.
    void OpenFifo() {
      const FailingCalls::Pause pause;
      child_ = OpenAsChild(fifo_);
    }
    void WriteLine(int number) {
      const FailingCalls::Pause pause;
      const std::string line = absl::StrCat("line ", number, "\n");
      Write(child_, line);
      written_ += line;
    }
    // Acts as the worker when a line arrives.
    void Look() {
      output_.Look();
      stalled_ |= !output_.Problem().empty();
    }
    // Acts as the worker when the retry deadline passes.
    void LookAgain() {
      clock_.Advance(OutputPump::kRetryInterval);
      output_.Look();
    }
    void End() {
      child_.Reset();
      output_.MainEnded();
      output_.TreeGone();
    }

    const std::string& written() const { return written_; }
    std::string problem() const { return output_.Problem(); }
    // True if a problem was ever reported.
    bool stalled() const { return stalled_; }

   private:
    SimulatedClock& clock_;
    const std::string fifo_;
    DaemonSpec spec_;
    DaemonOutput output_;
    UniqueFd child_;
    std::string written_;
    bool stalled_ = false;
  };

  // Returns everything in the logs of `daemon`, oldest first.
  std::string LogOf(const std::string& daemon) {
    const std::shared_ptr<LogFiles> files = store_.Find(daemon, OutputStream::kStdout);
    std::string all;
    for (int64_t sequence = files->Oldest(); sequence <= files->current(); ++sequence) {
      const std::unique_ptr<LogSource> source = LogSource::From(files->Open(sequence));
      if (source == nullptr) continue;
      std::string bytes(source->Size(), '\0');
      bytes.resize(source->ReadAt(0, &bytes[0], bytes.size()));
      all += bytes;
    }
    return all;
  }

  // Runs a daemon with a fault. Returns true if the fault occurred.
  bool Play(const FailingCalls::Fault& fault) {
    const std::string name = absl::StrCat("d", played_++);
    Life life(name, store_, clock_, fifo_directory_.path());
    bool happened = false;
    {
      auto calls = std::make_unique<FailingCalls>(fault);
      if (const absl::optional<SpawnFailure> failure = life.Start(); failure.has_value()) {
        EXPECT_EQ(failure->stage, "stdout");
        EXPECT_EQ(failure->error_number, fault.error_number);
        happened = calls->failed() > 0;
        EXPECT_TRUE(happened) << "fails without a fault";
        calls = nullptr;
        EXPECT_EQ(life.Start(), absl::nullopt) << "the next attempt has no fault";
      }
      life.OpenFifo();
      for (int line = 0; line < kLines; ++line) {
        if (line % 4 == 0) clock_.Advance(absl::Milliseconds(500));
        life.WriteLine(line);
        life.Look();
      }
      store_.archiver().WaitUntilIdle();
      happened |= calls != nullptr && calls->failed() > 0;
    }
    // Either the log has lost nothing, or it has reported a problem.
    const bool is_whole = LogOf(name).size() == life.written().size();
    EXPECT_TRUE(is_whole || life.stalled());
    life.LookAgain();
    life.LookAgain();
    EXPECT_EQ(life.problem(), "");
    life.End();
    store_.archiver().WaitUntilIdle();
    EXPECT_EQ(LogOf(name), life.written());
    return happened;
  }

  int played_ = 0;
};

TEST_P(OutputFaultsTest, LosesNothingWhicheverCallFails) {
  const int before = OpenDescriptors();
  int happened = 0;
  for (const int error_number : {EIO, ENOSPC, EACCES, ENOMEM, EMFILE}) {
    for (const bool for_good : {false, true}) {
      for (int number = 1;; ++number) {
        SCOPED_TRACE(testing::Message() << "call " << number << " of " << GetParam() << ", errno "
                                        << error_number << (for_good ? ", for good" : ""));
        if (!Play({GetParam(), number, for_good, error_number})) break;
        ++happened;
        if (HasFailure()) return;
      }
    }
  }
  EXPECT_GT(happened, 0) << "no such call is made";
  EXPECT_EQ(OpenDescriptors(), before);
}

class RotationFaultsTest : public testing::TestWithParam<const char*> {
 protected:
  // Compresses a backup as the archiver does.
  static void Compress(LogFiles& files, int64_t sequence, const std::string& bytes) {
    std::string packed(ZSTD_compressBound(bytes.size()), '\0');
    packed.resize(ZSTD_compress(&packed[0], packed.size(), bytes.data(), bytes.size(), 1));
    WriteFile(files.path() + ".zst.tmp", packed);
    ASSERT_TRUE(files.AddCompressed(sequence, files.path() + ".zst.tmp"));
    files.RemoveUncompressed(sequence);
  }

  static std::string BytesOf(const LogFiles& files, int64_t sequence) {
    const std::unique_ptr<LogSource> source = LogSource::From(files.Open(sequence));
    if (source == nullptr) return "none";
    std::string bytes(source->Size(), '\0');
    bytes.resize(source->ReadAt(0, &bytes[0], bytes.size()));
    return bytes;
  }
};

TEST_P(RotationFaultsTest, FailedRotationKeepsEveryNumbersBytes) {
  const std::vector<std::string> texts = {"zero", "one", "two"};
  int failed = 0;
  // A backup has up to three names, and any backup may be compressed by now.
  for (int64_t compressed = -1; compressed < static_cast<int64_t>(texts.size()); ++compressed) {
    for (int number = 1; number <= 3 * (texts.size() + 1); ++number) {
      SCOPED_TRACE(testing::Message()
                   << "number " << compressed << " is compressed, call " << number);
      const TestDirectory directory;
      LogFiles files(directory.path() + "/web.log");
      for (const std::string& text : texts) {
        WriteFile(files.path(), text);
        ASSERT_EQ(files.Rotate(kBackups, text.size()), 0);
      }
      if (compressed >= 0) Compress(files, compressed, texts[compressed]);
      WriteFile(files.path(), "three");
      {
        const FailingCalls calls({GetParam(), number, /*for_good=*/false, EIO});
        if (files.Rotate(kBackups, 5) != 0) ++failed;
      }
      for (int i = 0; i < texts.size(); ++i) EXPECT_EQ(BytesOf(files, i), texts[i]);
    }
  }
  EXPECT_GE(failed, texts.size());
}

TEST_P(RotationFaultsTest, RotationThatFailsForGoodDoublesNoBytes) {
  for (int number = 1; number <= 8; ++number) {
    SCOPED_TRACE(testing::Message() << "call " << number);
    const TestDirectory directory;
    LogFiles files(directory.path() + "/web.log");
    for (const char* text : {"zero", "one"}) {
      WriteFile(files.path(), text);
      ASSERT_EQ(files.Rotate(kBackups, 4), 0);
    }
    // The archiver has not removed the original yet.
    Compress(files, 1, "one");
    WriteFile(files.path() + ".1", "one");
    {
      const FailingCalls calls({GetParam(), number, /*for_good=*/true, EIO});
      files.Rotate(kBackups, 0);
    }
    int found = 0;
    for (int64_t sequence = -1; sequence <= files.current(); ++sequence) {
      found += BytesOf(files, sequence) == "one";
    }
    EXPECT_EQ(found, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Calls, RotationFaultsTest, testing::Values("rename", "lstat"),
                         [](const auto& call) { return std::string(call.param); });

INSTANTIATE_TEST_SUITE_P(Calls, OutputFaultsTest, testing::ValuesIn(kCalls),
                         [](const auto& call) { return std::string(call.param); });

}  // namespace
}  // namespace hob
