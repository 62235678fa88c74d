#include "server/process/record/instance_record.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/posix/proc_files.h"

namespace hob {
namespace {

constexpr char kMagic[] = "hob instances 2";
// A larger file cannot be ours: it would hold more daemons than any machine has pids.
constexpr off_t kLargestFile = off_t{1} << 24;

std::string RecordPath(const std::string& run_dir) { return absl::StrCat(run_dir, "/instances"); }

// Returns the boot id; empty if the kernel does not provide one. Returns ResourceExhausted if a
// later attempt may succeed.
absl::StatusOr<std::string> BootId() {
  absl::StatusOr<std::string> id = ReadSmallFile("/proc/sys/kernel/random/boot_id");
  if (absl::IsResourceExhausted(id.status())) return id;
  return id.value_or("");
}

template <size_t kSize>
void CopyText(const std::string& text, char (&to)[kSize]) {
  const size_t size = text.size() < kSize ? text.size() : kSize - 1;
  std::memcpy(to, text.data(), size);
  to[size] = '\0';
}

absl::Status CheckTrustworthy(const std::string& path, const struct stat& file) {
  if (S_ISREG(file.st_mode) && file.st_uid == geteuid() && (file.st_mode & 07777) == 0600 &&
      file.st_nlink == 1 && file.st_size <= kLargestFile) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": not a file that only this user can write; it is not trusted"));
}

// Returns the entries of the file at `path`, whose header has been read.
absl::StatusOr<std::vector<InstanceRecordEntry>> ReadEntries(const std::string& path, int fd,
                                                             off_t size) {
  std::vector<InstanceRecordEntry> entries;
  InstanceRecordEntry entry;
  for (int i = 0; InstanceRecord::Offset(i + 1) <= size; ++i) {
    const ssize_t count = pread(fd, &entry, sizeof(entry), InstanceRecord::Offset(i));
    if (count < 0) return absl::ErrnoToStatus(errno, path);
    if (count != sizeof(entry)) break;
    entry.name[sizeof(entry.name) - 1] = '\0';
    if (entry.pid > 1) entries.push_back(entry);
  }
  return entries;
}

}  // namespace

absl::StatusOr<std::unique_ptr<InstanceRecord>> InstanceRecord::Create(const std::string& run_dir,
                                                                       const std::string& group) {
  const std::string path = RecordPath(run_dir);
  const absl::StatusOr<std::string> boot_id = BootId();
  if (!boot_id.ok()) return boot_id.status();
  // The old file may be a planted link; unlinking it guarantees a new file of our own.
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return absl::ErrnoToStatus(errno, path);
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.ok()) return absl::ErrnoToStatus(errno, path);
  std::unique_ptr<InstanceRecord> record(new InstanceRecord(path, std::move(file)));
  InstanceRecordHeader header;
  CopyText(kMagic, header.magic);
  CopyText(*boot_id, header.boot_id);
  // Do not truncate: a shortened path would name another group.
  if (group.size() < sizeof(header.group)) CopyText(group, header.group);
  if (fchmod(record->fd(), 0600) != 0 ||
      pwrite(record->fd(), &header, sizeof(header), 0) != sizeof(header)) {
    return absl::ErrnoToStatus(errno, path);
  }
  return record;
}

InstanceRecord::~InstanceRecord() {
  if (!left_behind_) unlink(path_.c_str());
}

int InstanceRecord::Acquire() {
  MutexLock lock(&mu_);
  if (free_.empty()) return entries_++;
  const int entry = free_.back();
  free_.pop_back();
  return entry;
}

void InstanceRecord::Release(int entry) {
  const int32_t no_pid = 0;
  // A stale entry is harmless: its process is gone, and the next server verifies every entry.
  if (pwrite(fd(), &no_pid, sizeof(no_pid), Offset(entry)) < 0) errno = 0;
  MutexLock lock(&mu_);
  free_.push_back(entry);
}

absl::Status InstanceRecord::Write(int entry, const InstanceRecordEntry& contents) {
  if (pwrite(fd(), &contents, sizeof(contents), Offset(entry)) != sizeof(contents)) {
    return absl::ErrnoToStatus(errno, path_);
  }
  return absl::OkStatus();
}

int64_t InstanceRecord::Offset(int entry) {
  return static_cast<int64_t>(sizeof(InstanceRecordHeader)) +
         entry * static_cast<int64_t>(sizeof(InstanceRecordEntry));
}

absl::StatusOr<InstanceRecord::Contents> InstanceRecord::Read(const std::string& run_dir) {
  const std::string path = RecordPath(run_dir);
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file.ok()) {
    if (errno == ENOENT) return Contents{};
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": ", strerrordesc_np(errno), "; it is not trusted"));
  }
  struct stat attributes = {};
  if (fstat(file.get(), &attributes) != 0) return absl::ErrnoToStatus(errno, path);
  absl::Status status = CheckTrustworthy(path, attributes);
  if (!status.ok()) return status;
  InstanceRecordHeader header;
  const ssize_t size = pread(file.get(), &header, sizeof(header), 0);
  if (size < 0) return absl::ErrnoToStatus(errno, path);
  if (size != sizeof(header)) return Contents{};
  header.boot_id[sizeof(header.boot_id) - 1] = '\0';
  header.group[sizeof(header.group) - 1] = '\0';
  const absl::StatusOr<std::string> boot_id = BootId();
  if (!boot_id.ok()) return boot_id.status();
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0 || *boot_id != header.boot_id) {
    return Contents{};
  }
  absl::StatusOr<std::vector<InstanceRecordEntry>> entries =
      ReadEntries(path, file.get(), attributes.st_size);
  if (!entries.ok()) return entries.status();
  return Contents{header.group, *std::move(entries)};
}

}  // namespace hob
