// Passes every file of a directory, its only argument, to a fuzz target, in name order. The corpus
// has the inputs that once made the target fail, so that an ordinary build without a fuzzer tests
// them again. Prints each file's name to stderr first, so that the last one is the culprit of an
// abort. Fails if the directory is empty.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::set<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    paths.insert(entry.path());
  }
  for (const std::filesystem::path& path : paths) {
    std::cerr << path.string() << std::endl;
    std::ifstream file(path, std::ios::binary);
    // A buffer of the exact size, so that a sanitizer detects reads beyond it.
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file),
                                     std::istreambuf_iterator<char>()};
    if (!file) return 1;
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  return paths.empty() ? 1 : 0;
}
