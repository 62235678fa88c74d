#ifndef HOB_SERVER_API_NAME_GLOBS_H_
#define HOB_SERVER_API_NAME_GLOBS_H_

#include <fnmatch.h>
#include <google/protobuf/repeated_field.h>

#include <algorithm>
#include <string>

#include "server/daemon/daemon_name.h"

namespace hob {

// True if a glob (`*`, `?`, `[a-z]`) of a request matches the name of a daemon, or of the set that
// it is an instance of. A glob with a NUL, which would end it in C, matches nothing.
inline bool MatchesGlob(const std::string& glob, const std::string& name) {
  if (glob.find('\0') != std::string::npos) return false;
  if (fnmatch(glob.c_str(), name.c_str(), 0) == 0) return true;
  const std::string configured(ConfiguredName(name));
  return configured != name && fnmatch(glob.c_str(), configured.c_str(), 0) == 0;
}

// True if one of the globs of a request matches the name, or if there is none.
inline bool MatchesGlobs(const google::protobuf::RepeatedPtrField<std::string>& globs,
                         const std::string& name) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
           return MatchesGlob(glob, name);
         });
}

}  // namespace hob

#endif  // HOB_SERVER_API_NAME_GLOBS_H_
