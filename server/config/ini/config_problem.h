#ifndef HOB_SERVER_CONFIG_INI_CONFIG_PROBLEM_H_
#define HOB_SERVER_CONFIG_INI_CONFIG_PROBLEM_H_

#include <string>
#include <vector>

namespace hob {

// Something that is wrong with (or worth knowing of) the configuration, and where.
struct ConfigProblem {
  std::string file;
  // From 1; 0 when it is the file as a whole.
  int line = 0;
  // What is wrong and what would be right; no file and line in it.
  std::string message;

  // "file:line: message", without the line where it is 0.
  std::string ToString() const;
};

// A place in the chain: the index of a file in the order of the chain, and a line from 1 (0: the
// file as a whole).
struct ConfigPlace {
  // -1: no file, but what hob assumes without one.
  int source = -1;
  int line = 0;
};

// Collects problems in any order. Not thread-safe.
class ProblemList {
 public:
  // A megabyte of nonsense has half a million wrong lines: from the `most`-th on, problems are only
  // counted.
  explicit ProblemList(int most = 10'000) : most_(most) {}

  void Add(ConfigPlace place, std::string message);

  // All of them by file, then line, then the order of their arrival; at last, without a line, how
  // many were only counted. `sources` has the names of the files by index.
  std::vector<ConfigProblem> Sorted(const std::vector<std::string>& sources) const;

 private:
  struct Entry {
    ConfigPlace place;
    std::string message;
  };

  const int most_;
  std::vector<Entry> entries_;
  // How many were not kept, and the file of the last of them.
  int dropped_ = 0;
  int last_dropped_source_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_CONFIG_PROBLEM_H_
