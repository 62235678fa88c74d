#include "server/api/logs_feed.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <utility>

namespace hob {
namespace {

// Bounds a message; a line may have any length.
constexpr int64_t kMaxPiece = 16 << 10;

}  // namespace

// Reads one log.
class LogsFeed::Stream : public LogFiles::Listener {
 public:
  Stream(LogsFeed& owner, std::string name, OutputStream which, LogStore& store)
      : daemon(std::move(name)),
        stream(which),
        files(store.Find(daemon, which)),
        reader(files),
        owner_(owner),
        kept_open_(store.reader_pool()) {}
  ~Stream() override {
    StopListening();
    reader.Close();
    KeepOpenOrClose();
  }

  void OnChange() override { owner_.NoteReady(this); }

  void Listen() {
    listening_ = true;
    files->AddListener(this);
  }
  void StopListening() {
    if (std::exchange(listening_, false)) files->RemoveListener(this);
  }

  // Reads ahead by one piece; false if there is none.
  bool Fill() {
    if (!piece.has_value()) {
      piece = reader.Next(kMaxPiece);
      KeepOpenOrClose();
    }
    return piece.has_value();
  }

  // Precondition: there is a piece. Returns true if it ends in the middle of a line.
  bool Take(v1::LogsResponse& response) {
    response.Clear();
    response.set_name(daemon);
    response.set_stream(stream == OutputStream::kStdout ? v1::STDOUT : v1::STDERR);
    if (piece->time.has_value()) {
      *response.mutable_time() =
          google::protobuf::util::TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(*piece->time));
    }
    response.set_missed(piece->missed);
    response.set_data(std::move(piece->data));
    piece.reset();
    return response.data().back() != '\n';
  }

  // Orders the pieces of several streams. A piece without a time is older than the log's index.
  absl::Time time() const { return piece->time.value_or(absl::InfinitePast()); }

  const std::string daemon;
  const OutputStream stream;
  const std::shared_ptr<LogFiles> files;
  LogReader reader;
  absl::optional<LogReader::Piece> piece;
  // True if the stream is in ready_; guarded by its owner's mutex.
  bool is_ready = false;

 private:
  // Limits the descriptors held for callers that follow a thousand daemons or that have stopped
  // reading.
  void KeepOpenOrClose() {
    if (reader.is_open() && !is_kept_) is_kept_ = kept_open_.Take();
    if (reader.is_open() && !is_kept_) reader.Close();
    if (!reader.is_open() && std::exchange(is_kept_, false)) kept_open_.Return();
  }

  LogsFeed& owner_;
  DescriptorPool& kept_open_;
  bool is_kept_ = false;
  bool listening_ = false;
};

LogsFeed::LogsFeed(LogStore& store, Options options) : options_(std::move(options)) {
  for (const std::string& name : options_.names) {
    for (OutputStream stream : options_.streams) {
      streams_.push_back(std::make_unique<Stream>(*this, name, stream, store));
    }
  }
}

LogsFeed::~LogsFeed() {
  // No stream may call back while others are being destroyed.
  for (const auto& stream : streams_) stream->StopListening();
}

LogsFeed::Outcome LogsFeed::Next(v1::LogsResponse& response) {
  while (history_daemon_ < options_.names.size()) {
    if (NextHistory(response)) return Outcome::kPiece;
    for (Stream* stream : CurrentStreams()) stream->reader.StopAt(absl::nullopt);
    ++history_daemon_;
    history_begun_ = false;
    in_line_ = nullptr;
  }
  if (!options_.follow) return Outcome::kEnd;
  if (!std::exchange(following_, true)) BeginFollowing();
  return NextNew(response);
}

std::vector<LogsFeed::Stream*> LogsFeed::CurrentStreams() const {
  std::vector<Stream*> current;
  const size_t count = options_.streams.size();
  for (size_t i = 0; i < count; ++i) current.push_back(streams_[history_daemon_ * count + i].get());
  return current;
}

void LogsFeed::BeginHistory(Stream& stream) const {
  LogReader& reader = stream.reader;
  LogReader::Position begin = {stream.files->Oldest(), 0};
  if (options_.lines.has_value()) begin = std::max(begin, reader.BeforeLines(*options_.lines));
  if (options_.bytes.has_value()) begin = std::max(begin, reader.BeforeBytes(*options_.bytes));
  if (options_.since.has_value()) begin = std::max(begin, reader.Since(*options_.since));
  reader.StartAt(begin);
  // Without this, the history of a daemon that writes faster than its caller reads would never end.
  reader.StopAt(reader.End());
}

bool LogsFeed::NextHistory(v1::LogsResponse& response) {
  const std::vector<Stream*> current = CurrentStreams();
  if (!std::exchange(history_begun_, true)) {
    for (Stream* stream : current) BeginHistory(*stream);
  }
  Stream* next = in_line_ != nullptr && in_line_->Fill() ? in_line_ : nullptr;
  for (Stream* stream : current) {
    if (in_line_ != nullptr && next == in_line_) break;
    if (stream->Fill() && (next == nullptr || stream->time() < next->time())) next = stream;
  }
  if (next == nullptr) return false;
  in_line_ = next->Take(response) ? next : nullptr;
  return true;
}

void LogsFeed::BeginFollowing() {
  alive_ = streams_.size();
  for (const auto& stream : streams_) {
    stream->Listen();
    // Output may have come before the listener was added.
    NoteReady(stream.get());
  }
}

LogsFeed::Outcome LogsFeed::NextNew(v1::LogsResponse& response) {
  while (Stream* const stream = TakeReady()) {
    // Checked before reading: a log that has ended by then gets no more output.
    const bool ended = stream->files->ended();
    if (stream->Fill()) {
      stream->Take(response);
      // There may be more, but other streams come first.
      NoteReady(stream);
      return Outcome::kPiece;
    }
    if (!ended) continue;
    stream->StopListening();
    --alive_;
  }
  return alive_ == 0 ? Outcome::kEnd : Outcome::kNothing;
}

void LogsFeed::NoteReady(Stream* stream) {
  {
    absl::MutexLock lock(&mu_);
    if (std::exchange(stream->is_ready, true)) return;
    ready_.push_back(stream);
  }
  on_more_();
}

LogsFeed::Stream* LogsFeed::TakeReady() {
  absl::MutexLock lock(&mu_);
  if (ready_.empty()) return nullptr;
  Stream* const stream = ready_.front();
  ready_.pop_front();
  stream->is_ready = false;
  return stream;
}

}  // namespace hob
