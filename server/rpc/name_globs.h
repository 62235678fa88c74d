#ifndef HOB_SERVER_RPC_NAME_GLOBS_H_
#define HOB_SERVER_RPC_NAME_GLOBS_H_

#include <fnmatch.h>
#include <google/protobuf/repeated_field.h>

#include <algorithm>
#include <string>

namespace hob {

// Whether a glob (`*`, `?`, `[a-z]`) of a request matches the name. One with a NUL, where C would
// end it, matches nothing.
inline bool MatchesGlob(const std::string& glob, const std::string& name) {
  return glob.find('\0') == std::string::npos && fnmatch(glob.c_str(), name.c_str(), 0) == 0;
}

// Whether one of the globs of a request matches the name; where there is none, every name is
// chosen.
inline bool MatchesGlobs(const google::protobuf::RepeatedPtrField<std::string>& globs,
                         const std::string& name) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
           return MatchesGlob(glob, name);
         });
}

}  // namespace hob

#endif  // HOB_SERVER_RPC_NAME_GLOBS_H_
