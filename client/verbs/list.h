#ifndef HOB_CLIENT_VERBS_LIST_H_
#define HOB_CLIENT_VERBS_LIST_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob list [NAME...]`: the daemons, a line each.
std::unique_ptr<Verb> MakeListVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_LIST_H_
