// The version of hob.
#ifndef HOB_SERVER_VERSION_VERSION_H_
#define HOB_SERVER_VERSION_VERSION_H_

namespace hob {

// The common version of server and client, as MAJOR.MINOR.PATCH.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace hob

#endif  // HOB_SERVER_VERSION_VERSION_H_
