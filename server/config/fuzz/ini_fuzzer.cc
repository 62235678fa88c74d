// Compares ParseIni with the slow parser of reference_ini.h: the sections, keys, values and
// rejected lines are the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "bazel/fuzzing/text.h"
#include "glog/logging.h"
#include "server/config/fuzz/reference_ini.h"
#include "server/config/ini/config_problem.h"
#include "server/config/ini/ini_file.h"

namespace hob {
namespace {

ReferenceSection Classify(const std::string& name) {
  switch (ClassifySection(name).kind) {
    case SectionKind::kWrong:
      return ReferenceSection::kWrong;
    case SectionKind::kForeign:
      return ReferenceSection::kForeign;
    case SectionKind::kOsDaemons:
    case SectionKind::kOsDaemonSettings:
    case SectionKind::kDaemon:
    case SectionKind::kHob:
      return ReferenceSection::kRead;
  }
  return ReferenceSection::kWrong;
}

// Converts the sections for the comparison; a repeated key or section is a bug.
ReferenceIni AsReference(const std::vector<IniSection>& sections,
                         const std::vector<ConfigProblem>& problems) {
  ReferenceIni ini;
  for (const IniSection& section : sections) {
    const auto [place, is_new] = ini.sections.try_emplace(section.name);
    CHECK(is_new) << section.name;
    for (const IniEntry& entry : section.entries) {
      CHECK(place->second.emplace(entry.key, ReferenceEntry{entry.value, entry.line}).second)
          << entry.key;
    }
  }
  for (const ConfigProblem& problem : problems) ini.rejected.insert(problem.line);
  return ini;
}

void CheckProblems(const std::vector<ConfigProblem>& problems, int64_t lines) {
  for (const ConfigProblem& problem : problems) {
    CHECK_EQ(problem.file, "file");
    CHECK_GE(problem.line, 1);
    CHECK_LE(problem.line, lines);
    CHECK(!problem.message.empty() && IsPrintable(problem.message)) << problem.message;
  }
}

void CheckEntries(const std::map<std::string, ReferenceEntry>& actual,
                  const std::map<std::string, ReferenceEntry>& expected) {
  for (const auto& [key, entry] : expected) {
    const auto found = actual.find(key);
    CHECK(found != actual.end()) << entry.line << ": " << key;
    CHECK_EQ(found->second.value, entry.value) << entry.line;
    CHECK_EQ(found->second.line, entry.line) << key;
  }
  for (const auto& [key, entry] : actual) CHECK_EQ(expected.count(key), 1) << key;
}

void CheckSame(const ReferenceIni& actual, const ReferenceIni& expected) {
  for (const auto& [name, entries] : expected.sections) {
    const auto section = actual.sections.find(name);
    // An indented header in a foreign section may be one of its lines.
    if (section == actual.sections.end() && Classify(name) == ReferenceSection::kForeign) continue;
    CHECK(section != actual.sections.end()) << name;
    CheckEntries(section->second, entries);
  }
  for (const auto& [name, entries] : actual.sections) CHECK_EQ(expected.sections.count(name), 1);
  for (const int line : expected.rejected) CHECK_EQ(actual.rejected.count(line), 1) << line;
  for (const int line : actual.rejected) {
    CHECK(expected.rejected.count(line) + expected.undecided.count(line) > 0) << line;
  }
}

// Checks that every line with a NUL or bytes that are not UTF-8 is rejected. Returns the text with
// these bytes replaced.
std::string CheckBytes(const std::string& text, const std::set<int>& rejected) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (int i = 0; i < lines.size(); ++i) {
    const bool wrong = !IsUtf8(lines[i]) || lines[i].find('\0') != std::string::npos;
    if (!wrong) continue;
    CHECK_EQ(rejected.count(i + 1), 1) << i + 1;
    for (char& c : lines[i]) c = c != 0 && absl::ascii_isascii(c) ? c : '?';
  }
  return absl::StrJoin(lines, "\n");
}

ReferenceIni Parse(const std::string& text) {
  ProblemList list;
  const std::vector<IniSection> sections = ParseIni(text, 0, &list);
  const std::vector<ConfigProblem> problems = list.Sorted({"file"});
  CheckProblems(problems, 1 + std::count(text.begin(), text.end(), '\n'));
  return AsReference(sections, problems);
}

}  // namespace
}  // namespace hob

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(hob::AsText(data, size));
  const std::string right = hob::CheckBytes(text, hob::Parse(text).rejected);
  hob::CheckSame(hob::Parse(right), hob::ParseReferenceIni(right, hob::Classify));
  return 0;
}
