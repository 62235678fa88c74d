#ifndef HOB_CLIENT_VERBS_VERSION_H_
#define HOB_CLIENT_VERBS_VERSION_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob version`: the version of this client.
std::unique_ptr<Verb> MakeVersionVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_VERSION_H_
