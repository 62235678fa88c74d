// Gives every file of the folder that its only argument names to a fuzz target, in the order of
// their names. What a fuzzer once found is a file of its corpus, so that an ordinary build without
// a fuzzer finds it again. A file at which the target aborts is the last one named on stderr;
// without any file it fails.
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
    // Of the exact size, so that a sanitizer sees what reads beyond it.
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file),
                                     std::istreambuf_iterator<char>()};
    if (!file) return 1;
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  return paths.empty() ? 1 : 0;
}
