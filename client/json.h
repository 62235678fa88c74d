#ifndef HOB_CLIENT_JSON_H_
#define HOB_CLIENT_JSON_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace hob {
namespace client {

// Returns the message in protobuf's JSON form on one line, default values included; no
// newline at the end.
std::string ToJson(const google::protobuf::Message& message);

// Returns the text as a JSON string, with its quotes.
std::string JsonString(absl::string_view text);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_JSON_H_
