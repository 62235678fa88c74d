#include "client/json.h"

#include "google/protobuf/util/json_util.h"
#include "google/protobuf/wrappers.pb.h"

namespace hob {
namespace client {

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  // Fails only for a time or duration out of protobuf's range; null keeps one line per object.
  return status.ok() ? json : "null";
}

std::string JsonString(absl::string_view text) {
  google::protobuf::StringValue value;
  value.set_value(std::string(text));
  return ToJson(value);
}

}  // namespace client
}  // namespace hob
