#ifndef HOB_SERVER_CONFIG_INI_CONFIG_PROBLEM_H_
#define HOB_SERVER_CONFIG_INI_CONFIG_PROBLEM_H_

#include <string>
#include <vector>

namespace hob {

// An error or a warning in a configuration, with its place.
struct ConfigProblem {
  std::string file;
  // From 1; 0 for the file as a whole.
  int line = 0;
  // Says what is wrong and what would be right, without file and line.
  std::string message;

  // Returns "file:line: message", or "file: message" for line 0.
  std::string ToString() const;
};

// A line of a configuration.
struct ConfigPlace {
  // The index of the file in the chain; -1 for a default, which is in no file.
  int source = -1;
  // From 1; 0 for the file as a whole.
  int line = 0;
};

// Collects problems in any order. Not thread-safe.
class ProblemList {
 public:
  // Keeps at most `most` problems and counts the rest: a megabyte of nonsense may have half a
  // million wrong lines.
  explicit ProblemList(int most = 10'000) : most_(most) {}

  // Adds a problem; `message` is as in ConfigProblem.
  void Add(ConfigPlace place, std::string message);

  // Returns the number of problems added.
  int count() const { return static_cast<int>(entries_.size()) + dropped_; }

  // Returns the problems by file, then line, then the order in which they were added; the last one,
  // without a line, tells how many were only counted. `sources` are the names of the files.
  std::vector<ConfigProblem> Sorted(const std::vector<std::string>& sources) const;

 private:
  struct Entry {
    ConfigPlace place;
    std::string message;
  };

  const int most_;
  std::vector<Entry> entries_;
  // The number of problems that were only counted, and the file of the last of them.
  int dropped_ = 0;
  int last_dropped_source_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_CONFIG_PROBLEM_H_
