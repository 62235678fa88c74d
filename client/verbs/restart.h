#ifndef HOB_CLIENT_VERBS_RESTART_H_
#define HOB_CLIENT_VERBS_RESTART_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob restart NAME...`: stops and starts daemons and waits until they are up.
std::unique_ptr<Verb> MakeRestartVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_RESTART_H_
