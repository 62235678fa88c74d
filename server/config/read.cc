#include "server/config/read.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/config/ini/config_file.h"

namespace hob {
namespace {

class TextReader {
 public:
  explicit TextReader(ProblemList* errors) : errors_(errors) {}

  void AddPath(const std::string& path);
  std::vector<ConfigText> Take() { return std::move(texts_); }

 private:
  void AddDirectory(const std::string& path);
  void AddFile(const std::string& path);
  // Adds an empty text in place of a file or directory that cannot be read.
  void AddUnreadable(const std::string& path, const absl::Status& why);
  // Reports an error of the last text as a whole.
  void Report(const absl::Status& status) {
    errors_->Add({static_cast<int>(texts_.size()) - 1, 0}, std::string(status.message()));
  }

  ProblemList* const errors_;
  std::vector<ConfigText> texts_;
};

void TextReader::AddPath(const std::string& path) {
  const absl::StatusOr<bool> is_directory = IsConfigDirectory(path);
  if (!is_directory.ok()) return AddUnreadable(path, is_directory.status());
  *is_directory ? AddDirectory(path) : AddFile(path);
}

void TextReader::AddDirectory(const std::string& path) {
  const absl::StatusOr<std::vector<std::string>> files = ListConfigDirectory(path);
  if (!files.ok()) return AddUnreadable(path, files.status());
  for (const std::string& file : *files) AddFile(file);
}

void TextReader::AddFile(const std::string& path) {
  texts_.push_back({path, ""});
  if (absl::Status directory = CheckDirectoryOf(path); !directory.ok()) Report(directory);
  absl::StatusOr<std::string> text = ReadConfigFile(path);
  if (!text.ok()) return Report(text.status());
  texts_.back().text = *std::move(text);
}

void TextReader::AddUnreadable(const std::string& path, const absl::Status& why) {
  texts_.push_back({path, ""});
  Report(why);
}

}  // namespace

std::vector<ConfigText> ReadConfigTexts(const std::vector<std::string>& paths,
                                        ProblemList* errors) {
  TextReader reader(errors);
  for (const std::string& path : paths) reader.AddPath(path);
  return reader.Take();
}

}  // namespace hob
