#ifndef HOB_CLIENT_VERBS_CHECK_H_
#define HOB_CLIENT_VERBS_CHECK_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob check [PATH...]`: checks a configuration without a server.
std::unique_ptr<Verb> MakeCheckVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_CHECK_H_
