// Commands and environments: what is split and quoted is split into the same again.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "bazel/fuzzing/text.h"
#include "glog/logging.h"
#include "server/config/command.h"
#include "server/config/environment.h"
#include "server/config/quoting.h"
#include "server/config/values.h"

namespace hob {
namespace {

std::vector<std::string> TextsOf(const std::vector<QuotedWord>& words) {
  std::vector<std::string> texts;
  for (const QuotedWord& word : words) texts.push_back(word.text);
  return texts;
}

void CheckPrintable(absl::string_view message) {
  CHECK(!message.empty() && IsPrintable(message)) << message;
}

// Any bytes are one word once they are quoted, and none of them is left to a shell.
void CheckQuoteWord(absl::string_view word) {
  const std::string quoted = QuoteWord(word);
  const auto words = SplitWords(quoted);
  CHECK(words.ok()) << quoted;
  CHECK_EQ(words->size(), 1) << quoted;
  CHECK_EQ(words->front().text, word) << quoted;
  CHECK_EQ(words->front().shell_characters, "") << quoted;
  const auto unquoted = Unquote(quoted);
  CHECK(unquoted.ok() && *unquoted == word) << quoted;
}

void CheckWords(absl::string_view text) {
  const auto words = SplitWords(text);
  // Whether the quotes are closed does not depend on who asks.
  const auto unquoted = Unquote(text);
  CHECK_EQ(words.ok(), unquoted.ok());
  if (!words.ok()) return CheckPrintable(words.status().message());
  const std::vector<std::string> texts = TextsOf(*words);
  size_t bytes = 0;
  std::vector<std::string> quoted;
  for (const std::string& word : texts) {
    CheckQuoteWord(word);
    quoted.push_back(QuoteWord(word));
    bytes += word.size();
  }
  CHECK_LE(bytes, unquoted->size());
  const auto again = SplitWords(absl::StrJoin(quoted, " "));
  CHECK(again.ok());
  CHECK(TextsOf(*again) == texts);
}

void CheckCommand(absl::string_view text) {
  const auto argv = ParseCommand(text);
  if (!argv.ok()) return CheckPrintable(argv.status().message());
  CHECK(!argv->empty() && !argv->front().empty() && argv->front().front() == '/');
  const auto words = SplitCommand(text);
  CHECK(words.ok() && *words == *argv);
  for (const std::string& warning : CommandWarnings(text)) CheckPrintable(warning);
}

void CheckVariables(const absl::StatusOr<Environment>& environment) {
  if (!environment.ok()) return CheckPrintable(environment.status().message());
  std::set<std::string> names;
  for (const auto& [name, value] : *environment) {
    CHECK(names.insert(name).second) << name;
    CHECK(!name.empty() && name.find_first_of("= \t\n") == std::string::npos) << name;
  }
  const std::string text = FormatEnvironment(*environment);
  const auto again = ParseEnvironment(text);
  CHECK(again.ok()) << text;
  CHECK_EQ(FormatEnvironment(*again), text);
  CHECK_EQ(again->size(), environment->size());
  CHECK(MergeEnvironments(*environment, *again) == *environment);
}

}  // namespace
}  // namespace hob

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text = hob::AsText(data, size);
  hob::CheckQuoteWord(text);
  hob::CheckWords(text);
  hob::CheckCommand(text);
  hob::CheckVariables(hob::ParseEnvironment(text));
  hob::CheckVariables(hob::ParseEnvironmentLines(text));
  return 0;
}
