#ifndef HOB_CLIENT_VERBS_HEALTH_H_
#define HOB_CLIENT_VERBS_HEALTH_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob health`: whether the server, or a daemon, serves: for probes.
std::unique_ptr<Verb> MakeHealthVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_HEALTH_H_
