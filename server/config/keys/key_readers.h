#ifndef HOB_SERVER_CONFIG_KEYS_KEY_READERS_H_
#define HOB_SERVER_CONFIG_KEYS_KEY_READERS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
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

// How the tables of keys read a value into a field: each reader checks the range, writes the field
// only when the value is right, and returns the InvalidArgument of the parser otherwise. Values
// come without their quotes.

// Writes the value of a parser, if it has one, to a field of a type that takes it.
template <typename Value, typename Field>
absl::Status Store(const absl::StatusOr<Value>& value, Field* field) {
  if (value.ok()) *field = *value;
  return value.status();
}

// From `least` on.
absl::Status ReadDuration(absl::string_view text, absl::Duration least, absl::Duration* field);

// Longer than nothing.
absl::Status ReadPositiveDuration(absl::string_view text, absl::Duration* field);

// A whole number from `least` to `most`, both within the range of the field's type.
template <typename Field>
absl::Status ReadInteger(absl::string_view text, int64_t least, int64_t most, Field* field) {
  const absl::StatusOr<int64_t> number = ParseInteger(text, least, most);
  if (number.ok()) *field = static_cast<Field>(*number);
  return number.status();
}

// An absolute path.
absl::Status ReadPath(absl::string_view text, std::string* field);

// The names and values of a field that is one of a few.
template <typename Field>
using Choices = std::vector<std::pair<std::string, Field>>;

template <typename Field>
absl::Status ReadChoice(absl::string_view text, const Choices<Field>& choices, Field* field) {
  std::vector<std::string> names;
  for (const auto& choice : choices) {
    if (text == choice.first) {
      *field = choice.second;
      return absl::OkStatus();
    }
    names.push_back(choice.first);
  }
  return absl::InvalidArgumentError(absl::StrCat("'", Printable(text), "' is none of ",
                                                 absl::StrJoin(names, ", "), "; did you mean '",
                                                 Nearest(text, names), "'?"));
}

// The name of a field's value; empty where it has none.
template <typename Field>
std::string WriteChoice(const Choices<Field>& choices, Field value) {
  for (const auto& choice : choices) {
    if (value == choice.second) return choice.first;
  }
  return "";
}

// A text as a configuration file takes it: quoted where needed; empty stays empty, which means not
// configured.
std::string WriteText(absl::string_view text);

// A list as a configuration file takes it: its items, each quoted where needed, between commas.
std::string WriteItems(const std::vector<std::string>& items);

// The message for a key that is not known: with where it belongs when it is one of
// `elsewhere_keys`, else with what to do instead when it is one of `foreign_keys`, else with the
// nearest of `keys`.
std::string UnknownKeyMessage(absl::string_view key, absl::string_view section,
                              const std::vector<std::string>& keys,
                              const std::vector<ForeignKey>& foreign_keys,
                              const std::vector<std::string>& elsewhere_keys,
                              absl::string_view elsewhere);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_KEY_READERS_H_
