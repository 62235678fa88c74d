#ifndef HOB_CLIENT_VERBS_ALL_VERBS_H_
#define HOB_CLIENT_VERBS_ALL_VERBS_H_

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// Every verb, in the order of the help.
Verbs AllVerbs();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_ALL_VERBS_H_
