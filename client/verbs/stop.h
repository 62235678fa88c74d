#ifndef HOB_CLIENT_VERBS_STOP_H_
#define HOB_CLIENT_VERBS_STOP_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob stop NAME...`: stops daemons and waits until nothing of them is left.
std::unique_ptr<Verb> MakeStopVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_STOP_H_
