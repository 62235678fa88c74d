// Splits commands, lists and environments. Their words, quoted and joined, are split into the same
// words again, and a second parser agrees.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "bazel/fuzzing/text.h"
#include "glog/logging.h"
#include "server/config/fuzz/reference_variables.h"
#include "server/config/ini/quoting.h"
#include "server/config/keys/command.h"
#include "server/config/keys/environment.h"

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

// Any bytes, quoted, are one word without a character for a shell.
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
  // Both functions agree on open quotes.
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
  const auto command = ParseCommand(text);
  if (!command.ok()) return CheckPrintable(command.status().message());
  const std::vector<std::string> argv = command->argv();
  CHECK(!argv.empty() && !argv.front().empty() && argv.front().front() == '/');
  CHECK_EQ(command->text, text);
  const auto words = SplitWords(text);
  CHECK(words.ok() && TextsOf(*words) == argv);
  for (const std::string& warning : CommandWarnings(*command)) CheckPrintable(warning);
}

void CheckItems(absl::string_view text) {
  const auto items = SplitItems(text);
  const auto reference = ReferenceItems(std::string(text));
  CHECK_EQ(items.ok(), reference.has_value());
  if (!items.ok()) return CheckPrintable(items.status().message());
  CHECK(*items == *reference);
  const auto quote = [](std::string* out, const std::string& item) { *out += QuoteWord(item); };
  for (const char* separator : {" ", ",", " , "}) {
    const auto again = SplitItems(absl::StrJoin(*items, separator, quote));
    CHECK(again.ok() && *again == *items) << separator;
  }
}

void CheckVariables(const absl::StatusOr<Environment>& environment,
                    const absl::optional<ReferenceVariables>& reference) {
  CHECK_EQ(environment.ok(), reference.has_value()) << environment.status();
  if (!environment.ok()) return CheckPrintable(environment.status().message());
  CHECK(*environment == *reference);
  std::set<std::string> names;
  for (const auto& [name, value] : *environment) {
    CHECK(names.insert(name).second) << name;
    CHECK(!name.empty() && name.find_first_of("=, \t\n") == std::string::npos) << name;
  }
  const std::string text = FormatEnvironment(*environment);
  const auto again = ParseEnvironment(text);
  CHECK(again.ok()) << text;
  CHECK_EQ(FormatEnvironment(*again), text);
  CHECK_EQ(again->size(), environment->size());
  CHECK(MergeEnvironments(*environment, *again) == *environment);
}

// Quoted values are the same in a file, except for the ends of its lines.
void CheckQuotedFile(const Environment& environment) {
  std::string text;
  for (const auto& [name, value] : environment) {
    if (value.find('\r') != std::string::npos) return;
    absl::StrAppend(&text, "export ", name, "=", QuoteWord(value), "\n");
  }
  const auto again = ParseEnvironmentLines(text, "f");
  CHECK(again.ok() && *again == environment) << text;
}

void CheckEnvironments(const std::string& text) {
  const auto environment = ParseEnvironment(text);
  CheckVariables(environment, ReferenceEnvironment(text));
  for (const std::string& warning : EnvironmentWarnings(text)) CheckPrintable(warning);
  const auto lines = ParseEnvironmentLines(text, "f");
  CheckVariables(lines, ReferenceEnvironmentFile(text));
  if (environment.ok()) CheckQuotedFile(*environment);
  if (lines.ok()) CheckQuotedFile(*lines);
}

}  // namespace
}  // namespace hob

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text = hob::AsText(data, size);
  hob::CheckQuoteWord(text);
  hob::CheckWords(text);
  hob::CheckCommand(text);
  hob::CheckItems(text);
  hob::CheckEnvironments(std::string(text));
  return 0;
}
