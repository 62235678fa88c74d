#ifndef HOB_SERVER_POSIX_USER_NAME_H_
#define HOB_SERVER_POSIX_USER_NAME_H_

#include <sys/types.h>

#include <string>

namespace hob {

// Returns a user for people: "alice (uid 1001)", or "uid 1001" for one without an entry in `passwd`
// (passwd(5)). Reads that file itself: getpwuid(3) may ask a directory service that does not
// answer.
std::string DescribeUser(uid_t uid, const char* passwd = "/etc/passwd");

}  // namespace hob

#endif  // HOB_SERVER_POSIX_USER_NAME_H_
