#ifndef HOB_SERVER_OUTPUT_LOG_SOURCE_H_
#define HOB_SERVER_OUTPUT_LOG_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "server/output/log_files.h"

namespace hob {

// The bytes of one file of a log, compressed or not. Not thread-safe. Blocks on the disk only.
class LogSource {
 public:
  // Null when there is no file.
  static std::unique_ptr<LogSource> From(LogFiles::Opened opened);

  virtual ~LogSource() = default;

  // Reads up to `size` bytes from `offset` on into `bytes`; fewer only at the end. What cannot be
  // read or decompressed is as if the file ended there.
  virtual int64_t ReadAt(int64_t offset, char* bytes, int64_t size) = 0;

  // Bytes in it now, decompressed.
  virtual int64_t Size() = 0;

  // Whether any offset is read as fast as any other; else each step back costs as much as all that
  // lies before it.
  virtual bool IsRandomAccess() const = 0;

  // The number of its inode, which it keeps while it is renamed; 0 for what compression has made.
  virtual uint64_t Inode() const = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_SOURCE_H_
