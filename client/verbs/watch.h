#ifndef HOB_CLIENT_VERBS_WATCH_H_
#define HOB_CLIENT_VERBS_WATCH_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob watch`: what happens to daemons, as it happens.
std::unique_ptr<Verb> MakeWatchVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_WATCH_H_
