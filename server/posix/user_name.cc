#include "server/posix/user_name.h"

#include <pwd.h>

#include <array>
#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"

namespace hob {
namespace {

// Far more than a line of the file has.
constexpr size_t kMaxEntryBytes = 4096;

std::string NameOf(uid_t uid, const char* passwd) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(passwd, "re"), fclose);
  if (file == nullptr) return "";
  std::array<char, kMaxEntryBytes> buffer;
  struct passwd entry = {};
  struct passwd* found = nullptr;
  while (fgetpwent_r(file.get(), &entry, buffer.data(), buffer.size(), &found) == 0) {
    if (found->pw_uid == uid) return found->pw_name;
  }
  return "";
}

}  // namespace

std::string DescribeUser(uid_t uid, const char* passwd) {
  const std::string name = NameOf(uid, passwd);
  return name.empty() ? absl::StrCat("uid ", uid) : absl::StrCat(name, " (uid ", uid, ")");
}

}  // namespace hob
