// Checks a log that grows, rotates and is compressed while it is read: the bytes read equal the
// bytes written, and bytes removed before they were read are counted. The input is a program; each
// step is one letter and one number:
//
//   a N   appends N + 1 bytes, which follow in the input
//   i N   lets N * 10 ms pass and adds an index entry, unless the log has bytes and no index
//   r N   rotates and keeps N % 4 backups
//   z     compresses the backups
//   b N, l N, s N   starts reading at the last N bytes or lines, or N * 10 ms ago
//   e     stops reading at the current end
//   n N   reads the next N + 1 bytes
//   G N, Z N   replaces the index, or the latest backup (as a compressed one), with N bytes of the
//         input; from here on only checks that reading ends
#include <zstd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "bazel/fuzzing/text.h"
#include "glog/logging.h"
#include "server/output/log_files.h"
#include "server/output/log_index.h"
#include "server/output/log_reader.h"
#include "server/output/testing/output_test_env.h"

namespace hob {
namespace {

class Input {
 public:
  explicit Input(absl::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  uint8_t Number() { return empty() ? 0 : static_cast<uint8_t>(Bytes(1)[0]); }
  absl::string_view Bytes(size_t size) {
    const absl::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }

 private:
  absl::string_view bytes_;
};

// A file of the log, as the fuzzer wrote it.
struct File {
  std::string bytes;
  // Position of its first byte, counted from the first byte ever written.
  int64_t start = 0;
  std::vector<LogIndexEntry> index;
};

class Log {
 public:
  explicit Log(const std::string& directory)
      : path_(directory + "/web.log"), files_(std::make_shared<LogFiles>(path_)), reader_(files_) {
    kept_.emplace_back();
    StartAt(reader_.End(), 0);
  }

  void Step(char step, Input& input) {
    const int number = input.Number();
    if (step == 'a') Append(input.Bytes(number + 1));
    if (step == 'i') AddToIndex(absl::Milliseconds(10 * number));
    if (step == 'r') Rotate(number % 4);
    if (step == 'z') Compress();
    if (step == 'b') StartAt(reader_.BeforeBytes(number), BeforeBytes(number));
    if (step == 'l') StartAt(reader_.BeforeLines(number), BeforeLines(number));
    if (step == 's') StartSince(now_ - absl::Milliseconds(10 * number));
    if (step == 'e') Stop();
    if (step == 'n') Read(number + 1);
    if (step == 'G') CorruptIndex(input.Bytes(number));
    if (step == 'Z') CorruptBackup(input.Bytes(number));
  }

  // Reads the rest.
  void Finish() {
    // A corrupt file may decompress to more data than there is time for.
    for (int i = 0; i < 10'000 && Read(1 << 16); ++i) continue;
  }

 private:
  File& current() { return kept_.back(); }
  int64_t End() { return current().start + current().bytes.size(); }

  void Append(absl::string_view bytes) {
    current().bytes.append(bytes.data(), bytes.size());
    written_.append(bytes.data(), bytes.size());
    WriteFile(path_, current().bytes);
  }

  void AddToIndex(absl::Duration passed) {
    now_ += passed;
    // The writer creates the index before it writes the first byte, or not at all.
    if (current().index.empty() && !current().bytes.empty()) return;
    const LogIndexEntry entry = {static_cast<int64_t>(current().bytes.size()), now_};
    CHECK(AppendToLogIndex(files_->index_path(), entry, current().index.empty()));
    current().index.push_back(entry);
  }

  void Rotate(int backups) {
    if (current().bytes.empty()) return;
    CHECK_EQ(files_->Rotate(backups, current().bytes.size()), 0);
    const int64_t start = End();
    kept_.emplace_back();
    current().start = start;
    while (kept_.size() > backups + 1) kept_.pop_front();
  }

  void Compress() {
    for (const int64_t sequence : files_->Uncompressed()) {
      const std::string& bytes = kept_[kept_.size() - 1 - (files_->current() - sequence)].bytes;
      std::string compressed(ZSTD_compressBound(bytes.size()), '\0');
      compressed.resize(
          ZSTD_compress(&compressed[0], compressed.size(), bytes.data(), bytes.size(), 1));
      WriteFile(path_ + ".new", compressed);
      CHECK(files_->AddCompressed(sequence, path_ + ".new"));
      files_->RemoveUncompressed(sequence);
    }
  }

  void StartAt(const LogReader::Position& position, int64_t expected) {
    reader_.StopAt(absl::nullopt);
    stop_ = absl::nullopt;
    reader_.StartAt(position);
    position_ = expected;
    if (!corrupt_)
      CHECK_EQ(files_->StartOf(position.sequence).value_or(-1) + position.offset, expected);
  }

  int64_t BeforeBytes(int64_t bytes) { return std::max(kept_.front().start, End() - bytes); }

  int64_t BeforeLines(int64_t lines) {
    for (auto file = kept_.rbegin(); file != kept_.rend(); ++file) {
      // Offsets of the beginnings of lines.
      std::vector<int64_t> begins;
      for (size_t i = 0; i < file->bytes.size(); ++i) {
        if (i == 0 || file->bytes[i - 1] == '\n') begins.push_back(file->start + i);
      }
      if (lines == 0) return End();
      if (begins.size() >= lines) return begins[begins.size() - lines];
      lines -= begins.size();
    }
    return kept_.front().start;
  }

  // Returns the first byte that was certainly written at `time` or later, or the end.
  int64_t Since(absl::Time time) {
    for (const File& file : kept_) {
      for (const LogIndexEntry& entry : file.index) {
        if (entry.time >= time) return file.start + entry.offset;
      }
    }
    return End();
  }

  void StartSince(absl::Time time) {
    const LogReader::Position position = reader_.Since(time);
    const int64_t begin =
        files_->StartOf(position.sequence).value_or(0) + (corrupt_ ? 0 : position.offset);
    if (!corrupt_) {
      CHECK_GE(begin, kept_.front().start);
      CHECK_LE(begin, Since(time));
      CHECK(position.offset == 0 || written_[begin - 1] == '\n');
    }
    StartAt(position, begin);
  }

  void Stop() {
    reader_.StopAt(reader_.End());
    stop_ = End();
  }

  void CorruptIndex(absl::string_view bytes) {
    corrupt_ = true;
    WriteFile(files_->index_path(), bytes);
  }

  void CorruptBackup(absl::string_view bytes) {
    corrupt_ = true;
    WriteFile(path_ + ".new", bytes);
    files_->AddCompressed(files_->current() - 1, path_ + ".new");
    files_->RemoveUncompressed(files_->current() - 1);
  }

  bool Read(int64_t max) {
    const absl::optional<LogReader::Piece> piece = reader_.Next(max);
    if (!piece.has_value()) {
      if (!corrupt_) CheckNothing();
      return false;
    }
    CHECK(!piece->data.empty());
    CHECK_LE(piece->data.size(), max);
    CHECK_GE(piece->missed, 0);
    if (corrupt_) return true;
    if (piece->missed > 0) CHECK_EQ(position_ + piece->missed, kept_.front().start);
    position_ += piece->missed;
    CHECK_EQ(written_.substr(position_, piece->data.size()), piece->data) << position_;
    CheckPieceEnd(*piece, max);
    position_ += piece->data.size();
    if (stop_.has_value()) CHECK_LE(position_, *stop_);
    return true;
  }

  // Called when there is nothing to read: everything was read or removed.
  void CheckNothing() {
    const int64_t position = std::max(position_, kept_.front().start);
    if (stop_.has_value()) {
      CHECK(reader_.AtStop());
      CHECK_GE(position, *stop_);
    } else {
      CHECK_EQ(position, End());
    }
  }

  // Checks that a piece ends after a line, and at the first line after which the time differs.
  void CheckPieceEnd(const LogReader::Piece& piece, int64_t max) {
    const size_t last_newline = piece.data.rfind('\n');
    if (piece.data.size() == max && last_newline != std::string::npos) {
      CHECK_EQ(last_newline, piece.data.size() - 1);
    }
    for (const File& file : kept_) {
      const int64_t offset = position_ - file.start;
      if (offset < 0 || offset >= file.bytes.size()) continue;
      absl::optional<absl::Time> time;
      int64_t end = piece.data.size();
      for (const LogIndexEntry& entry : file.index) {
        if (entry.offset <= offset) time = entry.time;
        if (entry.offset > offset) end = std::min(end, entry.offset - offset);
      }
      CHECK(piece.time == time) << position_;
      const size_t newline = piece.data.find('\n', end - 1);
      CHECK(newline == std::string::npos || newline == piece.data.size() - 1);
    }
  }

  const std::string path_;
  const std::shared_ptr<LogFiles> files_;
  LogReader reader_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  // The existing files, oldest first, and all bytes ever written.
  std::deque<File> kept_;
  std::string written_;
  // Positions of the reader and of its stop, counted as File::start.
  int64_t position_ = 0;
  absl::optional<int64_t> stop_;
  bool corrupt_ = false;
};

}  // namespace
}  // namespace hob

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hob::TestDirectory& directory = *new hob::TestDirectory;
  for (const auto& file : std::filesystem::directory_iterator(directory.path())) {
    std::filesystem::remove(file);
  }
  hob::Input input(hob::AsText(data, size));
  hob::Log log(directory.path());
  while (!input.empty()) {
    const char step = static_cast<char>(input.Number());
    log.Step(step, input);
  }
  log.Finish();
  return 0;
}
