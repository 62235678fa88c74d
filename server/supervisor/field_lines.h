// Writes plain values as lines "KEY VALUE", reads them back, and compares them; all three use one
// list of fields. Supports the types in a runner's state.
#ifndef HOB_SERVER_SUPERVISOR_FIELD_LINES_H_
#define HOB_SERVER_SUPERVISOR_FIELD_LINES_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "absl/types/variant.h"
#include "server/clock/clock.h"

namespace hob {

// Lists all members of a struct, by HOB_FIELDS or by hand: `kNames` holds their names, "a, b, c",
// and `Of` takes the struct, const or not, and returns a tuple of references to the members.
template <typename Struct>
struct FieldsOf;

// Lists the members of a struct under their own names. Does not compile if a member is missing.
#define HOB_FIELDS(Struct, ...)                    \
  template <>                                      \
  struct FieldsOf<Struct> {                        \
    static constexpr char kNames[] = #__VA_ARGS__; \
    template <typename S>                          \
    static auto Of(S& s) {                         \
      auto& [__VA_ARGS__] = s;                     \
      return std::tie(__VA_ARGS__);                \
    }                                              \
  }

// Specialized for each enumeration, with `kNames` as pairs of value and name, and for each variant,
// with `kNames` as the names of its alternatives.
template <typename Choice>
struct NamesOf;

// Returns a tuple of references to the fields of a struct.
template <typename T>
auto Fields(T& value) -> decltype(FieldsOf<std::remove_const_t<T>>::Of(value)) {
  return FieldsOf<std::remove_const_t<T>>::Of(value);
}

// Splits "a, b, c" into names.
std::vector<std::string> SplitNames(absl::string_view names);

// Returns the key of the member `name` of a value whose key is `key`.
std::string JoinKeys(const std::string& key, absl::string_view name);

// Writes values, each under a key. The fields of a struct get the keys "KEY.NAME", the elements of
// a list "KEY.0", "KEY.1" and so on.
class FieldWriter {
 public:
  void Write(const std::string& key, bool value);
  void Write(const std::string& key, int value) { Write(key, int64_t{value}); }
  void Write(const std::string& key, int64_t value);
  void Write(const std::string& key, const std::string& value);
  void Write(const std::string& key, absl::Duration value);
  void Write(const std::string& key, MonotonicTime value) { Write(key, value.since_origin()); }
  void Write(const std::string& key, absl::Time value) { Write(key, value - absl::UnixEpoch()); }

  template <typename Enum>
  std::enable_if_t<std::is_enum<Enum>::value> Write(const std::string& key, Enum value) {
    for (const auto& [known, name] : NamesOf<Enum>::kNames) {
      if (known == value) AddLine(key, name);
    }
  }

  template <typename T>
  void Write(const std::string& key, const absl::optional<T>& value) {
    WritePointer(key, value.has_value() ? &*value : nullptr);
  }

  template <typename T>
  void Write(const std::string& key, const std::shared_ptr<const T>& value) {
    WritePointer(key, value.get());
  }

  template <typename T>
  void Write(const std::string& key, const std::vector<T>& values) {
    Write(key + ".size", static_cast<int64_t>(values.size()));
    WriteElements(key, values);
  }

  template <typename T, size_t kSize>
  void Write(const std::string& key, const std::array<T, kSize>& values) {
    WriteElements(key, values);
  }

  template <typename... Alternatives>
  void Write(const std::string& key, const absl::variant<Alternatives...>& value) {
    AddLine(key + ".kind", NamesOf<absl::variant<Alternatives...>>::kNames[value.index()]);
    absl::visit([&](const auto& alternative) { Write(key, alternative); }, value);
  }

  template <typename Struct>
  auto Write(const std::string& key, const Struct& value) -> decltype(Fields(value), void()) {
    const std::vector<std::string> names = SplitNames(FieldsOf<Struct>::kNames);
    auto name = names.begin();
    std::apply([&](const auto&... field) { (Write(JoinKeys(key, *name++), field), ...); },
               Fields(value));
  }

  // Returns the lines written so far.
  const std::string& text() const { return text_; }

 private:
  template <typename T>
  void WritePointer(const std::string& key, const T* value) {
    if (value == nullptr) return;
    Write(key + ".present", true);
    Write(key, *value);
  }

  template <typename Values>
  void WriteElements(const std::string& key, const Values& values) {
    for (size_t i = 0; i < values.size(); ++i) Write(absl::StrCat(key, ".", i), values[i]);
  }

  void AddLine(const std::string& key, absl::string_view value);

  std::string text_;
};

// Reads the output of a FieldWriter. A value without a line keeps its present value.
class FieldReader {
 public:
  // `lines` outlives the object.
  explicit FieldReader(absl::string_view lines);

  void Read(const std::string& key, bool& value);
  void Read(const std::string& key, int& value);
  void Read(const std::string& key, int64_t& value);
  void Read(const std::string& key, std::string& value);
  void Read(const std::string& key, absl::Duration& value);
  void Read(const std::string& key, MonotonicTime& value);
  void Read(const std::string& key, absl::Time& value);

  template <typename Enum>
  std::enable_if_t<std::is_enum<Enum>::value> Read(const std::string& key, Enum& value) {
    const absl::optional<absl::string_view> text = Find(key);
    if (!text.has_value()) return;
    for (const auto& [known, name] : NamesOf<Enum>::kNames) {
      if (name == *text) {
        value = known;
        return;
      }
    }
    Fail(key);
  }

  template <typename T>
  void Read(const std::string& key, absl::optional<T>& value) {
    if (IsPresent(key)) Read(key, value.emplace());
  }

  template <typename T>
  void Read(const std::string& key, std::shared_ptr<const T>& value) {
    if (!IsPresent(key)) return;
    auto read = std::make_shared<T>();
    Read(key, *read);
    value = std::move(read);
  }

  template <typename T>
  void Read(const std::string& key, std::vector<T>& values) {
    values.resize(ReadSize(key));
    ReadElements(key, values);
  }

  template <typename T, size_t kSize>
  void Read(const std::string& key, std::array<T, kSize>& values) {
    ReadElements(key, values);
  }

  template <typename... Alternatives>
  void Read(const std::string& key, absl::variant<Alternatives...>& value) {
    const absl::optional<absl::string_view> kind = Find(key + ".kind");
    if (!kind.has_value()) return;
    const auto& names = NamesOf<absl::variant<Alternatives...>>::kNames;
    static_assert(sizeof...(Alternatives) == std::size(names), "each alternative has a name");
    const char* const* name = names;
    const bool known =
        ((*kind == *name++ && (Read(key, value.template emplace<Alternatives>()), true)) || ...);
    if (!known) Fail(key + ".kind");
  }

  template <typename Struct>
  auto Read(const std::string& key, Struct& value) -> decltype(Fields(value), void()) {
    const std::vector<std::string> names = SplitNames(FieldsOf<Struct>::kNames);
    auto name = names.begin();
    std::apply([&](auto&... field) { (Read(JoinKeys(key, *name++), field), ...); }, Fields(value));
  }

  // Returns InvalidArgument, with the line, if a line or a value cannot be read.
  const absl::Status& status() const { return status_; }

 private:
  absl::optional<absl::string_view> Find(const std::string& key) const;
  bool IsPresent(const std::string& key);
  // Returns the size of a list; 0 also if the text is too short for that many elements.
  size_t ReadSize(const std::string& key);
  void Fail(const std::string& key);

  template <typename Values>
  void ReadElements(const std::string& key, Values& values) {
    for (size_t i = 0; i < values.size(); ++i) Read(absl::StrCat(key, ".", i), values[i]);
  }

  std::map<std::string, absl::string_view> values_;
  absl::Status status_;
};

// True if two values of types that FieldWriter supports are equal, field by field.
template <typename T, typename = void>
struct FieldsEqual {
  static bool Compare(const T& a, const T& b) { return a == b; }
};

template <typename T>
bool Equal(const T& a, const T& b) {
  return FieldsEqual<T>::Compare(a, b);
}

template <typename T>
struct FieldsEqual<absl::optional<T>> {
  static bool Compare(const absl::optional<T>& a, const absl::optional<T>& b) {
    return a.has_value() == b.has_value() && (!a.has_value() || Equal(*a, *b));
  }
};

template <typename T>
struct FieldsEqual<std::shared_ptr<const T>> {
  static bool Compare(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
    return (a == nullptr) == (b == nullptr) && (a == nullptr || Equal(*a, *b));
  }
};

template <typename T>
struct FieldsEqual<std::vector<T>> {
  static bool Compare(const std::vector<T>& a, const std::vector<T>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), Equal<T>);
  }
};

template <typename... Alternatives>
struct FieldsEqual<absl::variant<Alternatives...>> {
  using Variant = absl::variant<Alternatives...>;
  static bool Compare(const Variant& a, const Variant& b) {
    if (a.index() != b.index()) return false;
    return absl::visit(
        [&b](const auto& alternative) {
          return Equal(alternative, absl::get<std::decay_t<decltype(alternative)>>(b));
        },
        a);
  }
};

template <typename Struct>
struct FieldsEqual<Struct, decltype(Fields(std::declval<const Struct&>()), void())> {
  static bool Compare(const Struct& a, const Struct& b) {
    return CompareFields(Fields(a), Fields(b),
                         std::make_index_sequence<std::tuple_size_v<decltype(Fields(a))>>());
  }
  template <typename Tuple, size_t... kIndex>
  static bool CompareFields(const Tuple& a, const Tuple& b, std::index_sequence<kIndex...>) {
    return (Equal(std::get<kIndex>(a), std::get<kIndex>(b)) && ...);
  }
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_FIELD_LINES_H_
