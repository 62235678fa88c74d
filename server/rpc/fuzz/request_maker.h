#ifndef HOB_SERVER_RPC_FUZZ_REQUEST_MAKER_H_
#define HOB_SERVER_RPC_FUZZ_REQUEST_MAKER_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace hob {

// Consumes the bytes of a fuzzer's input from the front. Once they are used up, every value is 0 or
// empty.
class FuzzInput {
 public:
  explicit FuzzInput(absl::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  uint8_t TakeByte();
  // Returns up to `size` bytes.
  absl::string_view Take(size_t size);
  int64_t TakeNumber();

 private:
  absl::string_view bytes_;
};

// Fills a message of any type from the bytes: each field is left out or set. Texts come from a list
// of names and near misses, or from the bytes; numbers are mostly boundary values. Mutating a byte
// mutates one field. Texts are ASCII: requests that cannot be encoded must be given as encoded
// bytes.
void FillMessage(FuzzInput& bytes, google::protobuf::Message& message);

}  // namespace hob

#endif  // HOB_SERVER_RPC_FUZZ_REQUEST_MAKER_H_
