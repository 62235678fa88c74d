#ifndef HOB_SERVER_OUTPUT_LOG_SOURCE_H_
#define HOB_SERVER_OUTPUT_LOG_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "server/output/log_files.h"

namespace hob {

// Reads one file of a log, compressed or not. Not thread-safe. Blocks on the disk only.
class LogSource {
 public:
  // Returns null if `opened` holds no file.
  static std::unique_ptr<LogSource> From(LogFiles::Opened opened);

  virtual ~LogSource() = default;

  // Reads up to `size` bytes from `offset` into `bytes`; returns the number read, which is less
  // than `size` only at the end. Treats a file that cannot be read or decompressed as ending there.
  virtual int64_t ReadAt(int64_t offset, char* bytes, int64_t size) = 0;

  // Returns the current size in bytes, decompressed.
  virtual int64_t Size() = 0;

  // True if all offsets cost the same to read. Otherwise each step back costs as much as reading
  // everything before it.
  virtual bool IsRandomAccess() const = 0;

  // Returns the inode number, which survives renames; 0 for compressed files.
  virtual uint64_t Inode() const = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_SOURCE_H_
