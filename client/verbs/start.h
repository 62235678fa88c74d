#ifndef HOB_CLIENT_VERBS_START_H_
#define HOB_CLIENT_VERBS_START_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob start NAME...`: starts daemons and waits until they are up.
std::unique_ptr<Verb> MakeStartVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_START_H_
