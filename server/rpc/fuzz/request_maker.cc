#include "server/rpc/fuzz/request_maker.h"

#include <google/protobuf/descriptor.h>

#include <array>
#include <cstring>
#include <limits>

namespace hob {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Existing and missing daemons, globs, signals, tokens, and invalid texts.
constexpr const char* kTexts[] = {
    "web",
    "web2",
    "off",
    "once",
    "later",
    "wed",
    "*",
    "we?",
    "[a-z]*",
    "",
    ".",
    "../x",
    "%s%n",
    "\n",
    "HUP",
    "KILL",
    "TERM",
    "SIGSTOP",
    "9",
    "0",
    "65",
    "-1",
    "1:1",
    "0:0",
    "1:",
    "99999",
    "off ",
    "\x1b[31mx",
    "hob.v1.Supervisor",
};

constexpr std::array<int64_t, 10> kNumbers = {0,
                                              1,
                                              -1,
                                              2,
                                              100,
                                              999'999'999,
                                              std::numeric_limits<int32_t>::max(),
                                              std::numeric_limits<int32_t>::min(),
                                              std::numeric_limits<int64_t>::max(),
                                              std::numeric_limits<int64_t>::min()};

std::string MakeText(FuzzInput& bytes) {
  const uint8_t choice = bytes.TakeByte();
  if (choice < std::size(kTexts)) return kTexts[choice];
  std::string text(bytes.Take(choice - std::size(kTexts)));
  for (char& c : text) c &= 0x7F;
  return text;
}

// Sets a field, or appends to a repeated one.
class FieldSetter {
 public:
  FieldSetter(FuzzInput& bytes, Message& message, const FieldDescriptor& field)
      : bytes_(bytes), message_(message), field_(field), reflection_(*message.GetReflection()) {}

  void Set() {
    switch (field_.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return Put(&Reflection::SetString, &Reflection::AddString, MakeText(bytes_));
      case FieldDescriptor::CPPTYPE_BOOL:
        return Put(&Reflection::SetBool, &Reflection::AddBool, true);
      case FieldDescriptor::CPPTYPE_INT32:
        return Put(&Reflection::SetInt32, &Reflection::AddInt32,
                   static_cast<int32_t>(bytes_.TakeNumber()));
      case FieldDescriptor::CPPTYPE_INT64:
        return Put(&Reflection::SetInt64, &Reflection::AddInt64, bytes_.TakeNumber());
      case FieldDescriptor::CPPTYPE_ENUM:
        return Put(&Reflection::SetEnumValue, &Reflection::AddEnumValue,
                   static_cast<int>(bytes_.TakeNumber()));
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return FillMessage(bytes_, *reflection_.MutableMessage(&message_, &field_));
      default:
        // No request has a field of another type.
        return;
    }
  }

 private:
  template <typename Value, typename Parameter>
  void Put(void (Reflection::*set)(Message*, const FieldDescriptor*, Parameter) const,
           void (Reflection::*add)(Message*, const FieldDescriptor*, Parameter) const,
           Value value) {
    (reflection_.*(field_.is_repeated() ? add : set))(&message_, &field_, std::move(value));
  }

  FuzzInput& bytes_;
  Message& message_;
  const FieldDescriptor& field_;
  const Reflection& reflection_;
};

}  // namespace

uint8_t FuzzInput::TakeByte() {
  const absl::string_view byte = Take(1);
  return byte.empty() ? 0 : static_cast<uint8_t>(byte[0]);
}

absl::string_view FuzzInput::Take(size_t size) {
  const absl::string_view taken = bytes_.substr(0, size);
  bytes_.remove_prefix(taken.size());
  return taken;
}

int64_t FuzzInput::TakeNumber() {
  const uint8_t choice = TakeByte();
  if (choice < kNumbers.size()) return kNumbers[choice];
  int64_t number = 0;
  const absl::string_view own = Take(sizeof(number));
  memcpy(&number, own.data(), own.size());
  return number;
}

void FillMessage(FuzzInput& bytes, google::protobuf::Message& message) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count() && !bytes.empty(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const int limit = field.is_repeated() ? 4 : 2;
    const int times = bytes.TakeByte() % limit;
    for (int n = 0; n < times; ++n) FieldSetter(bytes, message, field).Set();
  }
}

}  // namespace hob
