#include "server/output/testing/output_test_env.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/output/log_source.h"

namespace hob {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void WriteFile(const std::string& path, absl::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  ASSERT_TRUE(file.flush()) << path;
}

bool FileExists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

std::vector<std::string> Listing(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

int OpenDescriptors() { return Listing("/proc/self/fd").size(); }

void RotationTest::WriteAndRotate(const std::string& text, int backups) {
  WriteFile(files_->path(), text);
  WriteFile(files_->index_path(), text);
  ASSERT_EQ(files_->Rotate(backups, text.size()), 0);
}

std::string RotationTest::Read(int64_t sequence) {
  const std::unique_ptr<LogSource> source = LogSource::From(files_->Open(sequence));
  if (source == nullptr) return "none";
  std::string text(source->Size(), '\0');
  EXPECT_EQ(source->ReadAt(0, &text[0], text.size()), text.size());
  return text;
}

UniqueFd OutputTest::OpenAsChild(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  EXPECT_TRUE(fd.ok()) << path;
  return fd;
}

void OutputTest::Write(const UniqueFd& fifo, absl::string_view bytes) {
  ASSERT_EQ(WriteSome(fifo, bytes), bytes.size());
}

size_t OutputTest::WriteSome(const UniqueFd& fifo, absl::string_view bytes) {
  const ssize_t count = write(fifo.get(), bytes.data(), bytes.size());
  return std::max<ssize_t>(count, 0);
}

}  // namespace hob
