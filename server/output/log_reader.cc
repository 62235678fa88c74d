#include "server/output/log_reader.h"

#include <algorithm>
#include <utility>

#include "server/output/line_search.h"

namespace hob {

LogReader::Position LogReader::End() const {
  while (true) {
    const int64_t current = files_->current();
    const std::unique_ptr<LogSource> source = LogSource::From(files_->Open(current));
    const int64_t size = source == nullptr ? 0 : source->Size();
    if (files_->current() == current) return {current, size};
  }
}

LogReader::Position LogReader::BeforeLines(int64_t lines) const {
  Position position = End();
  if (lines <= 0) return position;
  const int64_t oldest = files_->Oldest();
  for (int64_t left = lines; position.sequence >= oldest; --position.sequence) {
    const std::unique_ptr<LogSource> source = LogSource::From(files_->Open(position.sequence));
    if (source == nullptr) continue;
    const LastLines found = FindLastLines(*source, left);
    if (found.count == left) return {position.sequence, found.offset};
    left -= found.count;
  }
  return {oldest, 0};
}

LogReader::Position LogReader::BeforeBytes(int64_t bytes) const {
  Position position = End();
  const int64_t oldest = files_->Oldest();
  for (int64_t left = bytes; position.sequence >= oldest; --position.sequence) {
    const std::unique_ptr<LogSource> source = LogSource::From(files_->Open(position.sequence));
    if (source == nullptr) continue;
    const int64_t size = source->Size();
    if (size >= left) return {position.sequence, size - left};
    left -= size;
  }
  return {oldest, 0};
}

LogReader::Position LogReader::Since(absl::Time time) const {
  Position position = End();
  const int64_t oldest = files_->Oldest();
  for (int64_t sequence = position.sequence; sequence >= oldest; --sequence) {
    LogIndex index;
    index.ReadFrom(files_->OpenIndex(sequence));
    const absl::optional<int64_t> offset = index.OffsetSince(time);
    const bool known = !index.entries().empty();
    // A file without an index may be as young as that.
    if (offset.has_value() || !known) position = {sequence, offset.value_or(0)};
    // Everything before a first entry that is too old is older still.
    if (known && index.entries().front().time + kIndexInterval <= time) break;
  }
  const std::unique_ptr<LogSource> source = LogSource::From(files_->Open(position.sequence));
  if (source == nullptr) return {position.sequence, 0};
  // A corrupt index may point past the end of the file.
  position.offset = BeginningOfLine(*source, std::min(position.offset, source->Size()));
  return position;
}

void LogReader::StartAt(const Position& position) {
  GoTo(position.sequence);
  position_ = position;
  absolute_ = files_->StartOf(position.sequence);
  if (absolute_.has_value()) *absolute_ += position.offset;
  inode_ = 0;
  missed_ = 0;
}

void LogReader::GoTo(int64_t sequence) {
  Close();
  index_ = LogIndex();
  position_ = {sequence, 0};
}

bool LogReader::EnsureOpen() {
  if (source_ != nullptr) return true;
  source_ = LogSource::From(files_->Open(position_.sequence));
  if (source_ == nullptr) return false;
  index_file_ = files_->OpenIndex(position_.sequence);
  index_ = LogIndex();
  const uint64_t inode = source_->Inode();
  // Another file has replaced the one that was read, or it was truncated.
  const bool other = inode != 0 && inode_ != 0 && inode != inode_;
  if (other || source_->Size() < position_.offset) position_.offset = 0;
  inode_ = inode;
  return true;
}

bool LogReader::SkipMissingFiles() {
  const int64_t oldest = files_->Oldest();
  // Nothing has been written to the log yet.
  if (position_.sequence >= oldest) return false;
  const absl::optional<int64_t> start = files_->StartOf(oldest);
  if (start.has_value() && absolute_.has_value()) {
    missed_ += std::max<int64_t>(*start - *absolute_, 0);
  }
  absolute_ = start;
  GoTo(oldest);
  inode_ = 0;
  return true;
}

void LogReader::Close() {
  source_ = nullptr;
  index_file_.Reset();
}

absl::optional<LogReader::Piece> LogReader::Next(int64_t max) {
  while (!AtStop()) {
    // Checked before reading: a file that is complete by now gets no more bytes.
    const bool complete = position_.sequence < files_->current();
    if (!EnsureOpen()) {
      if (SkipMissingFiles()) continue;
      return absl::nullopt;
    }
    int64_t wanted = max;
    if (stop_.has_value() && stop_->sequence == position_.sequence) {
      wanted = std::min(wanted, stop_->offset - position_.offset);
    }
    Piece piece;
    piece.data.resize(wanted);
    piece.data.resize(source_->ReadAt(position_.offset, &piece.data[0], wanted));
    if (!piece.data.empty()) {
      index_.ReadFrom(index_file_);
      TrimPiece(piece.data.size() == max, piece.data);
      piece.time = index_.TimeAt(position_.offset);
      piece.missed = std::exchange(missed_, 0);
      position_.offset += piece.data.size();
      if (absolute_.has_value()) *absolute_ += piece.data.size();
      return piece;
    }
    if (!complete) {
      // The next call looks the path up again.
      Close();
      return absl::nullopt;
    }
    GoTo(position_.sequence + 1);
    inode_ = 0;
  }
  Close();
  return absl::nullopt;
}

void LogReader::TrimPiece(bool may_be_more, std::string& data) {
  const int64_t same_time = index_.EndOfTimeAt(position_.offset) - position_.offset;
  if (same_time < data.size()) {
    const size_t newline = data.find('\n', same_time - 1);
    if (newline != std::string::npos) {
      data.resize(newline + 1);
      return;
    }
  }
  if (!may_be_more) return;
  const size_t newline = data.rfind('\n');
  if (newline != std::string::npos) data.resize(newline + 1);
}

}  // namespace hob
