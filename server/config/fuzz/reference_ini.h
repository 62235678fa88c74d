// A second parser of configuration files, written only from the rules at the top of ini_file.h:
// slow, obvious, and without a line in common with the first.
#ifndef HOB_SERVER_CONFIG_FUZZ_REFERENCE_INI_H_
#define HOB_SERVER_CONFIG_FUZZ_REFERENCE_INI_H_

#include <functional>
#include <map>
#include <set>
#include <string>

namespace hob {

// The treatment of a section: its lines are read or skipped, or its name is wrong.
enum class ReferenceSection { kRead, kForeign, kWrong };

struct ReferenceEntry {
  std::string value;
  // The line of the key, from 1.
  int line = 0;

  bool operator==(const ReferenceEntry& other) const {
    return value == other.value && line == other.line;
  }
};

struct ReferenceIni {
  // By section, then by key. Foreign sections have no entries.
  std::map<std::string, std::map<std::string, ReferenceEntry>> sections;
  // The wrong lines, from 1.
  std::set<int> rejected;
  // The lines of wrong headers among skipped lines: an error if they resemble a header of hob's,
  // else skipped.
  std::set<int> undecided;
};

// Parses the text of a file of at most 64 KiB, in UTF-8 and without NUL. A rejected line that is no
// key = value has no effect on the lines after it. `classify` returns the treatment of a section.
ReferenceIni ParseReferenceIni(
    const std::string& text,
    const std::function<ReferenceSection(const std::string& name)>& classify);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_FUZZ_REFERENCE_INI_H_
