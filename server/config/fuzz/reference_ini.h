// A second parser of configuration files, written from the manual at the top of
// ini_file.h alone: slow, obvious, and without a line in common with the first.
#ifndef HOB_SERVER_CONFIG_FUZZ_REFERENCE_INI_H_
#define HOB_SERVER_CONFIG_FUZZ_REFERENCE_INI_H_

#include <functional>
#include <map>
#include <set>
#include <string>

namespace hob {

// What a section with some name is: whether its lines are read, left alone, or wrong.
enum class ReferenceSection { kRead, kForeign, kWrong };

struct ReferenceEntry {
  std::string value;
  // Where the key stands, from 1.
  int line = 0;

  bool operator==(const ReferenceEntry& other) const {
    return value == other.value && line == other.line;
  }
};

struct ReferenceIni {
  // By section, then by key. Foreign sections have no entries.
  std::map<std::string, std::map<std::string, ReferenceEntry>> sections;
  // The lines that something is wrong with, from 1.
  std::set<int> rejected;
  // Headers that are not right where no lines are read: an error if they are meant for hob, else
  // left alone.
  std::set<int> undecided;
};

// Reads the text of a file of at most 64 KiB, in UTF-8 and without NUL. A rejected line that is no
// key = value is, for those that follow, as if it were not there. `classify` says what a section
// is.
ReferenceIni ParseReferenceIni(
    const std::string& text,
    const std::function<ReferenceSection(const std::string& name)>& classify);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_FUZZ_REFERENCE_INI_H_
