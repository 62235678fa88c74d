// Loads random files from a fixed seed. Loading any file ends, and its result is consistent.
#include <algorithm>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/config/config.h"
#include "server/config/ini/ini_file.h"
#include "server/config/keys/daemon_keys.h"
#include "server/config/keys/server_keys.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

// Returns meaningful pieces, so that random texts get far.
std::vector<std::string> Pieces() {
  std::vector<std::string> pieces = {"[os_daemons]",
                                     "[os_daemon_settings]",
                                     "[daemon:a]",
                                     "[daemon:b]",
                                     "[hob]",
                                     "[x]",
                                     "[daemon:",
                                     "[",
                                     "]",
                                     "=",
                                     " = ",
                                     ";",
                                     " ; ",
                                     "\\",
                                     "\\\\",
                                     "'",
                                     "\"",
                                     "#",
                                     "\n",
                                     "\n",
                                     "\n",
                                     "\n ",
                                     "\n\t",
                                     "\r\n",
                                     "a",
                                     "b",
                                     "/usr/bin/env",
                                     "command",
                                     "daemon",
                                     "fd:3",
                                     "notify",
                                     "5",
                                     "-1",
                                     "1h",
                                     "10MB",
                                     "yes",
                                     "unix:/x",
                                     "A=1",
                                     "\xC3\xA4",
                                     "\xFF",
                                     "$",
                                     "~",
                                     std::string(1, '\0'),
                                     "\xEF\xBB\xBF",
                                     "99999999999999999999",
                                     "unlimited"};
  for (const std::string& name : DaemonKeyNames()) pieces.push_back(name);
  for (const std::string& name : ServerKeyNames()) pieces.push_back(name);
  return pieces;
}

constexpr const char* kRightLines[] = {
    "max_retries = 7",
    "backoff = 0.5 ; half a second",
    "ready = notify",
    "directory = '/srv/a ; b'",
    "environment = A=1 \\\n B='x y' C=\"it's\"",
    "success_exit_codes = 3,1\n  2",
    "stop_signal = int",
    "nice = -5",
    "groups = sys bin",
    "umask = 7",
    "limit_core = 0:unlimited",
    "backoff_jitter = 33%",
    "log_max_bytes = 1MiB",
    "env_file = /etc/a\\\\b",
    "; comment = x",
    "",
};

class RandomTexts {
 public:
  // Returns mostly valid lines, with pieces between them.
  std::string Next() {
    std::string text = "[os_daemons]\na = /usr/bin/env 'a ; b'\n[daemon:a]\n";
    const int disorder = static_cast<int>(random_() % 12);
    for (int i = static_cast<int>(random_() % 12); i > 0; --i) {
      absl::StrAppend(&text, Pick(kRightLines), "\n");
      for (int j = static_cast<int>(random_() % 6); disorder > 6 && j > 0; --j) {
        text += pieces_[random_() % pieces_.size()];
      }
    }
    return text;
  }

 private:
  template <size_t kCount>
  const char* Pick(const char* const (&texts)[kCount]) {
    return texts[random_() % kCount];
  }

  const std::vector<std::string> pieces_ = Pieces();
  std::mt19937 random_{20261122};
};

TEST(RandomFilesTest, ParsedEntriesAreUniqueTrimmedAndInsideTheFile) {
  RandomTexts texts;
  for (int i = 0; i < 5'000; ++i) {
    const std::string text = texts.Next();
    const int lines = 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
    ProblemList problems;
    std::set<std::string> names;
    for (const IniSection& section : ParseIni(text, 0, &problems)) {
      ASSERT_TRUE(names.insert(section.name).second) << text;
      ASSERT_NE(section.meaning.kind, SectionKind::kWrong) << text;
      std::set<std::string> keys;
      for (const IniEntry& entry : section.entries) {
        ASSERT_TRUE(keys.insert(entry.key).second) << text;
        ASSERT_FALSE(entry.key.empty()) << text;
        ASSERT_TRUE(entry.line >= 1 && entry.line <= lines) << text;
        ASSERT_EQ(entry.value.find('\n'), std::string::npos) << text;
        if (entry.value.empty()) continue;
        ASSERT_NE(entry.value.front(), ' ') << text;
        ASSERT_NE(entry.value.back(), ' ') << text;
      }
    }
    for (const ConfigProblem& problem : problems.Sorted({"f"})) {
      ASSERT_TRUE(problem.line >= 1 && problem.line <= lines) << text;
      ASSERT_FALSE(problem.message.empty()) << text;
    }
  }
}

TEST(RandomFilesTest, LoadedSpecsAreCompleteAndMessagesPrintable) {
  TestDirectory directory;
  RandomTexts texts;
  int right = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string text = texts.Next();
    const LoadedConfig loaded =
        LoadConfig({directory.Write("1.ini", text), directory.Write("2.ini", texts.Next())});
    right += loaded.ok() ? 1 : 0;
    for (const auto& [name, spec] : loaded.config.daemons) {
      ASSERT_EQ(spec->name, name);
      ASSERT_FALSE(spec->argv.empty()) << text;
      ASSERT_EQ(spec->argv[0][0], '/') << text;
      ASSERT_EQ(spec->settings->size(), DaemonKeys().size());
    }
    for (const auto* problems : {&loaded.errors, &loaded.warnings}) {
      for (const ConfigProblem& problem : *problems) {
        for (const char c : problem.message) ASSERT_FALSE(c >= 0 && c < ' ') << text;
      }
    }
  }
  // Both outcomes occur often enough for the checks above.
  EXPECT_GT(right, 10);
  EXPECT_LT(right, 390);
}

// The `settings` of a spec are a configuration of the same spec.
TEST(RandomFilesTest, WrittenSettingsLoadAgain) {
  TestDirectory directory;
  RandomTexts texts;
  int compared = 0;
  for (int i = 0; i < 300; ++i) {
    const LoadedConfig loaded = LoadConfig({directory.Write("1.ini", texts.Next())});
    if (!loaded.ok() || loaded.config.daemons.count("a") == 0) continue;
    const DaemonSpec& spec = *loaded.config.daemons.at("a");
    std::string text = absl::StrCat("[daemon:a]\ncommand = ", spec.command, "\n");
    for (const auto& [key, value] : *spec.settings) absl::StrAppend(&text, key, " = ", value, "\n");
    const LoadedConfig again = LoadConfig({directory.Write("2.ini", text)});
    ASSERT_TRUE(again.ok()) << text << testing::PrintToString(again.errors[0].ToString());
    ASSERT_EQ(*again.config.daemons.at("a")->settings, *spec.settings) << text;
    ASSERT_EQ(again.config.daemons.at("a")->argv, spec.argv) << text;
    ++compared;
  }
  EXPECT_GT(compared, 10);
}

}  // namespace
}  // namespace hob
