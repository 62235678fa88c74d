#ifndef HOB_CLIENT_VERBS_SIMULATE_H_
#define HOB_CLIENT_VERBS_SIMULATE_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob simulate`: what the restart throttle would do; without a server.
std::unique_ptr<Verb> MakeSimulateVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_SIMULATE_H_
