#include "server/api/logs_feed.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/output/log_index.h"
#include "server/output/testing/output_test_env.h"

namespace hob {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1767268800);

class LogsFeedTest : public OutputTest {
 protected:
  // Appends to a log at `seconds` after noon and notifies its listeners.
  void Append(const std::string& name, OutputStream stream, const std::string& text, int seconds) {
    const std::shared_ptr<LogFiles> files = store_.Find(name, stream);
    const std::string before = ReadFile(files->path());
    AppendToLogIndex(files->index_path(),
                     {static_cast<int64_t>(before.size()), kNoon + absl::Seconds(seconds)},
                     before.empty());
    WriteFile(files->path(), before + text);
    files->NotifyListeners();
  }
  void Out(const std::string& text, int seconds) {
    Append("web", OutputStream::kStdout, text, seconds);
  }
  void Err(const std::string& text, int seconds) {
    Append("web", OutputStream::kStderr, text, seconds);
  }

  LogsFeed::Options Web() const {
    LogsFeed::Options options;
    options.names = {"web"};
    options.streams = {OutputStream::kStdout, OutputStream::kStderr};
    return options;
  }
  void Ask(LogsFeed::Options options) {
    feed_ = std::make_unique<LogsFeed>(store_, std::move(options));
    feed_->NotifyOfMore([this] { ++told_; });
  }
  // Returns "NAME:STREAM:DATA|" for every available piece, then "end" if the feed has ended.
  std::string Pieces() {
    std::string text;
    while (true) {
      v1::LogsResponse response;
      const LogsFeed::Outcome outcome = feed_->Next(response);
      if (outcome == LogsFeed::Outcome::kNothing) return text;
      if (outcome == LogsFeed::Outcome::kEnd) return text + "end";
      absl::StrAppend(&text, response.name(), ":", response.stream() == v1::STDERR ? "err" : "out",
                      ":", response.data(), "|");
    }
  }

  // Declared before the feed, which listens to these logs.
  const std::shared_ptr<LogFiles> out_ = store_.Find("web", OutputStream::kStdout);
  const std::shared_ptr<LogFiles> err_ = store_.Find("web", OutputStream::kStderr);
  const std::shared_ptr<LogFiles> api_ = store_.Find("api", OutputStream::kStdout);
  std::unique_ptr<LogsFeed> feed_;
  int told_ = 0;
};

TEST_F(LogsFeedTest, MergesTheStreamsOfADaemonByTime) {
  Out("o1\no2\n", 0);
  Err("e1\n", 5);
  Out("o3\n", 10);
  Err("e2\n", 15);
  Ask(Web());
  EXPECT_EQ(Pieces(), "web:out:o1\no2\n|web:err:e1\n|web:out:o3\n|web:err:e2\n|end");
}

TEST_F(LogsFeedTest, DoesNotSplitALineWithTheOtherStream) {
  const std::string line(40'000, 'x');
  Out(line + "\n", 0);
  Err("e1\n", 0);
  Ask(Web());
  const std::string pieces = Pieces();
  EXPECT_GT(pieces.find("web:err"), line.size());
}

TEST_F(LogsFeedTest, HistoryBeginsAtTheLatestLimit) {
  Out("1\n2\n", 0);
  Out("3\n4\n", 10);
  LogsFeed::Options options = Web();
  options.lines = 3;
  Ask(options);
  EXPECT_EQ(Pieces(), "web:out:2\n|web:out:3\n4\n|end");
  options.since = kNoon + absl::Seconds(5);
  Ask(options);
  EXPECT_EQ(Pieces(), "web:out:3\n4\n|end");
  options.bytes = 2;
  Ask(options);
  EXPECT_EQ(Pieces(), "web:out:4\n|end");
  options.lines = 0;
  Ask(options);
  EXPECT_EQ(Pieces(), "end");
}

TEST_F(LogsFeedTest, SendsDaemonsInOrder) {
  Append("api", OutputStream::kStdout, "of api\n", 5);
  Out("of web\n", 0);
  LogsFeed::Options options = Web();
  options.names = {"api", "web", "nothing-written"};
  Ask(options);
  EXPECT_EQ(Pieces(), "api:out:of api\n|web:out:of web\n|end");
}

TEST_F(LogsFeedTest, OutputWrittenMeanwhileIsNotHistory) {
  Out("1\n", 0);
  Ask(Web());
  v1::LogsResponse response;
  ASSERT_EQ(feed_->Next(response), LogsFeed::Outcome::kPiece);
  Out("2\n", 0);
  EXPECT_EQ(Pieces(), "end");
}

TEST_F(LogsFeedTest, FollowingNotifiesAndMissesNothing) {
  out_->AddWriter();
  err_->AddWriter();
  Out("1\n", 0);
  LogsFeed::Options options = Web();
  options.follow = true;
  Ask(options);
  EXPECT_EQ(Pieces(), "web:out:1\n|");
  const int before = told_;
  Out("2\n", 1);
  Out("3\n", 2);
  Err("e\n", 3);
  EXPECT_EQ(told_, before + 2) << "once for each stream until it is asked";
  EXPECT_EQ(Pieces(), "web:out:2\n|web:err:e\n|web:out:3\n|");
}

TEST_F(LogsFeedTest, FollowingEndsWithTheDaemon) {
  out_->AddWriter();
  err_->AddWriter();
  LogsFeed::Options options = Web();
  options.follow = true;
  Ask(options);
  EXPECT_EQ(Pieces(), "");
  Out("last words\n", 0);
  out_->RemoveWriter();
  EXPECT_EQ(Pieces(), "web:out:last words\n|");
  err_->RemoveWriter();
  EXPECT_EQ(Pieces(), "end");
}

TEST_F(LogsFeedTest, FollowingManyLogsKeepsFewOpen) {
  LogsFeed::Options options = Web();
  options.names.clear();
  options.streams = {OutputStream::kStdout};
  options.follow = true;
  std::vector<std::shared_ptr<LogFiles>> logs;
  std::string all;
  for (int i = 0; i < 20; ++i) {
    options.names.push_back(absl::StrCat("web", i));
    logs.push_back(store_.Find(options.names.back(), OutputStream::kStdout));
    logs.back()->AddWriter();
  }
  Ask(options);
  EXPECT_EQ(Pieces(), "");
  const int before = OpenDescriptors();
  const std::string line(10'000, 'x');
  for (const std::string& name : options.names) {
    Append(name, OutputStream::kStdout, line + "\n" + line + "\n", 0);
  }
  v1::LogsResponse response;
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(feed_->Next(response), LogsFeed::Outcome::kPiece);
    EXPECT_EQ(response.data(), line + "\n");
    EXPECT_LE(OpenDescriptors(), before + 2 * 2);
  }
  EXPECT_EQ(feed_->Next(response), LogsFeed::Outcome::kNothing);
  EXPECT_EQ(OpenDescriptors(), before);
  // The reserved descriptors were returned.
  EXPECT_TRUE(store_.reader_pool().Take() && store_.reader_pool().Take());
}

TEST_F(LogsFeedTest, SlowCallerLearnsHowMuchItMissed) {
  out_->AddWriter();
  LogsFeed::Options options = Web();
  options.streams = {OutputStream::kStdout};
  options.follow = true;
  Ask(options);
  EXPECT_EQ(Pieces(), "");
  for (int i = 0; i < 3; ++i) {
    Out("12345\n", i);
    ASSERT_EQ(out_->Rotate(1, 6), 0);
  }
  v1::LogsResponse response;
  ASSERT_EQ(feed_->Next(response), LogsFeed::Outcome::kPiece);
  EXPECT_EQ(response.missed(), 12);
  EXPECT_EQ(response.data(), "12345\n");
  EXPECT_EQ(response.time().seconds(), absl::ToUnixSeconds(kNoon) + 2);
}

}  // namespace
}  // namespace hob
