#ifndef HOB_SERVER_CONFIG_KEYS_KEY_PARSERS_H_
#define HOB_SERVER_CONFIG_KEYS_KEY_PARSERS_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/config/keys/foreign_keys.h"
#include "server/config/keys/values.h"
#include "server/text/nearest.h"
#include "server/text/printable.h"

namespace hob {

// Parsers and writers for the values in the tables of keys. A parser takes the value without its
// quotes and returns InvalidArgument for a value that is wrong or out of range.

// Returns a setter that writes a parsed value to a field; the error of the parser if it has none.
template <typename Target, typename Field, typename Value>
absl::StatusOr<std::function<void(Target*)>> SetterOf(Field Target::*field,
                                                      absl::StatusOr<Value> value) {
  if (!value.ok()) return value.status();
  return std::function<void(Target*)>(
      [field, set = Field(*std::move(value))](Target* target) { target->*field = set; });
}

// A duration above 0.
absl::StatusOr<absl::Duration> ParsePositiveDuration(absl::string_view text);

// An absolute path.
absl::StatusOr<std::string> ParsePath(absl::string_view text);

// The values that a field may have, each with its name.
template <typename Field>
using Choices = std::vector<std::pair<std::string, Field>>;

template <typename Field>
absl::StatusOr<Field> ParseChoice(absl::string_view text, const Choices<Field>& choices) {
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) {
    if (text == name) return value;
    names.push_back(name);
  }
  return absl::InvalidArgumentError(absl::StrCat("'", Printable(text), "' is none of ",
                                                 absl::StrJoin(names, ", "), "; did you mean '",
                                                 Nearest(text, names), "'?"));
}

// Returns the name of a value; empty if it has none.
template <typename Field>
std::string WriteChoice(const Choices<Field>& choices, Field value) {
  for (const auto& choice : choices) {
    if (value == choice.second) return choice.first;
  }
  return "";
}

// Returns a text as a configuration file takes it, quoted where needed. An empty text stays empty,
// which means "not configured".
std::string WriteText(absl::string_view text);

// Returns a list as a configuration file takes it: items between commas, quoted where needed.
std::string WriteItems(const std::vector<std::string>& items);

// Returns the message for an unknown key. It names the section of the key if `elsewhere_keys` has
// it, else the advice for it in `foreign_keys`, else the nearest of `keys`.
std::string UnknownKeyMessage(absl::string_view key, absl::string_view section,
                              const std::vector<std::string>& keys,
                              const std::vector<ForeignKey>& foreign_keys,
                              const std::vector<std::string>& elsewhere_keys,
                              absl::string_view elsewhere);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_KEY_PARSERS_H_
