#ifndef HOB_SERVER_RPC_FUZZ_REQUEST_MAKER_H_
#define HOB_SERVER_RPC_FUZZ_REQUEST_MAKER_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace hob {

// The bytes that a fuzzer has made up, taken from the front. Without bytes everything is 0 and
// empty.
class MadeUpBytes {
 public:
  explicit MadeUpBytes(absl::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  uint8_t TakeByte();
  // As many of `size` as there are.
  absl::string_view Take(size_t size);
  int64_t TakeNumber();

 private:
  absl::string_view bytes_;
};

// Fills a message of any type as the bytes say: each field is left out or set, texts come from a
// list of names and what looks like one, or from the bytes themselves, numbers are mostly those at
// which something ends. A mutation of the bytes is a mutation of one field. The texts are ASCII:
// what cannot be encoded has to be made from encoded bytes.
void FillMessage(MadeUpBytes& bytes, google::protobuf::Message& message);

}  // namespace hob

#endif  // HOB_SERVER_RPC_FUZZ_REQUEST_MAKER_H_
