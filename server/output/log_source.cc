#include "server/output/log_source.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <string>
#include <utility>

namespace hob {
namespace {

// A compressed file that claims to hold more than this is corrupt: no disk held that log. Sums of
// such sizes still fit into 63 bits.
constexpr unsigned long long kMaxBytes = 1ull << 50;

class RawSource : public LogSource {
 public:
  explicit RawSource(UniqueFd fd) : fd_(std::move(fd)) {}

  int64_t ReadAt(int64_t offset, char* bytes, int64_t size) override {
    int64_t done = 0;
    while (done < size) {
      const ssize_t count = pread(fd_.get(), bytes + done, size - done, offset + done);
      if (count <= 0) break;
      done += count;
    }
    return done;
  }

  int64_t Size() override {
    struct stat status;
    return fstat(fd_.get(), &status) == 0 ? status.st_size : 0;
  }

  bool IsRandomAccess() const override { return true; }

  uint64_t Inode() const override {
    struct stat status;
    return fstat(fd_.get(), &status) == 0 ? status.st_ino : 0;
  }

 private:
  const UniqueFd fd_;
};

class ZstdSource : public LogSource {
 public:
  explicit ZstdSource(UniqueFd fd) : fd_(std::move(fd)), decoder_(ZSTD_createDCtx()) {}
  ~ZstdSource() override { ZSTD_freeDCtx(decoder_); }

  int64_t ReadAt(int64_t offset, char* bytes, int64_t size) override {
    if (offset < position_) Rewind();
    char skipped[4096];
    while (position_ < offset) {
      const int64_t wanted = std::min<int64_t>(sizeof(skipped), offset - position_);
      if (Decode(skipped, wanted) < wanted) return 0;
    }
    return Decode(bytes, size);
  }

  int64_t Size() override {
    if (size_ >= 0) return size_;
    char head[18];
    const ssize_t count = pread(fd_.get(), head, sizeof(head), 0);
    const unsigned long long told = ZSTD_getFrameContentSize(head, std::max<ssize_t>(count, 0));
    size_ = told <= kMaxBytes ? static_cast<int64_t>(told) : CountToTheEnd();
    return size_;
  }

  bool IsRandomAccess() const override { return false; }
  uint64_t Inode() const override { return 0; }

 private:
  void Rewind() {
    ZSTD_DCtx_reset(decoder_, ZSTD_reset_session_only);
    position_ = 0;
    file_offset_ = 0;
    input_.clear();
    input_used_ = 0;
    failed_ = false;
  }

  // Returns true if there is compressed input left to decode.
  bool FillInput() {
    if (input_used_ < input_.size()) return true;
    input_.resize(ZSTD_DStreamInSize());
    input_used_ = 0;
    const ssize_t count = pread(fd_.get(), &input_[0], input_.size(), file_offset_);
    input_.resize(std::max<ssize_t>(count, 0));
    file_offset_ += input_.size();
    return !input_.empty();
  }

  int64_t Decode(char* bytes, int64_t size) {
    ZSTD_outBuffer out = {bytes, static_cast<size_t>(size), 0};
    while (!failed_ && out.pos < out.size) {
      const size_t before = out.pos;
      const bool has_input = FillInput();
      ZSTD_inBuffer in = {input_.data(), input_.size(), input_used_};
      const size_t left = ZSTD_decompressStream(decoder_, &out, &in);
      input_used_ = in.pos;
      if (ZSTD_isError(left)) {
        // The library's decoders of old formats then claim to have filled the buffer.
        out.pos = before;
        failed_ = true;
      }
      // Even without input the decoder may still hold decoded bytes.
      if (!has_input && out.pos == before) break;
    }
    position_ += out.pos;
    return out.pos;
  }

  int64_t CountToTheEnd() {
    const int64_t before = position_;
    char bytes[4096];
    while (Decode(bytes, sizeof(bytes)) > 0) {
    }
    const int64_t size = position_;
    if (before < position_) Rewind();
    return size;
  }

  const UniqueFd fd_;
  ZSTD_DCtx* const decoder_;
  // Bytes decoded so far, and bytes of the file read for them.
  int64_t position_ = 0;
  int64_t file_offset_ = 0;
  std::string input_;
  size_t input_used_ = 0;
  // True if nothing can be decoded from here on.
  bool failed_ = false;
  // -1 while unknown.
  int64_t size_ = -1;
};

}  // namespace

std::unique_ptr<LogSource> LogSource::From(LogFiles::Opened opened) {
  if (!opened.fd.ok()) return nullptr;
  if (opened.compressed) return std::make_unique<ZstdSource>(std::move(opened.fd));
  return std::make_unique<RawSource>(std::move(opened.fd));
}

}  // namespace hob
