#include "client/json.h"

#include "google/protobuf/util/json_util.h"

namespace hob {
namespace client {

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  // Only a time or duration out of protobuf's range cannot be written; null says that there is no
  // answer and keeps one line per object.
  return status.ok() ? json : "null";
}

}  // namespace client
}  // namespace hob
