#ifndef HOB_CLIENT_OUTPUT_BUFFER_H_
#define HOB_CLIENT_OUTPUT_BUFFER_H_

#include <array>
#include <streambuf>

namespace hob {
namespace client {

// A buffer of a stream that writes to a descriptor and remembers why that failed. Not thread-safe;
// does not own the descriptor.
class OutputBuffer : public std::streambuf {
 public:
  explicit OutputBuffer(int descriptor);

  // errno(3) of the first write that failed; 0 when none has.
  int error() const { return error_; }

 protected:
  int overflow(int character) override;
  int sync() override;

 private:
  const int descriptor_;
  int error_ = 0;
  std::array<char, 64 * 1024> bytes_;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_OUTPUT_BUFFER_H_
