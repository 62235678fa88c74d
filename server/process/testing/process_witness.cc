#include "server/process/testing/process_witness.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace hob {
namespace {

// Returns the names in a directory, which may vanish concurrently.
std::vector<std::string> NamesIn(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename());
  }
  return names;
}

}  // namespace

std::set<pid_t> OwnChildren() {
  std::set<pid_t> children;
  for (const std::string& thread : NamesIn("/proc/self/task")) {
    std::istringstream pids(TextOf(absl::StrCat("/proc/self/task/", thread, "/children")));
    children.insert(std::istream_iterator<pid_t>(pids), std::istream_iterator<pid_t>());
  }
  return children;
}

int OwnDescriptors() { return static_cast<int>(NamesIn("/proc/self/fd").size()); }

std::set<int> DescriptorsOf(pid_t pid) {
  std::set<int> descriptors;
  for (const std::string& name : NamesIn(absl::StrCat("/proc/", pid, "/fd"))) {
    descriptors.insert(std::stoi(name));
  }
  return descriptors;
}

std::vector<std::string> WordsOf(pid_t pid) {
  const std::string line = TextOf(absl::StrCat("/proc/", pid, "/cmdline"));
  if (line.empty()) return {};
  return absl::StrSplit(absl::StripSuffix(line, absl::string_view("\0", 1)), '\0');
}

std::string StatusOf(pid_t pid, const std::string& key) {
  for (absl::string_view line :
       absl::StrSplit(TextOf(absl::StrCat("/proc/", pid, "/status")), '\n')) {
    if (absl::ConsumePrefix(&line, key) && absl::ConsumePrefix(&line, ":\t")) {
      return std::string(line);
    }
  }
  return "";
}

std::string LinkOf(const std::string& path) {
  std::error_code error;
  return std::filesystem::read_symlink(path, error);
}

std::string TextOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return std::string(absl::StripSuffix(text, "\n"));
}

}  // namespace hob
