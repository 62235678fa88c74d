#ifndef HOB_CLIENT_OUTPUT_BUFFER_H_
#define HOB_CLIENT_OUTPUT_BUFFER_H_

#include <array>
#include <streambuf>

namespace hob {
namespace client {

// Buffers a stream, writes to a descriptor and keeps the error of a failed write. Not thread-safe;
// does not own the descriptor.
class OutputBuffer : public std::streambuf {
 public:
  explicit OutputBuffer(int descriptor);

  // Returns errno(3) of the first failed write; 0 if none has failed.
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
